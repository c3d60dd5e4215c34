"""The engine serves any subject: here, agreeing on a number, without one changed line in `ccip_py.ocr`."""

from __future__ import annotations

import ast
from pathlib import Path

import ccip_py.ocr
from ccip_py.ocr.attest import is_attested
from ccip_py.ocr.state import Attested, Sign, Transmit

from .board import Board
from .sim.keys import toy_recover
from .tiny import Reading


def test_a_committee_agrees_on_the_median() -> None:
    board = Board().start(Reading(100), Reading(102), Reading(104), Reading(106)).wait(1)

    attested = board.of(Attested, 0)[0].attested
    assert int.from_bytes(attested.report, "big") in (102, 104)
    assert is_attested(board.config, attested, toy_recover)


def test_a_liar_moves_the_median_only_between_honest_values() -> None:
    board = Board().start(Reading(100), Reading(102), Reading(104), Reading(2**60)).wait(1)

    assert 100 <= int.from_bytes(board.of(Attested, 0)[0].attested.report, "big") <= 104


def test_every_member_learns_of_the_quorum_and_one_transmits_first() -> None:
    board = Board().start(*[Reading(100)] * 4).wait(0.5)

    assert all(len(board.of(Attested, i)) == 1 for i in range(4))
    assert len(board.of(Transmit)) == 1


def test_nothing_new_is_published_twice() -> None:
    board = Board().start(*[Reading(100, published=100)] * 4).wait(10)

    assert not board.of(Sign)
    assert {state.epoch for state in board.states} == {1}


def test_the_engine_imports_no_subject() -> None:
    for path in Path(ccip_py.ocr.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                name = "." * node.level + (node.module or "")
                assert not name.startswith(("..commit", "..execute", "..nodes", "..chains", "ccip_py")), (
                    path.name
                )
