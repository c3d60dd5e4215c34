"""What nodes put on chain: what a quorum of committers signs, and what an executor submits with proof."""

from __future__ import annotations

from dataclasses import dataclass

from .ids import NO_ROOT, Address, ChainSelector, Root, SeqNr
from .message import Message


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Sequence numbers `first` to `last`, both included. A price-only report carries (0, 0)."""

    first: SeqNr
    last: SeqNr

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __contains__(self, seq_nr: int) -> bool:
        return self.first <= seq_nr <= self.last


NO_INTERVAL = Interval(SeqNr(0), SeqNr(0))


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """USD·1e18 for 1e18 smallest units of a token of the destination chain (uint224)."""

    token: Address
    usd_per_token: int


@dataclass(frozen=True, slots=True)
class GasPrice:
    """USD·1e18 per unit of gas on `dest_chain_selector`, packed: data availability << 112 | execution
    (uint224).

    A commit on D for the lane S→D carries the gas price of *S*: D needs it to quote messages to S.
    """

    dest_chain_selector: ChainSelector
    usd_per_unit_gas: int


@dataclass(frozen=True, slots=True)
class PriceUpdates:
    token_prices: tuple[TokenPrice, ...] = ()
    gas_prices: tuple[GasPrice, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.token_prices or self.gas_prices)


@dataclass(frozen=True, slots=True)
class CommitReport:
    """What 2f+1 committers vouch for: this root is over exactly the messages of this interval."""

    prices: PriceUpdates
    interval: Interval
    root: Root

    @property
    def has_root(self) -> bool:
        """False for a report that only carries prices."""
        return self.root != NO_ROOT


@dataclass(frozen=True, slots=True)
class ExecutionReport:
    """Messages of one committed root, in ascending sequence, with the multi-proof that they are its leaves.

    Whoever submits it is not trusted with it: only `offchain_token_data` is outside the proof.
    """

    messages: tuple[Message, ...]
    offchain_token_data: tuple[tuple[bytes, ...], ...]  # per message, one entry per token
    proofs: tuple[bytes, ...]
    proof_flag_bits: int  # uint256


@dataclass(frozen=True, slots=True)
class GasLimitOverride:
    """More gas for one message of a manual execution. 0 keeps the original; less than the original is
    refused.
    """

    receiver_gas_limit: int  # uint256
    token_gas_overrides: tuple[int, ...]  # uint32 each; empty or one per token
