"""Committees under faults: what must hold always, and that everything is finished once the faults stop.

pytest tests/ocr/test_simulator.py                      some histories of 4 and of 7
CCIP_SIM_SEED=17 pytest tests/ocr/test_simulator.py     that one, for both sizes
CCIP_SIM_DEEP=10000 pytest tests/ocr/test_simulator.py  so many of 4, a fifth as many of 7, a tenth with real keys
"""

from __future__ import annotations

import os
from statistics import median

import pytest

from .sim.byzantine import Fault
from .sim.history import Committee, Told, run
from .sim.keys import real_keys, real_recover

SEED = os.environ.get("CCIP_SIM_SEED")
DEEP = int(os.environ.get("CCIP_SIM_DEEP", "0"))
REAL = Committee(4, real_keys, real_recover)


def seeds(usual: int, share: int = 1) -> range:
    """One if it is asked for; many if it may take long; otherwise some."""
    if SEED is not None:
        return range(int(SEED), int(SEED) + 1)
    return range(DEEP // share or usual)


def test_committees_of_4_keep_their_promises() -> None:
    told = [run(seed) for seed in seeds(120)]

    if SEED is None:
        assert_faults_were_real(told)


def test_committees_of_7_keep_their_promises() -> None:
    for seed in seeds(8, share=5):
        run(seed, Committee(7))


def test_committees_with_real_signatures_keep_their_promises() -> None:
    for seed in seeds(2, share=10):
        run(seed, REAL)


@pytest.mark.parametrize("fault", Fault)
def test_each_kind_of_fault_is_survived(fault: Fault) -> None:
    for seed in range(1000, 1003):
        run(seed, Committee(4, kinds=(fault,)))


def test_I9_members_that_are_silent_and_members_that_are_slow_do_not_stop_the_others() -> None:
    for seed in range(3):
        run(seed, Committee(7, kinds=(Fault.SILENT, Fault.SLOW)))


def test_a_seed_tells_its_whole_history() -> None:
    first, second = run(5), run(5)

    assert first == second


def assert_faults_were_real(told: list[Told]) -> None:
    """A quiet history proves little."""
    assert median(one.messages for one in told) >= 50
    assert median(len(one.rounds) for one in told) >= 10
    assert median(one.faults for one in told) >= 5
    assert {kind for one in told for kind in one.kinds} == set(Fault)
