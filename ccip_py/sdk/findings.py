"""What the events of a destination say of one message: a value, and what each event makes of it. Pure.

Rule 1: the newest root over the message counts, until it is removed. Rule 2: the newest blessing of that root counts,
until a curse is lifted, which takes back every blessing that no success has used. Rule 3: a success is the end; of
failures the last one counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ccip_py.protocol.blessing import GLOBAL_CURSE, curse_subject
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.codec.evm import ExecutionStateChanged
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.message import ExecutionState
from ccip_py.protocol.report import CommitReport
from ccip_py.sdk.logs import Log
from ccip_py.sdk.types import SentMessage

UNCURSED = keccak(b"Uncursed(bytes16,uint64)")


@dataclass(frozen=True, slots=True)
class Findings:
    """The events that count. `blessings` holds those of other roots too while the message's own is not known."""

    accepted: Log | None = None
    report: CommitReport | None = None
    blessings: tuple[Log, ...] = ()
    attempt: Log | None = None
    outcome: ExecutionStateChanged | None = None

    @property
    def blessed(self) -> Log | None:
        """The newest blessing of the message's root."""
        if self.report is None:
            return None
        root = self.report.root
        return next((log for log in reversed(self.blessings) if log.topics[3] == root), None)

    @property
    def succeeded(self) -> bool:
        return self.outcome is not None and self.outcome.state is ExecutionState.SUCCESS


NOTHING = Findings()


def add(known: Findings, sent: SentMessage, logs: Iterable[Log]) -> Findings:
    """After these events, which come in the chain's order."""
    for log in logs:
        match log.topics[0]:
            case codec.REPORT_ACCEPTED:
                known = _accepted(known, sent, log)
            case codec.ROOT_REMOVED:
                known = _removed(known, log)
            case codec.ROOT_BLESSED:
                known = _blessed(known, sent, log)
            case topic if topic == UNCURSED:
                known = _lifted(known, sent, log)
            case codec.EXECUTION_STATE_CHANGED:
                known = _attempted(known, log)
    return known


def _accepted(known: Findings, sent: SentMessage, log: Log) -> Findings:
    report = codec.decode_report_accepted(log.data)
    if sent.sequence_number not in report.interval:
        return known
    return replace(known, accepted=log, report=report)


def _removed(known: Findings, log: Log) -> Findings:
    if known.report is None or log.data != known.report.root:
        return known
    return replace(known, accepted=None, report=None)


def _blessed(known: Findings, sent: SentMessage, log: Log) -> Findings:
    if log.topics[2] != codec.address_to_word(sent.lane.commit_store):
        return known
    others = known.blessings if known.report is None else ()
    mine = known.report is None or log.topics[3] == known.report.root
    return replace(known, blessings=(*others, log)) if mine else known


def _lifted(known: Findings, sent: SentMessage, log: Log) -> Findings:
    subjects = {subject.ljust(32, b"\0") for subject in (curse_subject(sent.lane.source), GLOBAL_CURSE)}
    if known.succeeded or log.topics[1] not in subjects:
        return known
    return replace(known, blessings=())


def _attempted(known: Findings, log: Log) -> Findings:
    outcome = codec.decode_execution_state_changed(log.topics, log.data)
    if known.succeeded or outcome.state not in (ExecutionState.SUCCESS, ExecutionState.FAILURE):
        return known
    return replace(known, attempt=log, outcome=outcome)
