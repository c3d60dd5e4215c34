"""Follow a message by what the chains say of it: every stage comes with its transaction.

Nothing is remembered between looks but how far the destination was read, so tracking can stop and go on anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hexbytes import HexBytes

from ccip_py.chains.evm.reverts import explain
from ccip_py.errors import NotYet
from ccip_py.protocol.blessing import GLOBAL_CURSE, curse_subject
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import Address, ChainSelector, Root
from ccip_py.protocol.journey import EVIDENCE, Stage
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.message import ExecutionState
from ccip_py.protocol.report import CommitReport, Interval
from ccip_py.sdk.evm import Function, call_request, mined_transaction, succeeded
from ccip_py.sdk.flow import Call, Failure, Flow, ask
from ccip_py.sdk.logs import Log, Topic, find_logs, head, topic
from ccip_py.sdk.types import SentMessage, StageReached

UNCURSED = keccak(b"Uncursed(bytes16,uint64)")
NEXT_COMMITTED = Function("getExpectedNextSequenceNumber", (), ("uint64",))
PACE_BLOCKS = 20
BLOCKS_PER_STAGE = 2
CLOCK_SKEW_S = (
    3_600  # a destination whose clock is further behind costs a longer first look, and nothing else
)


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
    next_block: int | None = None  # of the destination; None: not read yet
    commitment: Commitment | None = None
    blessed: StageReached | None = None
    attempt: StageReached | None = None  # EXECUTED, or the last FAILED

    @property
    def stage(self) -> Stage:
        """The latest stage that was proven."""
        reached = self.attempt or self.blessed or (self.commitment.stage if self.commitment else None)
        return reached.stage if reached else Stage.SENT

    def stages(self) -> tuple[StageReached, ...]:
        """Everything that was proven, in order."""
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
    """Read the destination's new blocks and return what they add. The first look finds out where to begin."""
    lane = trace.sent.lane
    latest = yield from head(lane.destination)
    if trace.next_block is not None:
        return (yield from _read(trace, trace.next_block, latest))
    start = yield from _first_block(trace, latest)
    seen = yield from _read(trace, start, latest)
    if seen.commitment is None and start > trace.floor and (yield from _is_committed(trace.sent)):
        return (yield from _read(trace, trace.floor, latest))  # the chains' clocks disagree
    return seen


def _read(trace: Trace, first: int, latest: int) -> Flow[Trace]:
    if latest < first:
        return replace(trace, next_block=first)
    blocks = (first, latest)
    trace = yield from _find_commitment(trace, blocks)
    trace = yield from _find_attempt(trace, blocks)
    if trace.commitment is not None and trace.rmn is not None:
        trace = yield from _find_blessing(trace, trace.rmn, trace.commitment.root, blocks)
    return replace(trace, next_block=latest + 1)


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


def _is_committed(sent: SentMessage) -> Flow[bool]:
    """Whether the commit store is past the message, wherever the event of that may be."""
    lane = sent.lane
    if not any(lane.commit_store):
        return False
    (answer,) = yield from ask(lane.destination, call_request(lane.commit_store, NEXT_COMMITTED.calldata()))
    return not isinstance(answer, Failure) and int(answer, 16) > sent.sequence_number


def _find_commitment(trace: Trace, blocks: tuple[int, int]) -> Flow[Trace]:
    """The newest root over the message that was not removed again."""
    lane = trace.sent.lane
    either = [topic(codec.REPORT_ACCEPTED), topic(codec.ROOT_REMOVED)]
    covering: tuple[Log, CommitReport] | None = None
    for log in (yield from find_logs(lane.destination, lane.commit_store, [either], *blocks)):
        if log.topics[0] == codec.REPORT_ACCEPTED:
            report = codec.decode_report_accepted(log.data)
            if trace.sent.sequence_number in report.interval:
                covering = (log, report)
        elif covering is not None and log.data == covering[1].root:
            covering = None
        elif trace.commitment is not None and log.data == trace.commitment.root:
            trace = replace(trace, commitment=None, blessed=None)
    if covering is None:
        return trace
    log, report = covering
    reached = yield from _reached(Stage.COMMITTED, trace.sent, log)
    first, last = report.interval.first, report.interval.last
    detail = {"root": "0x" + report.root.hex(), "first": str(first), "last": str(last)}
    commitment = Commitment(report.root, report.interval, replace(reached, detail=detail))
    return replace(trace, commitment=commitment, blessed=None)


def _find_blessing(trace: Trace, rmn: Address, root: Root, blocks: tuple[int, int]) -> Flow[Trace]:
    """The newest blessing counts, unless a curse was lifted since and took it back before it was used."""
    lane = trace.sent.lane
    either = [topic(codec.ROOT_BLESSED), topic(UNCURSED)]
    subjects = {curse_subject(lane.source).ljust(32, b"\0"), GLOBAL_CURSE.ljust(32, b"\0")}
    used = trace.attempt.block if trace.attempt is not None else None
    blessing: Log | None = None
    for log in (yield from find_logs(lane.destination, rmn, [either], *blocks)):
        if log.topics[0] == UNCURSED:
            if log.topics[1] in subjects and (used is None or log.block < used):
                trace, blessing = replace(trace, blessed=None), None
        elif log.topics[2:] == (codec.address_to_word(lane.commit_store), root):
            blessing = log
    if blessing is None:
        return trace
    return replace(trace, blessed=(yield from _reached(Stage.BLESSED, trace.sent, blessing)))


def _find_attempt(trace: Trace, blocks: tuple[int, int]) -> Flow[Trace]:
    lane, message = trace.sent.lane, trace.sent.message
    wanted: list[Topic] = [
        topic(codec.EXECUTION_STATE_CHANGED),
        topic(message.sequence_number),
        topic(message.message_id),
    ]
    logs = yield from find_logs(lane.destination, lane.off_ramp, wanted, *blocks)
    for log in logs:
        outcome = codec.decode_execution_state_changed(log.topics, log.data)
        if outcome.state is ExecutionState.SUCCESS:
            return replace(trace, attempt=(yield from _reached(Stage.EXECUTED, trace.sent, log)))
        if outcome.state is ExecutionState.FAILURE:
            failed = yield from _reached(Stage.FAILED, trace.sent, log)
            trace = replace(trace, attempt=replace(failed, reason=str(explain(outcome.return_data))))
    return trace


def _reached(stage: Stage, sent: SentMessage, log: Log) -> Flow[StageReached]:
    chain = sent.lane.destination
    (receipt,) = yield from ask(chain, Call("eth_getTransactionReceipt", (log.transaction.to_0x_hex(),)))
    if succeeded(receipt) is None:
        raise NotYet("a transaction of this message just vanished in a reorganisation", hint="look again")
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


def expected_wait(trace: Trace) -> Flow[int | None]:
    """Seconds until the next stage if everybody works: the source's finality first, then blocks of the destination.

    By the pace of the last blocks, so it is a guess; None where the chain says too little, or nothing is to come.
    """
    lane = trace.sent.lane
    if trace.stage in (Stage.EXECUTED, Stage.FAILED):
        return None
    there = yield from _pace(lane.destination)
    if there is None:
        return None
    if trace.stage is not Stage.SENT:
        return round(BLOCKS_PER_STAGE * there)
    here = yield from _pace(lane.source)
    latest, final = yield from ask(
        lane.source,
        Call("eth_getBlockByNumber", ("latest", False)),
        Call("eth_getBlockByNumber", ("finalized", False)),
    )
    if here is None or not isinstance(latest, dict) or not isinstance(final, dict):
        return None
    depth = int(latest["number"], 16) - int(final["number"], 16)
    left = max(0, trace.sent.transaction.block + depth - int(latest["number"], 16))
    return round(left * here + BLOCKS_PER_STAGE * there)


def _pace(chain: ChainSelector) -> Flow[float | None]:
    """Seconds per block, over the last few."""
    latest = yield from head(chain)
    first = max(0, latest - PACE_BLOCKS)
    blocks = yield from ask(chain, *(Call("eth_getBlockByNumber", (hex(n), False)) for n in (first, latest)))
    if latest == first or not all(isinstance(block, dict) for block in blocks):
        return None
    early, late = (int(block["timestamp"], 16) for block in blocks)
    return (late - early) / (latest - first)
