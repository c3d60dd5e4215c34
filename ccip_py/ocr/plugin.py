"""What a subject supplies: five pure functions. Committing is one subject; others need no change in this package.

The engine's promises to a plugin are weak on purpose. Any function may be skipped, repeated, or called out of order
with the others, on values from different rounds, before and after a restart. Only `agree` is always called on
observations that passed `validate`. A plugin keeps no state, reads no clock and does not raise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from .messages import Slot

View = TypeVar("View")  # what one node saw for itself
ViewIn = TypeVar("ViewIn", contravariant=True)
Outcome = TypeVar("Outcome")  # what the committee saw together


@dataclass(frozen=True, slots=True)
class NotYet:
    """This node's view does not reproduce the report now; a later view may."""

    why: str


@dataclass(frozen=True, slots=True)
class Send:
    """Submit the report: it would take effect."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now, perhaps later."""

    why: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Never: it landed, was overtaken, or contradicts what this node sees."""

    why: str


Verdict = Send | Wait | Drop


class Plugin(Protocol[ViewIn, Outcome]):
    """One subject. The bounds are part of what all members share."""

    @property
    def max_observation(self) -> int:
        """Bytes. A longer observation is refused unread."""
        ...

    @property
    def max_report(self) -> int:
        """Bytes. A longer report is refused unread."""
        ...

    def observe(self, view: ViewIn) -> bytes | None:
        """What this node saw, or None to abstain from this round."""
        ...

    def validate(self, observer: int, observation: bytes) -> bool:
        """Could an honest node have said this? Must give the same answer on every node: it never asks a view.

        A leader that passes on an observation which fails here has proved itself faulty.
        """
        ...

    def agree(self, observations: Sequence[tuple[int, bytes]], f: int) -> Outcome | None:
        """What follows from between 2f+1 and 3f+1 observations of distinct members; None if nothing is to be done.

        At most f of them are lies, and nobody knows which. Same input, same answer, on every node.
        """
        ...

    def report(self, outcome: Outcome, view: ViewIn) -> bytes | NotYet | None:
        """The report that follows from the outcome *and* from what this node saw itself.

        The node signs these bytes, so they must be wholly determined by the outcome wherever they are produced, and
        whatever honest nodes can check for themselves must come from the view. None: the round ends here, in good order,
        with nothing to sign.
        """
        ...

    def transmit(self, report: bytes, slot: Slot, view: ViewIn) -> Verdict:
        """Is it still worth sending? Also tells when an attested report has landed: then the answer is Drop."""
        ...
