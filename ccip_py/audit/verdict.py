"""All checks together, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccip_py.audit.checks.curses import executed_is_blessed, lifted_by_the_owner, obeyed
from ccip_py.audit.checks.custody import nothing_kept
from ccip_py.audit.checks.delivery import as_sent, in_order, once
from ccip_py.audit.checks.ledger import Book
from ccip_py.audit.checks.limits import within_limits
from ccip_py.audit.checks.prices import fees_as_quoted, monotone
from ccip_py.audit.checks.roots import contiguous, executed_is_committed, true_roots
from ccip_py.audit.checks.tokens import conserved
from ccip_py.audit.deployment import load_sites
from ccip_py.audit.events import FAILURE, SUCCESS, Attempt, Sent
from ccip_py.audit.history import Finding, History
from ccip_py.audit.reading import read_history

CHECKS: dict[str, tuple[str, Callable[[Book], Iterator[Finding]]]] = {
    "S1": ("tokens given out were taken in", conserved),
    "S2": ("no message succeeds twice", once),
    "S3": ("what is executed was sent, final, field for field", as_sent),
    "S4": ("what is executed was committed", executed_is_committed),
    "S5": ("what is executed was blessed by a quorum", executed_is_blessed),
    "S6": ("nothing moves under a curse", obeyed),
    "S7": ("committed intervals follow one another", contiguous),
    "S8": ("roots are those of the messages sent", true_roots),
    "S9": ("ordered senders are served in order", in_order),
    "S10": ("limits are kept", within_limits),
    "S16": ("prices move forward", monotone),
    "S17": ("fees are as quoted", fees_as_quoted),
    "S19": ("a curse is lifted by the owner only", lifted_by_the_owner),
    "S20": ("contracts keep nothing but fees", nothing_kept),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the messages of one lane."""

    lane: str
    sent: int
    delivered: int
    failed: int  # tried, and not repaired yet

    @property
    def waiting(self) -> int:
        """Sent, and not tried yet."""
        return self.sent - self.delivered - self.failed


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an audit found: whether everything held, and over what."""

    findings: tuple[Finding, ...]
    tallies: tuple[Tally, ...]
    heads: dict[str, int]  # chain's name → block that it was read up to
    events: int

    @property
    def violations(self) -> tuple[Finding, ...]:
        """The invariants that do not hold."""
        return tuple(finding for finding in self.findings if finding.broken)

    @property
    def holds(self) -> bool:
        """Whether every invariant does."""
        return not self.violations


def judge(history: History) -> Verdict:
    """Decide all invariants over a history."""
    book = Book(history)
    return Verdict(
        findings=tuple(finding for _, check in CHECKS.values() for finding in check(book)),
        tallies=tuple(_tally(history, book)),
        heads={chain.name: chain.head for chain in book.chains},
        events=sum(len(chain.events) for chain in book.chains),
    )


def audit(deployment: Path | str | Mapping[str, Any], urls: Mapping[str, str] | None = None) -> Verdict:
    """Read all chains from the start and decide all invariants.

    `deployment` is a deployment.json, or its content; `urls` replaces RPC URLs by the chain's name. Raises
    BadDeployment, EndpointError, Unreadable or ChainMoved if the chains can't be read: then nothing is decided.
    """
    return judge(read_history(load_sites(deployment, urls)))


def _tally(history: History, book: Book) -> Iterator[Tally]:
    for each in book.lanes:
        states: dict[int, int] = {}
        for attempt in each.destination.of(Attempt, each.lane.off_ramp):
            states[attempt.number] = attempt.state
        final = list(states.values())
        names = f"{each.source.name}→{each.destination.name}"
        sent = sum(1 for _ in each.source.of(Sent, each.lane.on_ramp))
        yield Tally(names, sent, final.count(SUCCESS), final.count(FAILURE))
