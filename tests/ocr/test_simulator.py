"""Committees under faults: what must hold always, and that everything is finished once the faults stop.

pytest tests/ocr/test_simulator.py                      some hundred histories, of 4 and of 7
pytest tests/ocr/test_simulator.py -m deep              1,000 with real signatures, 1,000 with changes of members
CCIP_SIM_SEED=17 pytest tests/ocr/test_simulator.py     that one, of every kind
CCIP_SIM_DEEP=10000 pytest tests/ocr/test_simulator.py  so many of 4 with toy keys, and a share of the others
"""

from __future__ import annotations

import os
from dataclasses import replace
from statistics import median

import pytest

from .sim.byzantine import Fault
from .sim.checks import Violation
from .sim.history import TIMING, Committee, Told, run
from .sim.keys import real_keys, real_recover
from .sim.rotation import Rotation

SEED = os.environ.get("CCIP_SIM_SEED")
DEEP = int(os.environ.get("CCIP_SIM_DEEP", "0"))
REAL = Committee(4, real_keys, real_recover)


def seeds(usual: int, share: int = 1) -> range:
    """One if it is asked for; many if it may take long; otherwise some."""
    if SEED is not None:
        return range(int(SEED), int(SEED) + 1)
    return range(DEEP // share or usual)


def test_committees_of_4_keep_their_promises() -> None:
    told = [run(seed) for seed in seeds(150)]

    if SEED is None:
        assert_faults_were_real(told)


def test_committees_of_7_keep_their_promises() -> None:
    for seed in seeds(12, share=5):
        run(seed, Committee(7))


def test_committees_whose_members_change_midway_keep_their_promises() -> None:
    told = [run(seed, kind=Rotation) for seed in seeds(30, share=5)]

    if SEED is None:
        assert median(one.attested for one in told) >= 2
        assert median(one.attested_after for one in told) >= 2
        assert median(one.faults for one in told) >= 5


def test_committees_with_real_signatures_keep_their_promises() -> None:
    for seed in seeds(6, share=10):
        run(seed, REAL)


@pytest.mark.deep
@pytest.mark.parametrize("block", range(10))
def test_a_thousand_histories_with_real_signatures(block: int) -> None:
    assert_faults_were_real([run(seed, REAL) for seed in range(2_000 + 100 * block, 2_100 + 100 * block)])


@pytest.mark.deep
@pytest.mark.parametrize("block", range(10))
def test_a_thousand_histories_whose_members_change(block: int) -> None:
    for seed in range(2_000 + 100 * block, 2_100 + 100 * block):
        run(seed, Committee(7) if seed % 10 == 0 else Committee(), kind=Rotation)


@pytest.mark.parametrize("fault", Fault)
def test_each_kind_of_fault_is_survived(fault: Fault) -> None:
    for seed in range(1000, 1003):
        run(seed, Committee(4, kinds=(fault,)))


def test_I9_members_that_are_silent_and_members_that_are_slow_do_not_stop_the_others() -> None:
    for seed in range(3):
        run(seed, Committee(7, kinds=(Fault.SILENT, Fault.SLOW)))


def test_a_starved_committee_takes_its_time_and_goes_on() -> None:
    """Every message takes as long as a round may at first. Without longer rounds nothing is ever signed."""
    starved = Committee(4, delays=(1.0, 2.0))
    for seed in seeds(6, share=10):
        run(seed, starved)

    with pytest.raises(Violation, match="liveness: 0 of"):
        run(0, replace(starved, timing=replace(TIMING, doublings=0)))


def test_a_seed_tells_its_whole_history() -> None:
    first, second = run(5), run(5)

    assert first == second


def assert_faults_were_real(told: list[Told]) -> None:
    """A quiet history proves little."""
    assert median(one.messages for one in told) >= 50
    assert median(len(one.rounds) for one in told) >= 10
    assert median(one.faults for one in told) >= 5
    assert {kind for one in told for kind in one.kinds} == set(Fault)
