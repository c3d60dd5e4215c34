"""What happened on a lane since last time, and how things stand at a pinned block.

Event streams (work proportional to what is new; the cursor is a plain value for the caller to keep, and to store
only after what came with it is stored):

    read_messages(logs, caller, lane, cursor, pinned)    -> ([Sent], MessageCursor)   source
    read_commits(logs, lane, first_block, pinned)        -> ([Committed | Removed], next_block)   destination
    read_attempts(logs, lane, first_block, pinned)       -> ([Attempted], next_block)   destination
    find_message_block(caller, on_ramp, seq_nr, low, high) -> a block to start reading from, in log2 calls

State, in one batch each:

    read_source(caller, lane, rmn, at)        -> SourceState        read_blessed(...)   -> {root: bool}
    read_destination(caller, lane, rmn, at)   -> DestinationState   read_states(...)    -> {seq_nr: state}
    read_prices(caller, fee_quoter, ...)      -> StoredPrices       read_nonces(...)    -> {sender: nonce}
    read_gas_price(rpc)                       -> wei

Messages are read in order from the first one needed: backfilling and following the head are the same cursor, and a
page never skips. An RMN that does not answer plainly counts as cursed, as it does for the contracts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ccip_py.chains.evm.blocks import to_int
from ccip_py.chains.evm.caller import At, Caller, View
from ccip_py.chains.evm.contracts import RMN, CommitStore, FeeQuoter, OffRamp, OnRamp, Price
from ccip_py.chains.evm.decode import (
    ATTEMPT_TOPICS,
    COMMIT_TOPICS,
    SENT_TOPICS,
    Attempted,
    Committed,
    Removed,
    Sent,
    attempted,
    commit_event,
    sent,
)
from ccip_py.chains.evm.endpoint import RpcRefused, UnknownBlock
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import Block, LogSource
from ccip_py.errors import ContractRefused, NotYet
from ccip_py.protocol.blessing import curse_subject
from ccip_py.protocol.hashing import metadata_hash
from ccip_py.protocol.ids import Address, ChainSelector, Root, SeqNr
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.message import ExecutionState

PAGE = 2_000
"""Messages per read at most, about: a page ends with a window of blocks."""


class MissingLogs(NotYet):
    """An endpoint left out messages that the OnRamp has counted. Read again, or elsewhere."""

    default_code = "MISSING_LOGS"


@dataclass(frozen=True, slots=True)
class MessageCursor:
    """Where the next page of messages starts. `next_seq_nr` None: whatever comes first is believed to be first."""

    next_block: int
    next_seq_nr: SeqNr | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """The source end of a lane at one block."""

    expected_next: SeqNr
    cursed: bool


@dataclass(frozen=True, slots=True)
class DestinationState:
    """The destination end of a lane at one block."""

    expected_next: SeqNr
    latest_price_epoch_and_round: int
    config_digest: bytes
    paused: bool
    cursed: bool
    blessing_epoch: int


@dataclass(frozen=True, slots=True)
class StoredPrices:
    """What a FeeQuoter knows. Keys that were never priced have Price(0, 0)."""

    tokens: dict[Address, Price]
    gas: dict[ChainSelector, Price]


# Event streams


async def read_messages(
    logs: LogSource, caller: Caller, lane: Lane, cursor: MessageCursor, pinned: Block, at_most: int = PAGE
) -> tuple[list[Sent], MessageCursor]:
    """The next messages of the lane up to `pinned`, without a gap. Those before the cursor's number are dropped.

    A page that reaches `pinned` is compared with the OnRamp's own counter there: MissingLogs if there are fewer
    messages than it counted, or a number is skipped. The cursor then stays where it was.
    """
    if cursor.next_block > pinned.number:
        return [], cursor
    page = await logs.read(lane.on_ramp, SENT_TOPICS, cursor.next_block, pinned, at_most)
    metadata = metadata_hash(lane.source, lane.destination, lane.on_ramp)
    expected = cursor.next_seq_nr
    messages: list[Sent] = []
    for log in page.logs:
        found = sent(log, metadata)
        got = found.message.sequence_number
        if cursor.next_seq_nr is not None and got < cursor.next_seq_nr:
            continue
        messages.append(found)
        if expected is not None and got != expected:
            raise MissingLogs(
                "sequence numbers are not consecutive", context={"expected": expected, "got": got}
            )
        expected = SeqNr(got + 1)
    if page.next_block > pinned.number:
        counted = await caller.read(pinned, OnRamp(lane.on_ramp).expected_next())
        if counted != (expected if expected is not None else counted):
            raise MissingLogs("fewer messages than counted", context={"read": expected, "counted": counted})
        expected = counted
    return messages, MessageCursor(page.next_block, expected)


async def read_commits(
    logs: LogSource, lane: Lane, first_block: int, pinned: Block, at_most: int = PAGE
) -> tuple[list[Committed | Removed], int]:
    """Reports that landed and roots that were removed, in chain order, and the block to go on from."""
    page = await logs.read(lane.commit_store, COMMIT_TOPICS, first_block, pinned, at_most)
    return [commit_event(log) for log in page.logs], page.next_block


async def read_attempts(
    logs: LogSource, lane: Lane, first_block: int, pinned: Block, at_most: int = PAGE
) -> tuple[list[Attempted], int]:
    """Executions, successful or not, in chain order, and the block to go on from."""
    page = await logs.read(lane.off_ramp, ATTEMPT_TOPICS, first_block, pinned, at_most)
    return [attempted(log) for log in page.logs], page.next_block


async def find_message_block(caller: Caller, on_ramp: Address, seq_nr: SeqNr, low: int, high: Block) -> int:
    """The block in which message `seq_nr` was sent, or `low` if the node keeps no old state to search in.

    The OnRamp's counter only grows, so a restart need not read history: it halves its way to the first message it
    wants. A node that lies here only makes the reader start too late, which continuity then shows.
    """
    view = OnRamp(on_ramp).expected_next()
    first, last = low, high.number
    while first < last:
        middle = (first + last) // 2
        try:
            counted = await _counter_at(caller, view, middle)
        except (RpcRefused, UnknownBlock):
            return low
        first, last = (middle + 1, last) if counted <= seq_nr else (first, middle)
    return first


async def _counter_at(caller: Caller, view: View[SeqNr], number: int) -> int:
    raw = await caller.rpc.call(
        "eth_call", {"to": "0x" + view.address.hex(), "data": "0x" + view.data.hex()}, hex(number)
    )
    return 0 if raw == "0x" else to_int(raw)  # "0x": not deployed yet


# State


async def read_source(caller: Caller, lane: Lane, rmn: Address, at: At) -> SourceState:
    """How the source end stands. `rmn` is the source chain's RMN proxy."""
    views: list[View[Any]] = [
        OnRamp(lane.on_ramp).expected_next(),
        RMN(rmn).is_cursed(curse_subject(lane.destination)),
    ]
    expected_next, cursed = await caller.try_all(at, views)
    return SourceState(_plain(expected_next), _is_cursed(cursed))


async def read_destination(caller: Caller, lane: Lane, rmn: Address, at: At) -> DestinationState:
    """How the destination end stands. `rmn` is the destination chain's RMN proxy."""
    store = CommitStore(lane.commit_store)
    views: list[View[Any]] = [
        store.expected_next(),
        store.latest_price_epoch_and_round(),
        store.config(),
        store.paused(),
        RMN(rmn).is_cursed(curse_subject(lane.source)),
        RMN(rmn).epoch_of(lane.source),
    ]
    expected_next, prices, config, paused, cursed, epoch = await caller.try_all(at, views)
    return DestinationState(
        expected_next=_plain(expected_next),
        latest_price_epoch_and_round=_plain(prices),
        config_digest=_plain(config).digest,
        paused=_plain(paused),
        cursed=_is_cursed(cursed),
        blessing_epoch=0 if isinstance(epoch, ContractRefused) else epoch,
    )


async def read_blessed(caller: Caller, lane: Lane, roots: Sequence[Root], at: At) -> dict[Root, bool]:
    """Which of the roots may be executed at that block."""
    store = CommitStore(lane.commit_store)
    answers = await caller.read_all(at, [store.is_blessed(root) for root in roots])
    return dict(zip(roots, answers, strict=True))


async def read_states(
    caller: Caller, lane: Lane, seq_nrs: Iterable[SeqNr], at: At
) -> dict[SeqNr, ExecutionState]:
    """How far each message has come."""
    wanted = list(seq_nrs)
    answers = await caller.read_all(at, [OffRamp(lane.off_ramp).execution_state(n) for n in wanted])
    return dict(zip(wanted, answers, strict=True))


async def read_nonces(caller: Caller, lane: Lane, senders: Iterable[Address], at: At) -> dict[Address, int]:
    """The nonce of each sender's last attempted ordered message; the next one carries one more."""
    wanted = list(dict.fromkeys(senders))
    answers = await caller.read_all(at, [OffRamp(lane.off_ramp).sender_nonce(s) for s in wanted])
    return dict(zip(wanted, answers, strict=True))


async def read_prices(
    caller: Caller,
    fee_quoter: Address,
    tokens: Sequence[Address],
    destinations: Sequence[ChainSelector],
    at: At,
) -> StoredPrices:
    """Stored prices of those tokens, and of gas on those chains."""
    quoter = FeeQuoter(fee_quoter)
    views: list[View[Any]] = [quoter.token_prices(tokens), *(quoter.gas_price(d) for d in destinations)]
    token_prices, *gas_prices = await caller.read_all(at, views)
    return StoredPrices(
        tokens=dict(zip(tokens, token_prices, strict=True)),
        gas=dict(zip(destinations, gas_prices, strict=True)),
    )


async def read_gas_price(rpc: Rpc) -> int:
    """Wei per unit of gas that a transaction pays now: base fee of the latest block plus the usual tip.

    At least 1, also on private chains where gas is free: contracts take a price of 0 for one that is missing.
    """
    block, tip = await rpc.batch(
        [("eth_getBlockByNumber", ("latest", False)), ("eth_maxPriorityFeePerGas", ())]
    )
    return max(1, to_int(block.get("baseFeePerGas", "0x0")) + to_int(tip))


def _plain(answer: Any) -> Any:
    if isinstance(answer, ContractRefused):
        raise answer
    return answer


def _is_cursed(answer: Any) -> bool:
    return answer is not False
