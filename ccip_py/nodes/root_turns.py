"""Whose messages are held in memory in this cycle, when there are more open roots than there is room for.

Most places go to the oldest roots with work to do. What they wait for may never come (a fee that is too low, tokens that
no pool releases, a failure that only people can mend), and whoever caused it may have wanted just that. So the other
places go round: every root has its turn after at most as many cycles as it takes to go through all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ccip_py.protocol.ids import Root, SeqNr
from ccip_py.protocol.report import Interval

from .root_book import OpenRoot

ROOTS_AT_ONCE = 64  # of at most 256 messages each
IN_TURN = 16  # of these, whatever speaks for others


@dataclass(slots=True)
class Turns:
    """What one executor remembers of who was there when. Pure, and lost with the process."""

    asleep: Collection[SeqNr] = frozenset()  # set aside: nothing to do under a root of only those
    _cycle: int = 0
    _last: dict[Root, int] = field(default_factory=dict)  # the cycle a root was chosen in

    def next_cycle(self, asleep: Collection[SeqNr]) -> None:
        """The next roots have their turn. Within a cycle the choice stays: what was simulated is looked at again."""
        self.asleep = asleep
        self._cycle += 1

    def choose(self, roots: Sequence[OpenRoot]) -> list[OpenRoot]:
        """At most `ROOTS_AT_ONCE` of them."""
        oldest = sorted(roots, key=self._by_work)
        first, others = oldest[: ROOTS_AT_ONCE - IN_TURN], oldest[ROOTS_AT_ONCE - IN_TURN :]
        chosen = [*first, *sorted(others, key=self._by_turn)[:IN_TURN]]
        known = {each.root: self._last[each.root] for each in roots if each.root in self._last}
        self._last = known | {each.root: self._cycle for each in chosen}
        return chosen

    def _by_work(self, each: OpenRoot) -> tuple[int, Interval]:
        return self._work(each), each.interval

    def _by_turn(self, each: OpenRoot) -> tuple[bool, bool, int, Interval]:
        last = self._last.get(each.root, -1)
        return last != self._cycle, self._work(each) == 2, last, each.interval

    def _work(self, each: OpenRoot) -> int:
        """0: there is something to execute. 1: there is something to try again. 2: there is nothing to do now."""
        numbers = range(each.interval.first, each.interval.last + 1)
        if any(number not in each.states and number not in self.asleep for number in numbers):
            return 0
        return 1 if any(number not in self.asleep for number in each.token_failures) else 2
