"""This monitor's own reading of raw logs: topics, word offsets, and the leaf of a message.

Nothing here knows an ABI. Every event is read by its topic hash and by the position of each 32-byte
word in its data; the comment beside a position names the field. Positions come from the published
description of CCIP 1.5, not from our contracts' build output.

Whatever does not fit exactly raises `Undecodable`: the monitor then waits and says so, because what
it can't read it can neither bless nor hold against anybody.
"""

from dataclasses import dataclass

from ccip_py.risk.keccak import keccak

# keccak256 of the event's full signature; the first topic of its logs.
MESSAGE_SENT = bytes.fromhex("d0c3c799bf9e2639de44391e7f524d229b2b55f5b1ea94b2bf7da42f7243dddd")
REPORT_ACCEPTED = bytes.fromhex("291698c01aa71f912280535d88a00d2c59fb63530a3f5d0098560468acb9ebf5")
ROOT_REMOVED = bytes.fromhex("202f1139a3e334b6056064c0e9b19fd07e44a88d8f6e5ded571b24cf8c371f12")
EXECUTION_STATE = bytes.fromhex("d4f851956a5d67c3997d1c9205045fef79bae2947fdee7e9e2641abc7391ef65")
ROOT_BLESSED = keccak(b"RootBlessed(bytes32,address,bytes32,uint64,uint64,uint64)")
CURSED = keccak(b"Cursed(bytes16,address)")
UNCURSED = keccak(b"Uncursed(bytes16,uint64)")
ARM_SET = keccak(b"ARMSet(address)")
# One report of the committing network was counted, whatever it holds.
TRANSMITTED = keccak(b"Transmitted(bytes32,uint32)")
VOTED_TO_BLESS = keccak(b"VotedToBless(bytes32,bytes32,uint16)")
TRANSFER = keccak(b"Transfer(address,address,uint256)")
# A pool got its first, or another, remote chain.
CHAIN_ADDED = keccak(b"ChainAdded(uint64,bytes,(bool,uint128,uint128),(bool,uint128,uint128))")
# What a pool says when value leaves a chain, and when it arrives on one.
TAKEN = frozenset({keccak(b"Locked(address,uint256)"), keccak(b"Burned(address,uint256)")})
GIVEN = frozenset({keccak(b"Released(address,address,uint256)"), keccak(b"Minted(address,address,uint256)")})

SUCCESS = 2
FAILURE = 3

# The 1.5 message hash: its name is hashed into the lane's metadata, so no other lane, direction or
# version can yield the same leaf.
_MESSAGE_HASH_NAME = keccak(b"EVM2EVMMessageHashV2")

_WORD = 32
_ADDRESS_MAX = 1 << 160


class Undecodable(Exception):
    """The bytes don't have the layout that the specification gives."""


@dataclass(frozen=True, slots=True)
class Log:
    """One log with its place in the chain. `tx` and `index` count from 0 within the block."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    tx: int
    index: int


@dataclass(frozen=True, slots=True)
class TokenMove:
    """One token of a message, as the source chain tells it."""

    source_token: bytes
    amount: int  # smallest unit of the source token
    source_pool: bytes  # empty, as is dest_token, if the pool's word is unreadable
    dest_token: bytes
    source_decimals: int | None  # what the source pool told the other pool; None: it said nothing


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as its source chain's event holds it, with the leaf computed here."""

    seq_nr: int
    leaf: bytes
    stated_id: bytes  # what the event calls the message id; on an honest on-ramp it equals the leaf
    moves: tuple[TokenMove, ...]
    block: int
    tx: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """A root that the destination's commit store took, for messages first to last, both included."""

    first: int
    last: int
    root: bytes
    block: int
    index: int


# WORDS


def word(data: bytes, at: int) -> int:
    """The 32-byte word that starts at byte `at`."""
    if at < 0 or at + _WORD > len(data):
        raise Undecodable(f"needs a word at byte {at}, has {len(data)} bytes")
    return int.from_bytes(data[at : at + _WORD], "big")


def _uint64(data: bytes, at: int) -> int:
    value = word(data, at)
    if value >> 64:
        raise Undecodable(f"word at {at} is larger than a uint64")
    return value


def _address(data: bytes, at: int) -> bytes:
    value = word(data, at)
    if value >= _ADDRESS_MAX:
        raise Undecodable(f"word at {at} is larger than an address")
    return value.to_bytes(20, "big")


def _bytes(data: bytes, at: int) -> bytes:
    """A dynamic byte string: its length, then its content."""
    length = word(data, at)
    start = at + _WORD
    if length > len(data) - start:
        raise Undecodable(f"{length} bytes at {start} run past the end")
    return data[start : start + length]


def _count(data: bytes, at: int) -> int:
    """An array's length, bounded by what could possibly fit behind it."""
    count = word(data, at)
    if count > (len(data) - at) // _WORD:
        raise Undecodable(f"an array of {count} at byte {at} runs past the end")
    return count


def _put(value: int) -> bytes:
    return value.to_bytes(_WORD, "big")


def _pad(raw: bytes) -> bytes:
    """Left-aligned to whole words, as byte strings are."""
    return raw + bytes(-len(raw) % _WORD)


# MESSAGES


def metadata(source: int, destination: int, on_ramp: bytes) -> bytes:
    """What makes a leaf belong to one lane: both chain selectors and the on-ramp."""
    return keccak(_MESSAGE_HASH_NAME + _put(source) + _put(destination) + bytes(12) + on_ramp)


def read_sent(log: Log, source: int, lane_metadata: bytes) -> Sent:
    """CCIPSendRequested(EVM2EVMMessage): one unindexed argument, so all of it is in the data."""
    data = log.data
    # Word 0 points at the struct. Inside it, positions count from its beginning.
    at = word(data, 0)
    message = data[at:]
    if _uint64(message, 0) != source:  # sourceChainSelector
        raise Undecodable("the message names another source chain than its lane")
    seq_nr = _uint64(message, 3 * _WORD)  # sequenceNumber
    payload = _bytes(message, word(message, 9 * _WORD))  # data
    amounts = _token_amounts(message, word(message, 10 * _WORD))  # tokenAmounts
    token_data = _byte_strings(message, word(message, 11 * _WORD))  # sourceTokenData
    if len(amounts) != len(token_data):
        raise Undecodable("tokenAmounts and sourceTokenData differ in length")
    return Sent(
        seq_nr,
        _leaf(message, lane_metadata, payload, amounts, token_data),
        _put(word(message, 12 * _WORD)),  # messageId
        tuple(_token_move(*amount, raw) for amount, raw in zip(amounts, token_data, strict=True)),
        log.block,
        log.tx,
    )


def _leaf(
    message: bytes,
    lane_metadata: bytes,
    payload: bytes,
    amounts: list[tuple[bytes, int]],
    token_data: list[bytes],
) -> bytes:
    """Hash of hashes: a zero word, the lane, the fixed fields, then each variable field by itself."""
    # The fixed fields as the event holds them: sender, receiver, sequenceNumber, gasLimit, strict,
    # nonce, feeToken, feeTokenAmount are words 1 to 8, in just that order.
    fixed = keccak(message[_WORD : 9 * _WORD])
    # abi.encode of one array argument: its offset (always 0x20), its length, its elements.
    tokens = _put(_WORD) + _put(len(amounts)) + b"".join(bytes(12) + token + _put(n) for token, n in amounts)
    # For byte strings, first where each begins (counted from behind the length), then all of them.
    heads, tails = b"", b""
    for raw in token_data:
        heads += _put(len(token_data) * _WORD + len(tails))
        tails += _put(len(raw)) + _pad(raw)
    strings = _put(_WORD) + _put(len(token_data)) + heads + tails
    return keccak(bytes(_WORD) + lane_metadata + fixed + keccak(payload) + keccak(tokens) + keccak(strings))


def _token_amounts(message: bytes, at: int) -> list[tuple[bytes, int]]:
    """An array of (address token, uint256 amount), two words each."""
    first = at + _WORD
    return [
        (_address(message, first + 2 * _WORD * n), word(message, first + 2 * _WORD * n + _WORD))
        for n in range(_count(message, at))
    ]


def _byte_strings(message: bytes, at: int) -> list[bytes]:
    """An array of byte strings; offsets count from behind the array's length."""
    first = at + _WORD
    return [_bytes(message, first + word(message, first + _WORD * n)) for n in range(_count(message, at))]


def _token_move(token: bytes, amount: int, raw: bytes) -> TokenMove:
    """SourceTokenData: what the source pool handed over, decoded for the supply checks.

    A pool is anybody's contract. One that writes nonsense here makes its own token undeliverable,
    and must not be able to make the whole message, and so the lane, unreadable to its monitors.
    """
    try:
        struct = raw[word(raw, 0) :]
        pool = _wide_address(_bytes(struct, word(struct, 0)))  # sourcePoolAddress
        dest_token = _wide_address(_bytes(struct, word(struct, _WORD)))  # destTokenAddress
        extra = _bytes(struct, word(struct, 2 * _WORD))  # extraData: by convention the token's decimals
    except Undecodable:
        return TokenMove(token, amount, b"", b"", None)
    decimals = word(extra, 0) if len(extra) == _WORD else None
    return TokenMove(
        token, amount, pool, dest_token, decimals if decimals is not None and decimals < 256 else None
    )


def _wide_address(raw: bytes) -> bytes:
    """abi.encode(address): exactly one word."""
    if len(raw) != _WORD:
        raise Undecodable(f"an address in {len(raw)} bytes")
    return _address(raw, 0)


# WHAT THE DESTINATION SAYS


def read_accepted(log: Log) -> Accepted | None:
    """ReportAccepted(CommitReport). None for a report that carries prices only."""
    data = log.data
    report = data[word(data, 0) :]
    # Word 0 of the report points at the price updates, which are of no interest here.
    first = _uint64(report, _WORD)  # interval.min
    last = _uint64(report, 2 * _WORD)  # interval.max
    root = _put(word(report, 3 * _WORD))  # merkleRoot
    if root == bytes(_WORD):
        return None
    return Accepted(first, last, root, log.block, log.index)


def read_execution(log: Log) -> tuple[int, bytes, int]:
    """ExecutionStateChanged: (sequence number, message id, state). The first two are indexed."""
    if len(log.topics) != 3:
        raise Undecodable("ExecutionStateChanged has two indexed arguments")
    return _uint64(log.topics[1], 0), log.topics[2], word(log.data, 0)


def read_blessed(log: Log) -> tuple[bytes, bytes, int, int, int]:
    """RootBlessed: (commit store, root, first, last, epoch). Tag, commit store and root are indexed."""
    if len(log.topics) != 4:
        raise Undecodable("RootBlessed has three indexed arguments")
    store, root = _address(log.topics[2], 0), log.topics[3]
    return store, root, _uint64(log.data, 0), _uint64(log.data, _WORD), _uint64(log.data, 2 * _WORD)


def read_subject(log: Log) -> bytes:
    """Cursed and Uncursed: the subject is indexed, at the left end of its word."""
    if len(log.topics) < 2:
        raise Undecodable("a curse has its subject indexed")
    return log.topics[1][:16]


def read_pointer(log: Log) -> bytes:
    """ARMSet: which RMN the contracts obey from now on."""
    return _address(log.data, 0)


def read_amount(log: Log) -> int | None:
    """What a pool took or gave: the first word of its data. None for a log that has none."""
    return word(log.data, 0) if len(log.data) >= _WORD else None


def read_transfer(log: Log) -> tuple[bytes, bytes, int] | None:
    """ERC-20 Transfer: (from, to, amount). None for a token that logs it in another shape."""
    if len(log.topics) != 3 or len(log.data) != _WORD:
        return None
    return log.topics[1][12:], log.topics[2][12:], word(log.data, 0)
