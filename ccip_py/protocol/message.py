"""What an application sends, and what crosses the lane because of it.

Amounts are in the smallest unit of their token. Bounds are those of the Solidity types named beside the
fields; they are enforced where a value is encoded (`codec.evm`), not on every construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .ids import Address, ChainSelector, MessageId, SeqNr


@dataclass(frozen=True, slots=True)
class TokenAmount:
    """So much of a token of the source chain."""

    token: Address
    amount: int  # uint256


@dataclass(frozen=True, slots=True)
class SourceTokenData:
    """What the source pool tells the destination about one token. Trusted as far as the source pool is."""

    source_pool: bytes  # abi.encode(address) on the EVM
    dest_token: bytes  # abi.encode(address) on the EVM
    extra_data: bytes  # the source pool's word to the destination pool, usually its token's decimals
    dest_gas_amount: int  # uint32: gas paid for, and given to, the token step on the destination


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the OnRamp emitted it. The leaf holds every field, so none can change on the way.

    `receiver` is an address of the destination; all other addresses are of the source.
    """

    source_chain_selector: ChainSelector
    sender: Address
    receiver: Address
    sequence_number: SeqNr  # uint64, from 1
    gas_limit: int  # uint256: for the receiver's callback alone
    strict: bool  # always false; part of the wire format
    nonce: int  # uint64, per sender, from 1; 0: may execute out of order
    fee_token: Address  # wrapped native if the sender paid in native
    fee_token_amount: int  # uint256
    data: bytes
    token_amounts: tuple[TokenAmount, ...]
    source_token_data: tuple[bytes, ...]  # one encoded SourceTokenData per token
    message_id: MessageId  # equals the leaf

    @property
    def ordered(self) -> bool:
        """Whether it must wait for its sender's earlier ordered messages."""
        return self.nonce != 0


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message as its sender hands it to the Router."""

    receiver: bytes  # abi.encode(address) for an EVM destination
    data: bytes
    token_amounts: tuple[TokenAmount, ...]
    fee_token: Address  # NO_ADDRESS: pay in native
    extra_args: bytes  # see `codec.evm.encode_extra_args`; empty: the lane's defaults


@dataclass(frozen=True, slots=True)
class ExtraArgs:
    """What a sender may choose about execution on an EVM destination."""

    gas_limit: int  # uint256; 0 with empty data means "deliver tokens, call nobody"
    allow_out_of_order: bool


class ExecutionState(IntEnum):
    """UNTOUCHED → IN_PROGRESS → SUCCESS | FAILURE, and FAILURE → IN_PROGRESS → SUCCESS. Nothing else.

    IN_PROGRESS never outlives a transaction, so nobody ever reads it from a block.
    """

    UNTOUCHED = 0
    IN_PROGRESS = 1
    SUCCESS = 2
    FAILURE = 3
