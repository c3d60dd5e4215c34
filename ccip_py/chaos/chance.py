"""What the seed of a soak decides: which kind of fault comes when in the sequence, whom it strikes, how hard, for how
long, and how long the pause after it is.

Each fault has dice of its own, so neither the ticks of traffic in between, which depend on the machine, nor a fault that
could not be staged change those that follow. How many faults an hour holds, and at which block each strikes, no seed decides.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from ccip_py.chaos.nemesis import DEEP, FAULTS
from ccip_py.chaos.report import Plan

SHORTEST_FAULT_S, SHORTEST_PAUSE_S = 2.0, 0.5


@dataclass(frozen=True, slots=True)
class Turn:
    """One fault to come."""

    kind: str
    lasts_s: float
    pause_s: float  # after it
    dice: random.Random  # for whom it strikes, and how


def turns(plan: Plan) -> Iterator[Turn]:
    """The faults of a run, without end."""
    for position, kind in enumerate(_kinds(dice_for(plan, "kinds"), plan)):
        dice = dice_for(plan, f"fault {position}")
        lasts = dice.uniform(SHORTEST_FAULT_S, plan.longest_fault_s)
        yield Turn(kind, lasts, dice.uniform(SHORTEST_PAUSE_S, plan.longest_pause_s), dice)


def dice_for(plan: Plan, concern: str) -> random.Random:
    """Dice that nothing else rolls."""
    return random.Random(f"{plan.seed}: {concern}")


def _kinds(dice: random.Random, plan: Plan) -> Iterator[str]:
    """Kinds of fault, all of them once before any comes again. After a deep reorg everybody reads that chain's whole
    history anew, so that one comes in some turns only."""
    for turn in itertools.count():
        deep = plan.deep_every and turn % plan.deep_every == 0
        kinds = plan.only or [kind for kind in FAULTS if deep or kind != DEEP]
        yield from dice.sample(kinds, len(kinds))
