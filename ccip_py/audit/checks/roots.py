"""What is executed was committed, and what is committed was sent: S4, S7, S8."""

from __future__ import annotations

from collections.abc import Iterator

from ccip_py.audit.checks.ledger import Book, LaneLedger, broken, worth_knowing
from ccip_py.audit.events import Committed, RootRemoved
from ccip_py.audit.history import Finding


def executed_is_committed(book: Book) -> Iterator[Finding]:
    """S4: at each attempt, the message was a leaf of a root that stood."""
    for lane in book.lanes:
        for attempt in lane.attempts:
            root = lane.root_of(attempt.number, attempt.at.order)
            sent = lane.sends.get(attempt.number)
            if root is None:
                what = f"message {attempt.number} of {lane.name} was executed without a root"
                yield broken("S4", lane.destination, what, attempt)
            elif sent is None or lane.leaf(sent) != attempt.id or not lane.is_true(root):
                what = f"message {attempt.number} of {lane.name} is no leaf of the root that covers it"
                yield broken("S4", lane.destination, what, root.committed, attempt)


def contiguous(book: Book) -> Iterator[Finding]:
    """S7: committed intervals follow one another from 1, over the roots that were not removed."""
    for lane in book.lanes:
        yield from _contiguous(lane)


def _contiguous(lane: LaneLedger) -> Iterator[Finding]:
    expected = 1
    standing: list[Committed] = []
    for event in lane.destination.events:
        if event.at.by != lane.lane.commit_store:
            continue
        if isinstance(event, Committed):
            if event.first != expected or event.last < event.first:
                what = f"{lane.name}: [{event.first}, {event.last}] was committed where {expected} was next"
                yield broken("S7", lane.destination, what, event)
            if not any(event.root) or any(event.root == other.root for other in standing):
                what = f"{lane.name}: root 0x{event.root.hex()} is zero, or was committed before"
                yield broken("S7", lane.destination, what, event)
            standing.append(event)
            expected = event.last + 1
        elif isinstance(event, RootRemoved):
            yield from _removed_well(lane, standing, event)
            if standing:
                expected = standing.pop().first
    stated = lane.destination.state.expected_next.get(lane.lane.commit_store)
    if stated is not None and stated != expected:
        what = f"{lane.name}: the CommitStore expects {stated} next, its events end before {expected}"
        yield broken("S7", lane.destination, what, *standing[-1:])


def _removed_well(lane: LaneLedger, standing: list[Committed], removal: RootRemoved) -> Iterator[Finding]:
    if not standing or standing[-1].root != removal.root:
        yield broken(
            "S7", lane.destination, f"{lane.name}: a root was removed that was not the newest", removal
        )
        return
    epoch = lane.epoch_at(removal.at.order)
    for blessed in lane.blessings(standing[-1]):
        if blessed.at.order < removal.at.order and blessed.epoch == epoch:
            yield broken("S7", lane.destination, f"{lane.name}: a blessed root was removed", blessed, removal)


def true_roots(book: Book) -> Iterator[Finding]:
    """S8: a root is the root of the final messages of its interval.

    A false one that was never blessed and has been removed did no harm; it is told, because more than f committers
    must have signed it. An invariant it breaks for as long as it stands, or once it was blessed.
    """
    for lane in book.lanes:
        for root in lane.roots:
            if lane.is_true(root):
                continue
            shown = [root.committed, *lane.blessings(root.committed)]
            first, last = root.committed.first, root.committed.last
            what = f"{lane.name}: root 0x{root.committed.root.hex()} is not that of the messages {first} to {last}"
            if root.removed is None or len(shown) > 1:
                yield broken("S8", lane.destination, what, *shown)
            else:
                what += "; it was never blessed, and was removed"
                yield worth_knowing("S8", lane.destination, what, *shown, root.removed)
