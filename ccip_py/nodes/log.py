"""What nodes say of themselves: structured events with constant names, one JSON object per line.

Every event carries what it is about (lane, message id or root, stage), so that one search over all nodes' logs
gives the journey of a message. Values of bytes are shown in hex; a key's text form is its address.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from enum import StrEnum
from typing import Any, TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger

from ccip_py.protocol.lane import Lane


class Event(StrEnum):
    """Every name that may appear under `event`. Tools rely on them."""

    STARTED = "started"
    STOPPED = "stopped"
    DRY = "dry: no key, so this is only what it would do"
    CYCLE_FAILED = "cycle failed"
    CYCLE_WAITING = "cycle waiting"
    CYCLE_TIMED_OUT = "cycle timed out"
    JOINED = "joined a committee"
    STANDING_BY = "standing by: not in the committee"
    CACHE_REBUILT = "cache rebuilt"
    VIEWED = "viewed"
    EPOCH = "epoch entered"
    SIGNED = "signed"
    SIGNING_REFUSED = "signing refused"
    PEER_REFUSED = "peer message refused"
    MISBEHAVIOUR = "misbehaviour proved"
    ATTESTED = "attested"
    TRANSMITTED = "transmitted"
    TRANSMIT_DROPPED = "transmit dropped"
    TRANSACTION = "transaction"
    BLESSING_RELAYED = "blessing relayed"
    EXECUTION_SENT = "execution sent"
    EXECUTION_POSTPONED = "execution postponed"
    MESSAGE_SET_ASIDE = "message set aside"
    MONITOR_SILENT = "monitor silent"
    PRICE_UNAVAILABLE = "price unavailable"
    FINALITY_VIOLATED = "finality violated"
    DEPLOYMENT_CHANGED = "deployment changed: starting over with it"
    DEPLOYMENT_UNREADABLE = "deployment unreadable: going on with the one before"


class Stage(StrEnum):
    """Where on its journey a message is when an event is logged."""

    OBSERVE = "observe"
    AGREE = "agree"
    SIGN = "sign"
    COMMIT = "commit"
    BLESS = "bless"
    EXECUTE = "execute"


Log = FilteringBoundLogger


class Unfailing:
    """A stream whose failures cost log lines and nothing else: a full disk or a closed pipe stops no agreement."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost = 0  # writes

    def write(self, text: str) -> int:
        """Write, or count what was lost."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):  # ValueError: closed
            self.lost += 1
            return len(text)

    def flush(self) -> None:
        """Flush, or count what was lost."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self.lost += 1


def lane_name(lane: Lane) -> str:
    """A lane as logs and metrics name it: its two selectors."""
    return f"{lane.source}->{lane.destination}"


def node_log(node: str, *, stream: TextIO | None = None, level: str = "info") -> Log:
    """A logger for one node. Nodes of one process each have their own; nothing is configured globally."""
    log: Log = structlog.wrap_logger(
        structlog.PrintLogger(cast(TextIO, Unfailing(stream if stream is not None else sys.stderr))),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _show_bytes,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        node=node,
    )
    return log


def quiet_log() -> Log:
    """A logger that says nothing: for nodes inside somebody else's test."""
    log: Log = structlog.wrap_logger(
        structlog.ReturnLogger(), wrapper_class=structlog.make_filtering_bound_logger("critical")
    )
    return log


def _show_bytes(_log: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _shown(value) for key, value in event.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return [_shown(item) for item in value] if isinstance(value, list) else value
