"""What a seed decides."""

import random
from collections.abc import Iterable
from itertools import islice

from ccip_py.chaos.chance import Turn, dice_for, turns
from ccip_py.chaos.nemesis import DEEP, FAULTS
from ccip_py.chaos.report import Plan

Told = tuple[str, float, float, float]


def _told(found: Iterable[Turn], extra: random.Random) -> list[Told]:
    """What each turn is and draws first; then some more is drawn, as much as `extra` says."""
    told: list[Told] = []
    for turn in found:
        told.append((turn.kind, turn.lasts_s, turn.pause_s, turn.dice.random()))
        for _ in range(extra.randrange(5)):
            turn.dice.random()
    return told


def test_a_seed_gives_the_same_faults_whatever_else_is_drawn_meanwhile() -> None:
    one, other = (_told(islice(turns(Plan(seed=7)), 100), random.Random(extra)) for extra in (1, 2))
    assert one == other
    assert one != _told(islice(turns(Plan(seed=8)), 100), random.Random(1))


def test_a_seed_gives_every_concern_dice_of_its_own() -> None:
    plan = Plan(seed=7)
    assert dice_for(plan, "lanes").random() == dice_for(plan, "lanes").random()
    assert dice_for(plan, "lanes").random() != dice_for(plan, "kinds").random()


def test_all_kinds_come_once_before_any_comes_again_and_the_deep_one_in_some_turns_only() -> None:
    kinds = [turn.kind for turn in islice(turns(Plan(deep_every=2)), 2 * len(FAULTS) - 1)]
    assert sorted(kinds[: len(FAULTS)]) == sorted(FAULTS)
    assert sorted(kinds[len(FAULTS) :]) == sorted(set(FAULTS) - {DEEP})
