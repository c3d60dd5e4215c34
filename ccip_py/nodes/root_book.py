"""Which committed roots have something left to do: folded out of the destination's events, in order.

Pure. A book covers the chain up to a block; the executor keeps one up to the finalized block, and each cycle folds
the newer events onto a copy, so a reorganisation needs no undoing. A root leaves the book once every message under
it was attempted (a failed receiver is for people; a failed token step keeps it open), so the book's size follows
the backlog, not the history.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ccip_py.chains.evm.decode import Attempted, Committed, Removed
from ccip_py.protocol.ids import Root, SeqNr
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.message import ExecutionState
from ccip_py.protocol.report import Interval

RECEIVER_ERROR = keccak(b"ReceiverError(bytes)")[:4]

RootEvent = Committed | Removed | Attempted


@dataclass(frozen=True, slots=True)
class OpenRoot:
    """A committed root and what became of the messages under it so far."""

    root: Root
    interval: Interval
    states: Mapping[SeqNr, ExecutionState] = field(default_factory=dict)
    token_failures: frozenset[SeqNr] = frozenset()  # FAILURE, and worth another try: no receiver was to blame

    @property
    def finished(self) -> bool:
        return len(self.states) == len(self.interval) and not self.token_failures


@dataclass(frozen=True, slots=True)
class RootBook:
    """The open roots as of the block before `next_block`."""

    next_block: int
    roots: tuple[OpenRoot, ...] = ()

    def first_needed(self) -> SeqNr | None:
        """The lowest message that is still needed: a tree wants all leaves of its interval."""
        return min((each.interval.first for each in self.roots), default=None)


def fold(book: RootBook, events: Iterable[RootEvent], next_block: int) -> RootBook:
    """The book after these events, which are in blocks from `book.next_block` to before `next_block`."""
    roots = {each.root: each for each in book.roots}
    for event in sorted(events, key=lambda each: (each.place.block_number, each.place.log_index)):
        match event:
            case Committed(report) if report.has_root:
                roots[report.root] = OpenRoot(report.root, report.interval)
            case Removed(root):
                roots.pop(root, None)
            case Attempted():
                _attempt(roots, event)
    return RootBook(next_block, tuple(roots.values()))


def open_at_end(book: RootBook) -> RootBook:
    """The book without the roots that are finished. Only for final blocks: a newer one may be taken back."""
    return replace(book, roots=tuple(each for each in book.roots if not each.finished))


def _attempt(roots: dict[Root, OpenRoot], event: Attempted) -> None:
    seq_nr, state = event.outcome.seq_nr, event.outcome.state
    for each in roots.values():
        if seq_nr in each.interval:
            retry = state is ExecutionState.FAILURE and event.outcome.return_data[:4] != RECEIVER_ERROR
            failures = each.token_failures | {seq_nr} if retry else each.token_failures - {seq_nr}
            roots[each.root] = replace(each, states={**each.states, seq_nr: state}, token_failures=failures)
            return


# In the cache


def dump_book(book: RootBook) -> str:
    """JSON that `load_book` reads back."""
    roots = [
        {
            "root": each.root.hex(),
            "interval": [each.interval.first, each.interval.last],
            "states": {str(seq_nr): int(state) for seq_nr, state in each.states.items()},
            "token_failures": sorted(each.token_failures),
        }
        for each in book.roots
    ]
    return json.dumps({"next_block": book.next_block, "roots": roots})


def load_book(text: str) -> RootBook:
    """The book that `dump_book` wrote."""
    raw = json.loads(text)
    roots = [
        OpenRoot(
            Root(bytes.fromhex(each["root"])),
            Interval(*(SeqNr(number) for number in each["interval"])),
            {SeqNr(int(seq_nr)): ExecutionState(state) for seq_nr, state in each["states"].items()},
            frozenset(SeqNr(seq_nr) for seq_nr in each["token_failures"]),
        )
        for each in raw["roots"]
    ]
    return RootBook(raw["next_block"], tuple(roots))
