"""Message → leaf. The contract's `MessageHasher` is the truth; this is its mirror, bound by shared vectors.

    metadata = keccak(abi.encode(keccak("EVM2EVMMessageHashV2"), source, destination, onRamp))
    leaf     = keccak(abi.encode(0, metadata, keccak(fixed), keccak(data),
                                 keccak(abi.encode(tokenAmounts)), keccak(abi.encode(sourceTokenData))))
    fixed    = abi.encode(sender, receiver, sequenceNumber, gasLimit, strict, nonce, feeToken, feeTokenAmount)

The leading zero word separates leaves from the inner nodes of a tree, which start with one. The metadata
separates lanes: the same message on another lane, or after its OnRamp was replaced, is another leaf. Every
field of a message is hashed but two: its id, which is the hash, and its source selector, which is the
metadata's.

Preimages are laid out by hand, word by word, because every node hashes every message and eth_abi takes ten
times as long. The tests hold this module against eth_abi.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .codec.evm.abi import dynamic_bytes, word
from .ids import Address, ChainSelector
from .keccak import keccak
from .message import Message, TokenAmount

# Names the layout of what is hashed; production lanes of 1.5 use the same.
_METADATA_TYPE: Final = keccak(b"EVM2EVMMessageHashV2")
_LEAF_TAG: Final = bytes(32)
_NO_TOKENS: Final = word(32) + word(0)
# Most messages carry no tokens, many no data: their parts hash to these.
_HASH_OF_NOTHING: Final = keccak(b"")
_HASH_OF_NO_TOKENS: Final = keccak(_NO_TOKENS)


def metadata_hash(source: ChainSelector, destination: ChainSelector, on_ramp: Address) -> bytes:
    """What sets one lane's leaves apart from every other lane's. Constant per lane: compute it once."""
    return keccak(b"".join((_METADATA_TYPE, word(source), word(destination), on_ramp.rjust(32, b"\0"))))


def leaf(message: Message, metadata: bytes) -> bytes:
    """The leaf of a message. An honest OnRamp made it the message's id; whoever doubts one compares."""
    return keccak(
        b"".join(
            (
                _LEAF_TAG,
                metadata,
                keccak(_fixed_fields(message)),
                keccak(message.data) if message.data else _HASH_OF_NOTHING,
                keccak(_token_amounts(message.token_amounts))
                if message.token_amounts
                else _HASH_OF_NO_TOKENS,
                keccak(_bytes_array(message.source_token_data))
                if message.source_token_data
                else _HASH_OF_NO_TOKENS,
            )
        )
    )


def _fixed_fields(message: Message) -> bytes:
    """The eight fields of fixed size, one word each."""
    return b"".join(
        (
            message.sender.rjust(32, b"\0"),
            message.receiver.rjust(32, b"\0"),
            word(message.sequence_number),
            word(message.gas_limit),
            word(message.strict),
            word(message.nonce),
            message.fee_token.rjust(32, b"\0"),
            word(message.fee_token_amount),
        )
    )


def _token_amounts(amounts: Sequence[TokenAmount]) -> bytes:
    """abi.encode(EVMTokenAmount[]): offset of the array, its length, then two words per element."""
    parts = [word(32), word(len(amounts))]
    for amount in amounts:
        parts += (amount.token.rjust(32, b"\0"), word(amount.amount))
    return b"".join(parts)


def _bytes_array(items: Sequence[bytes]) -> bytes:
    """abi.encode(bytes[]): offset of the array, its length, the offset of each element, then the elements.

    Offsets of elements count from the word after the length.
    """
    heads, tails, offset = [word(32), word(len(items))], [], 32 * len(items)
    for item in items:
        tail = dynamic_bytes(item)
        heads.append(word(offset))
        tails.append(tail)
        offset += len(tail)
    return b"".join(heads + tails)
