"""The table of stages: the legal moves, the forbidden ones, and a proof for each stage."""

from __future__ import annotations

from itertools import product

import pytest

from ccip_py.protocol.codec import evm
from ccip_py.protocol.journey import EVIDENCE, MOVES, Stage, is_over, may_follow
from ccip_py.protocol.keccak import keccak

LEGAL = {
    ("sent", "committed"),
    ("committed", "blessed"),
    ("committed", "sent"),
    ("blessed", "executed"),
    ("blessed", "failed"),
    ("blessed", "committed"),
    ("failed", "executed"),
}


@pytest.mark.parametrize(("now", "then"), list(product(Stage, Stage)))
def test_exactly_the_legal_moves_are_legal(now: Stage, then: Stage) -> None:
    assert may_follow(now, then) == ((now, then) in LEGAL)


def test_every_stage_has_its_moves_and_its_evidence() -> None:
    assert set(MOVES) == set(EVIDENCE) == set(Stage)


def test_only_execution_is_the_end() -> None:
    assert [stage for stage in Stage if is_over(stage)] == [Stage.EXECUTED]


@pytest.mark.parametrize("start", Stage)
def test_from_every_stage_execution_can_be_reached(start: Stage) -> None:
    reached, edge = {start}, [start]
    while edge:
        new = MOVES[edge.pop()] - reached
        reached |= new
        edge += new

    assert Stage.EXECUTED in reached


def test_without_a_blessing_nothing_executes_or_fails() -> None:
    before = {now for now in Stage for then in (Stage.EXECUTED, Stage.FAILED) if may_follow(now, then)}

    assert before == {Stage.BLESSED, Stage.FAILED}


def test_the_events_of_the_evidence_can_be_read() -> None:
    topics = {
        "CCIPSendRequested": evm.CCIP_SEND_REQUESTED,
        "ReportAccepted": evm.REPORT_ACCEPTED,
        "RootBlessed": evm.ROOT_BLESSED,
        "ExecutionStateChanged": evm.EXECUTION_STATE_CHANGED,
    }

    assert {evidence.event for evidence in EVIDENCE.values()} == set(topics)
    assert keccak(b"RootBlessed(bytes32,address,bytes32,uint64,uint64,uint64)") == topics["RootBlessed"]
