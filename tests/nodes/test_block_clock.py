"""Looks are left out between blocks and come when one is due, whatever rhythm a chain keeps."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from ccip_py.nodes.block_clock import LONGEST, SOON, BlockClock

PAUSE = 0.35


def watch(arrivals: list[float], until: float) -> list[tuple[float, int]]:
    """The looks at a chain whose block number n arrives at `arrivals[n]`: when, and the newest block then."""
    clock, now, looks = BlockClock(), 0.0, []
    while now < until:
        newest = sum(arrived <= now for arrived in arrivals) - 1
        looks.append((now, newest))
        clock = clock.after(newest, now)
        now += clock.wait(now, PAUSE)
    return looks


def delays(arrivals: list[float], looks: list[tuple[float, int]]) -> list[float]:
    """How late each block was noticed."""
    return [
        next(at for at, newest in looks if newest >= number) - arrived
        for number, arrived in enumerate(arrivals)
        if arrived <= looks[-1][0]
    ]


@pytest.mark.parametrize("period", [0.5, 1.0, 2.0, 12.0])
def test_a_regular_chain_is_looked_at_in_time_and_seldom(period: float) -> None:
    arrivals = [0.123 + period * number for number in range(60)]
    looks = watch(arrivals, 60 * period)

    settled = delays(arrivals, looks)[40:]
    assert max(settled) <= 2 * SOON
    assert sum(at > 40 * period for at, _ in looks) <= 20 * (period / LONGEST + 4)


@pytest.mark.parametrize("seed", range(20))
def test_blocks_that_jitter_are_noticed_about_as_late_as_they_jitter(seed: int) -> None:
    chance, jitter = random.Random(seed), 0.4
    arrivals = [number + chance.uniform(0.0, jitter) for number in range(80)]

    assert max(delays(arrivals, watch(arrivals, 80.0))[10:]) <= jitter + 0.1


@pytest.mark.parametrize(
    "arrivals",
    [lambda n: 0.05 * n, lambda n: 0.0, lambda n: 7.0 * (n // 9)],
    ids=["faster than the pause", "stands still", "bursts"],
)
def test_without_a_rhythm_there_is_a_look_at_least_every_second(arrivals: Callable[[int], float]) -> None:
    looks = watch([arrivals(number) for number in range(400)], 40.0)

    assert max(b - a for (a, _), (b, _) in pairwise(looks)) <= LONGEST
    assert len(looks) <= 40.0 / SOON


def test_a_chain_that_is_mined_by_hand_is_looked_at_every_pause() -> None:
    chance = random.Random(1)
    arrivals = [0.0]
    while len(arrivals) < 30:
        arrivals.append(arrivals[-1] + chance.choice([0.5, 2.0, 9.0]))

    looks = watch(arrivals, 60.0)
    assert sum(late <= PAUSE for late in delays(arrivals, looks)) >= 0.8 * len(delays(arrivals, looks))


def test_a_chain_that_went_back_is_followed_on() -> None:
    clock = BlockClock()
    for number, now in [(10, 0.0), (11, 1.0), (12, 2.0), (9, 2.2), (10, 3.0), (11, 4.0)]:
        clock = clock.after(number, now)

    assert clock.number == 11
    assert 0.0 < clock.wait(4.0, PAUSE) <= LONGEST
