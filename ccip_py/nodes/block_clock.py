"""When to look for a chain's next block: a little before it is due, then again and again until it is there.

A look too many costs an exchange; a block that is noticed late costs every message under way the same time. Chains have a
rhythm, so most looks between two blocks can be left out, and the one that counts can come in time. Pure: times come in,
in seconds of the node's own clock. Where a chain keeps no rhythm, or a faster one than `pause`, it is looked at every
`pause` seconds, as if nothing were known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

LEAD: Final = (
    0.03  # seconds before a block is due: the look that finds nothing tells that the next is in time
)
SOON: Final = 0.04  # from then on between two looks; more, the later the block is
LONGEST: Final = 1.0  # never without a look for longer: blocks may come early, and chains may be reorganised
_EARLIER: Final = 0.1  # what was there at the first look came before it, by an unknown time
_WEIGHT: Final = 8  # blocks over which the period is averaged


@dataclass(frozen=True, slots=True)
class BlockClock:
    """What is known of one chain's rhythm."""

    number: int = -1  # of the newest block seen
    arrived: float = float("-inf")  # when, as far as looks before and after it tell
    looked: float = float("-inf")  # when it was last not there
    missed: bool = False  # whether a look since the newest block found nothing newer
    period: float = 0.0  # 0: unknown
    steady: bool = False  # whether the newest block came about when it was due

    def after(self, number: int, now: float) -> BlockClock:
        """What is known after a look at `now` that found this block to be the newest."""
        if number <= self.number:
            return replace(self, number=number, looked=now, missed=True)
        arrived = (self.looked + now) / 2 if self.missed else now - min(_EARLIER, self.period / 2)
        if self.number < 0:
            return BlockClock(number, arrived, now)
        measured = max(0.0, arrived - self.arrived) / (number - self.number)
        steady = abs(measured - self.period) <= self.period / 2
        period = self.period + (measured - self.period) / _WEIGHT if steady else measured
        return BlockClock(number, arrived, now, False, period, steady)

    def wait(self, now: float, pause: float) -> float:
        """Seconds until the next look."""
        if not self.steady or self.period <= pause:
            return pause
        due = self.arrived + self.period - LEAD
        if now < due:
            return min(due - now, LONGEST)
        return min(max(SOON, (now - due) / 2), pause)
