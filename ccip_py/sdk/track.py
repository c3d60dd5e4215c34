"""Follow a message by what the chains say of it: every stage comes with its transaction.

Nothing is remembered between looks but how far the destination was read, so tracking can stop and go on anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hexbytes import HexBytes

from ccip_py.chains.evm.reverts import explain
from ccip_py.errors import NotYet
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import Address, Root
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.message import ExecutionState
from ccip_py.protocol.report import CommitReport, Interval
from ccip_py.sdk.evm import mined_transaction, succeeded
from ccip_py.sdk.flow import Call, Flow, ask
from ccip_py.sdk.logs import Log, Topic, find_logs, head, topic
from ccip_py.sdk.types import SentMessage, StageReached


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
    rmn: Address
    next_block: int  # of the destination
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
    return StageReached(Stage.SENT, at.chain, at.block, at.hash, at.timestamp, at.gas_used)


def look(trace: Trace) -> Flow[Trace]:
    """Read the destination's new blocks and return what they add."""
    lane = trace.sent.lane
    latest = yield from head(lane.destination)
    if latest < trace.next_block:
        return trace
    blocks = (trace.next_block, latest)
    trace = yield from _find_commitment(trace, blocks)
    if trace.commitment is not None and trace.blessed is None:
        trace = yield from _find_blessing(trace, trace.commitment.root, blocks)
    trace = yield from _find_attempt(trace, blocks)
    return replace(trace, next_block=latest + 1)


def topic_of(address: Address) -> str:
    """An indexed address as `eth_getLogs` filters for it."""
    return topic(codec.address_to_word(address))


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


def _find_blessing(trace: Trace, root: Root, blocks: tuple[int, int]) -> Flow[Trace]:
    lane = trace.sent.lane
    wanted: list[Topic] = [topic(codec.ROOT_BLESSED), None, topic_of(lane.commit_store), topic(root)]
    logs = yield from find_logs(lane.destination, trace.rmn, wanted, *blocks)
    if not logs:
        return trace
    return replace(trace, blessed=(yield from _reached(Stage.BLESSED, trace.sent, logs[0])))


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
    return StageReached(stage, chain, mined.block, HexBytes(mined.hash), mined.timestamp, mined.gas_used)
