"""The protocol's hashes, from the description of CCIP 1.5: leaf, root, blessing, and what a receiver is called with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ccip_py.audit.events import Sent
from ccip_py.audit.words import (
    WORD,
    Unreadable,
    address,
    keccak,
    number,
    put,
    put_dynamic,
    put_text,
    signature,
    text,
)

_LEAF = put(0)
_NODE = put(1)
_FILLER = b"\xff" * 32  # completes a layer of odd length
MAX_LEAVES = 256
_MESSAGE_KIND = signature("EVM2EVMMessageHashV2")
_BLESSING_KIND = signature(
    "Blessing(address commitStore,uint64 sourceChainSelector,address onRamp,"
    "uint64 first,uint64 last,bytes32 root,uint64 epoch)"
)
_RECEIVE = signature("ccipReceive((bytes32,uint64,bytes,bytes,(address,uint256)[]))")[:4]

GLOBAL_SUBJECT = bytes.fromhex("01000000000000000000000000000001")


def subject_of(selector: int) -> bytes:
    """What a curse of that chain names."""
    return selector.to_bytes(16, "big")


def leaf(message: Sent, source: int, destination: int, on_ramp: bytes) -> bytes:
    """The leaf, and id, of a message on its lane."""
    lane = keccak(_MESSAGE_KIND + put(source) + put(destination) + put(on_ramp))
    fixed = keccak(
        put(message.sender)
        + put(message.receiver)
        + put(message.number)
        + put(message.gas_limit)
        + put(int(message.strict))
        + put(message.nonce)
        + put(message.fee_token)
        + put(message.fee)
    )
    pairs = b"".join(put(token) + put(amount) for token, amount in message.tokens)
    tokens = put(WORD) + put(len(message.tokens)) + pairs
    strings = [put_text(each) for each in message.token_data]
    token_data = put(WORD) + put(len(strings)) + put_dynamic(*strings)
    return keccak(_LEAF + lane + fixed + keccak(message.data) + keccak(tokens) + keccak(token_data))


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over 1 to 256 leaves in the order of their numbers."""
    layer = list(leaves)
    while len(layer) > 1:
        if len(layer) % 2:
            layer.append(_FILLER)
        pairs = zip(layer[::2], layer[1::2], strict=True)
        layer = [keccak(_NODE + min(pair) + max(pair)) for pair in pairs]
    return layer[0]


def blessing_tag(
    commit_store: bytes, source: int, on_ramp: bytes, interval: tuple[int, int], root: bytes, epoch: int
) -> bytes:
    """What monitors vote on, as one word."""
    first, last = interval
    return keccak(
        _BLESSING_KIND
        + put(commit_store)
        + put(source)
        + put(on_ramp)
        + put(first)
        + put(last)
        + root
        + put(epoch)
    )


@dataclass(frozen=True, slots=True)
class PoolWord:
    """What a source pool said about one token."""

    source_pool: bytes
    token: bytes  # on the destination
    decimals: int | None  # of the source token; None: the same as there


def pool_word(data: bytes) -> PoolWord:
    """Read one element of a message's sourceTokenData."""
    start = number(data, 0)
    body = data[start:]
    extra = text(body, number(body, 2 * WORD))
    return PoolWord(
        address(text(body, number(body, 0)), 0),
        address(text(body, number(body, WORD)), 0),
        number(extra, 0) if len(extra) == WORD else None,
    )


def pool_words(message: Sent) -> list[PoolWord | None]:
    """One for each token of the message; None where a stranger's pool said something unreadable."""
    words: list[PoolWord | None] = []
    for data in message.token_data:
        try:
            words.append(pool_word(data))
        except Unreadable:
            words.append(None)
    return words


def arriving(amount: int, source_decimals: int | None, decimals: int) -> int:
    """The amount in the destination's unit, rounded down."""
    shift = decimals - (decimals if source_decimals is None else source_decimals)
    factor: int = 10 ** abs(shift)
    return amount * factor if shift >= 0 else amount // factor


def receive_call(message: Sent, arrived: Sequence[tuple[bytes, int]]) -> bytes:
    """keccak256 of the calldata that the receiver must have been called with."""
    tokens = put(len(arrived)) + b"".join(put(token) + put(amount) for token, amount in arrived)
    parts = (
        int.from_bytes(message.id, "big"),
        message.source,
        put_text(put(message.sender)),
        put_text(message.data),
        tokens,
    )
    return keccak(_RECEIVE + put(WORD) + put_dynamic(*parts))
