"""Follow a message by what the chains say of it: every stage comes with its transaction.

What is final on the destination is read once and kept; what is not is read again at every look, because it may be
reorganised. So tracking can stop and go on anywhere, and never holds on to a block that is no more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hexbytes import HexBytes

from ccip_py.chains.evm.reverts import explain
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import Address, ChainSelector, Root
from ccip_py.protocol.journey import EVIDENCE, Stage
from ccip_py.protocol.report import Interval
from ccip_py.sdk.evm import Function, call_request, mined_transaction, succeeded
from ccip_py.sdk.findings import NOTHING, UNCURSED, Findings, add
from ccip_py.sdk.flow import Call, Failure, Flow, ask
from ccip_py.sdk.logs import WINDOW, Filter, Log, find_all, topic
from ccip_py.sdk.types import SentMessage, StageReached

NEXT_COMMITTED = Function("getExpectedNextSequenceNumber", (), ("uint64",))
CLOCK_SKEW_S = (
    3_600  # a destination whose clock is further behind costs a longer first look, and nothing else
)
READ_AGAIN = 64  # blocks, on a chain that does not say what is final


@dataclass(frozen=True, slots=True)
class Commitment:
    """The root that holds a message, and the sequence numbers it covers."""

    root: Root
    interval: Interval
    stage: StageReached


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of a message's journey so far."""

    sent: SentMessage
    rmn: Address | None  # None: blessings cannot be seen
    floor: int  # the destination block below which the lane has no history
    next_block: int | None = None  # of the destination, the first that is not final yet; None: not read yet
    settled: Findings = NOTHING  # up to there
    commitment: Commitment | None = None
    blessed: StageReached | None = None
    attempt: StageReached | None = None  # EXECUTED, or the last FAILED

    @property
    def stage(self) -> Stage:
        """The latest stage that was proven."""
        return self.stages()[-1].stage

    def stages(self) -> tuple[StageReached, ...]:
        """Everything that is proven now, in order."""
        known = (self.commitment.stage if self.commitment else None, self.blessed, self.attempt)
        return (sent_stage(self.sent), *(stage for stage in known if stage))


def sent_stage(sent: SentMessage) -> StageReached:
    """The first stage of every journey."""
    at = sent.transaction
    return StageReached(
        Stage.SENT,
        at.chain,
        at.block,
        at.hash,
        at.timestamp,
        at.gas_used,
        EVIDENCE[Stage.SENT].event,
        codec.checksum(sent.lane.on_ramp),
    )


def look(trace: Trace) -> Flow[Trace]:
    """The trace as the destination shows it now. The first look finds out where to begin."""
    lane = trace.sent.lane
    latest, final = yield from _heads(lane.destination)
    first = trace.next_block
    if first is None:
        first = yield from _first_block(trace, latest)
    logs = yield from find_all(lane.destination, _filters(trace), first, latest)
    if trace.next_block is None:
        logs = yield from _with_earlier(trace, logs, first)
    settled = add(trace.settled, trace.sent, (log for log in logs if log.block <= final))
    shown = add(settled, trace.sent, (log for log in logs if log.block > final))
    after = replace(trace, next_block=max(first, min(final, latest) + 1), settled=settled)
    return (yield from _told(after, shown))


def _heads(chain: ChainSelector) -> Flow[tuple[int, int]]:
    """The numbers of the latest block, and of the last one that cannot be undone."""
    latest, final = yield from ask(
        chain, Call("eth_blockNumber"), Call("eth_getBlockByNumber", ("finalized", False))
    )
    number = int(succeeded(latest), 16)
    return number, int(final["number"], 16) if isinstance(final, dict) else number - READ_AGAIN


def _filters(trace: Trace) -> list[Filter]:
    """What is asked of the destination: commits of the lane, attempts at the message, blessings and lifted curses."""
    lane, message = trace.sent.lane, trace.sent.message
    attempts = codec.EXECUTION_STATE_CHANGED, message.sequence_number, message.message_id
    wanted = [
        Filter(lane.commit_store, [[topic(codec.REPORT_ACCEPTED), topic(codec.ROOT_REMOVED)]]),
        Filter(lane.off_ramp, [topic(value) for value in attempts]),
    ]
    if trace.rmn is not None:
        wanted.append(Filter(trace.rmn, [[topic(codec.ROOT_BLESSED), topic(UNCURSED)]]))
    return wanted


def _first_block(trace: Trace, latest: int) -> Flow[int]:
    """The first block of the destination that could know of the message, by the chains' clocks."""
    not_before = trace.sent.transaction.timestamp - CLOCK_SKEW_S
    low, high = trace.floor, latest + 1
    while low < high:
        middle = (low + high) // 2
        (block,) = yield from ask(
            trace.sent.lane.destination, Call("eth_getBlockByNumber", (hex(middle), False))
        )
        found = succeeded(block)
        if found is not None and int(found["timestamp"], 16) < not_before:
            low = middle + 1
        else:
            high = middle
    return min(low, latest)


def _with_earlier(trace: Trace, logs: list[Log], first: int) -> Flow[list[Log]]:
    """The logs from further back, if the message was committed before `first`: then the chains' clocks disagree."""
    sent = trace.sent
    if add(NOTHING, sent, logs).report is not None or not (yield from _is_committed(sent)):
        return logs
    while first > trace.floor and add(NOTHING, sent, logs).report is None:
        first, before = max(trace.floor, first - WINDOW), first - 1
        earlier = yield from find_all(sent.lane.destination, _filters(trace), first, before)
        logs = [*earlier, *logs]
    return logs


def _is_committed(sent: SentMessage) -> Flow[bool]:
    """Whether the commit store is past the message, wherever the event of that may be."""
    lane = sent.lane
    if not any(lane.commit_store):
        return False
    (answer,) = yield from ask(lane.destination, call_request(lane.commit_store, NEXT_COMMITTED.calldata()))
    return not isinstance(answer, Failure) and int(answer, 16) > sent.sequence_number


def _told(trace: Trace, shown: Findings) -> Flow[Trace]:
    """The trace with the stages that the events prove. One that vanishes while it is read is left for the next look."""
    commitment = blessed = attempt = None
    if shown.accepted is not None and shown.report is not None:
        stage, report = (yield from _reached(Stage.COMMITTED, trace, shown.accepted)), shown.report
        if stage is not None:
            first, last = report.interval.first, report.interval.last
            stage = replace(stage, root=HexBytes(report.root), first=first, last=last)
            commitment = Commitment(report.root, report.interval, stage)
    if shown.blessed is not None:
        blessed = yield from _reached(Stage.BLESSED, trace, shown.blessed)
    if shown.attempt is not None and shown.outcome is not None:
        attempt = yield from _reached(
            Stage.EXECUTED if shown.succeeded else Stage.FAILED, trace, shown.attempt
        )
        if attempt is not None and not shown.succeeded:
            attempt = replace(attempt, reason=str(explain(shown.outcome.return_data)))
    return replace(trace, commitment=commitment, blessed=blessed, attempt=attempt)


def _reached(stage: Stage, trace: Trace, log: Log) -> Flow[StageReached | None]:
    """The stage with its transaction's facts; None if a reorganisation took that away just now."""
    for known in trace.stages():
        if (known.stage, known.block, known.transaction) == (stage, log.block, log.transaction):
            return known
    chain = trace.sent.lane.destination
    (receipt,) = yield from ask(chain, Call("eth_getTransactionReceipt", (log.transaction.to_0x_hex(),)))
    if succeeded(receipt) is None or int(receipt["blockNumber"], 16) != log.block:
        return None
    mined = yield from mined_transaction(chain, receipt)
    return StageReached(
        stage,
        chain,
        mined.block,
        HexBytes(mined.hash),
        mined.timestamp,
        mined.gas_used,
        EVIDENCE[stage].event,
        codec.checksum(log.emitter),
    )
