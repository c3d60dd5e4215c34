"""Byzantine by table: what a faulty member, or nobody's member, may say × what must still hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import pytest

from ccip_py.ocr.attest import ReportSignature, attest, digest_of, is_attested
from ccip_py.ocr.messages import Kind, Message, Slot, Vote, encode_proposal, encode_vote, message_digest, seal
from ccip_py.ocr.misbehaviour import Fault, Misbehaviour, Proof, is_proof
from ccip_py.ocr.state import VOTES_KEPT, Attested, Rejected, Sign
from ccip_py.protocol.keccak import keccak

from .board import Board, a_config
from .sim.keys import toy_recover
from .tiny import Reading

ALL = [Reading(100)] * 4
SLOT = Slot(1, 1)
REPORT = (100).to_bytes(8, "big")


def quiet_board() -> Board:
    """In epoch 1, where only the test speaks: leaders' questions do not arrive."""
    board = Board()
    board.hears = lambda sender, to, kind: kind is Kind.WISH
    return board.start(*ALL)


def a_proposal(board: Board, *values: int, slot: Slot = SLOT) -> Message:
    observations = tuple(board.observation(i, slot, value) for i, value in enumerate(values))
    return Message(Kind.PROPOSAL, slot, encode_proposal(observations))


def a_vote(board: Board, voter: int, report: bytes = REPORT, slot: Slot = SLOT, value: int = 100) -> Message:
    proposal_hash = keccak(a_proposal(board, value, value, value, slot=slot).payload)
    leader = board.config.leader(slot.epoch)
    header = message_digest(board.config, leader, Kind.PROPOSAL, slot, proposal_hash)
    signature = board.keys[voter].sign(digest_of(board.config, slot, report))
    vote = Vote(signature, proposal_hash, board.keys[leader].sign(header), report)
    return Message(Kind.SIGNATURE, slot, encode_vote(vote))


def test_a_good_proposal_is_signed() -> None:
    """The control: what follows fails for its own reason only."""
    board = quiet_board()
    board.tell(board.follower(), board.leader, a_proposal(board, 100, 100, 100))

    assert [effect.report for effect in board.of(Sign, board.follower())] == [REPORT]


def too_few(board: Board) -> Message:
    return a_proposal(board, 100, 100)


def one_forged(board: Board) -> Message:
    good = [board.observation(i, SLOT, 100) for i in range(3)]
    forged = type(good[0])(good[0].observer, (200).to_bytes(8, "big"), good[0].signature)
    return Message(Kind.PROPOSAL, SLOT, encode_proposal((forged, *good[1:])))


def one_of_another_round(board: Board) -> Message:
    good = [board.observation(i, SLOT, 100) for i in range(2)]
    return Message(Kind.PROPOSAL, SLOT, encode_proposal((*good, board.observation(2, Slot(1, 9), 100))))


def one_of_no_member(board: Board) -> Message:
    good = [board.observation(i, SLOT, 100) for i in range(3)]
    stranger = type(good[0])(4, good[0].observation, good[0].signature)
    return Message(Kind.PROPOSAL, SLOT, encode_proposal((*good, stranger)))


def one_malformed(board: Board) -> Message:
    digest = message_digest(board.config, 2, Kind.OBSERVATION, SLOT, keccak(b"short"))
    bad = type(board.observation(2, SLOT, 1))(2, b"short", board.keys[2].sign(digest))
    return Message(
        Kind.PROPOSAL, SLOT, encode_proposal((*(board.observation(i, SLOT, 100) for i in range(2)), bad))
    )


def one_twice(board: Board) -> Message:
    part = encode_proposal((board.observation(1, SLOT, 100),))
    return Message(Kind.PROPOSAL, SLOT, part * 3)


@pytest.mark.parametrize(
    "proposal", [too_few, one_forged, one_of_another_round, one_of_no_member, one_malformed, one_twice]
)
def test_a_leader_who_proposes_garbage_is_not_followed_and_has_to_go(
    proposal: Callable[[Board], Message],
) -> None:
    board = quiet_board()
    for to in range(4):
        board.tell(to, board.config.leader(1), proposal(board))

    assert not board.of(Sign)
    assert {state.epoch for i, state in enumerate(board.states) if i != board.config.leader(1)} == {2}


def test_a_member_who_does_not_lead_may_not_ask_or_propose() -> None:
    board = quiet_board()
    impostor, to = board.follower(0), board.follower(1)
    board.tell(to, impostor, a_proposal(board, 100, 100, 100)).tell(to, impostor, Message(Kind.QUERY, SLOT))

    assert [effect.sender for effect in board.of(Rejected, to)] == [impostor, impostor]
    assert not board.of(Sign)
    assert {state.epoch for state in board.states} == {1}


def test_two_proposals_are_kept_as_proof_and_end_the_epoch() -> None:
    board = quiet_board()
    leader = board.config.leader(1)
    for to in range(4):
        board.tell(to, leader, a_proposal(board, 100, 100, 100))
        board.tell(to, leader, a_proposal(board, 101, 101, 101))

    proof = board.of(Misbehaviour, board.follower())[0].proof
    assert (proof.fault, proof.culprit, proof.slot) == (Fault.TWO_PROPOSALS, leader, SLOT)
    assert is_proof(board.config, proof, toy_recover)
    assert {state.epoch for i, state in enumerate(board.states) if i != leader} == {2}


def test_I1_two_proposals_to_different_members_are_noticed_by_their_votes() -> None:
    board = quiet_board()
    board.hears = lambda sender, to, kind: kind in (Kind.WISH, Kind.SIGNATURE)
    first, second = board.follower(0), board.follower(1)
    board.tell(first, board.leader, a_proposal(board, 100, 100, 100))
    board.tell(second, board.leader, a_proposal(board, 101, 101, 101))

    assert board.of(Misbehaviour, first)
    assert not board.of(Attested)


def test_L6_a_member_who_signs_two_reports_counts_once_and_leaves_a_proof() -> None:
    board = quiet_board()
    to, liar = board.follower(0), board.follower(1)
    board.tell(to, liar, a_vote(board, liar)).tell(to, liar, a_vote(board, liar, b"\0" * 7 + b"\x09"))

    proof = board.of(Misbehaviour, to)[0].proof
    assert (proof.fault, proof.culprit) == (Fault.TWO_REPORTS, liar)
    assert is_proof(board.config, proof, toy_recover)
    assert len(board.states[to].votes[liar]) == 1


def test_a_signer_counts_once_however_often_it_signs() -> None:
    board = quiet_board()
    to = board.follower(0)
    for _ in range(5):
        board.tell(to, board.follower(1), a_vote(board, board.follower(1)))
        board.tell(to, board.follower(2), a_vote(board, board.follower(2)))
    assert not board.of(Attested)

    board.tell(to, board.leader, a_vote(board, board.leader))

    assert len(board.of(Attested, to)) == 1


@pytest.mark.parametrize(
    "bend", ["another's signature", "another round's", "no proposal", "another config's"]
)
def test_a_vote_with_a_bad_signature_does_not_count(bend: str) -> None:
    board = quiet_board()
    to, liar = board.follower(0), board.follower(1)
    message = {
        "another's signature": lambda: a_vote(board, board.follower(2)),
        "another round's": lambda: Message(
            Kind.SIGNATURE, SLOT, a_vote(board, liar, slot=Slot(1, 2)).payload
        ),
        "no proposal": lambda: Message(
            Kind.SIGNATURE, SLOT, a_vote(board, liar).payload[:65] + bytes(97) + REPORT
        ),
        "another config's": lambda: a_vote(other_board(), liar),
    }[bend]()
    board.tell(to, liar, message)

    assert [effect.sender for effect in board.of(Rejected, to)] == [liar]
    assert not board.states[to].votes[liar]


def other_board() -> Board:
    return Board(a_config(digest=b"\x00\x01" + b"x" * 30))


def test_messages_of_another_configuration_are_nobodys() -> None:
    board = quiet_board()
    stale = a_config(digest=b"\x00\x01" + b"old" * 10)
    to = board.follower()
    before = board.states[to]
    for sender in range(4):
        board.tell(to, sender, Message(Kind.WISH, Slot(77, 0)), stale)
    board.tell(to, board.leader, a_proposal(board, 100, 100, 100), stale)

    assert [effect.sender for effect in board.of(Rejected, to)] == [None] * 5
    assert board.states[to] == before


def test_replays_change_nothing() -> None:
    """Everything a member ever heard, again, in any order."""
    board = Board().start(*ALL).wait(0.5)
    to = board.follower()
    heard = [
        seal(board.config, sender, effect.message, board.keys[sender].sign)
        for sender in range(4)
        for effect in board.effects[sender]
        if hasattr(effect, "message")
    ]
    before, done = board.states[to], len(board.effects[to])
    for raw in heard[::-1] + heard:
        board.hand(to, raw)

    after = board.states[to]
    assert not [effect for effect in board.effects[to][done:] if not isinstance(effect, Rejected)]
    assert all(
        getattr(after, field.name) == getattr(before, field.name)
        for field in fields(after)
        if field.name != "now"
    )


def test_I7_floods_do_not_grow_a_node() -> None:
    board = quiet_board()
    to, liar = board.follower(0), board.follower(1)
    for number in range(1, 60):
        board.tell(to, liar, a_vote(board, liar, slot=Slot(50, number)))
        board.tell(to, board.config.leader(number), Message(Kind.QUERY, Slot(1 + number, 1)))

    assert len(board.states[to].votes[liar]) == VOTES_KEPT
    assert len(board.states[to].held) == 4


def test_I7_junk_is_dropped_unread() -> None:
    board = quiet_board()
    to = board.follower()
    before = board.states[to]
    for junk in (b"", b"\x01", bytes(73), b"\x01" * 500, bytes(10**6)):
        board.hand(to, junk)

    assert len(board.of(Rejected, to)) == 5
    assert board.states[to] == before


def test_a_proof_needs_two_different_statements_that_the_culprit_signed() -> None:
    board = quiet_board()
    for message in (a_proposal(board, 100, 100, 100), a_proposal(board, 101, 101, 101)):
        board.tell(board.follower(), board.config.leader(1), message)
    proof = board.of(Misbehaviour)[0].proof
    wrong = [
        Proof(proof.fault, proof.culprit, proof.slot, proof.first, proof.first),
        Proof(proof.fault, (proof.culprit + 1) % 4, proof.slot, proof.first, proof.second),
        Proof(proof.fault, proof.culprit, Slot(1, 2), proof.first, proof.second),
        Proof(Fault.TWO_REPORTS, proof.culprit, proof.slot, proof.first, proof.second),
        Proof(proof.fault, 9, proof.slot, proof.first, proof.second),
    ]

    assert not any(is_proof(board.config, one, toy_recover) for one in wrong)


def test_attested_reports_can_be_checked_by_anybody() -> None:
    board = Board().start(*ALL).wait(0.5)
    good = board.of(Attested)[0].attested
    twice = type(good)(good.slot, good.report, (good.signatures[0], *good.signatures[:2]))
    moved = type(good)(Slot(1, 2), good.report, good.signatures)
    stranger = type(good)(good.slot, good.report, (*good.signatures[:2], ReportSignature(9, bytes(65))))

    assert is_attested(board.config, good, toy_recover)
    assert not any(is_attested(board.config, bad, toy_recover) for bad in (twice, moved, stranger))


def test_a_quorum_is_distinct_members() -> None:
    vote = ReportSignature(1, bytes(65))

    assert attest(a_config(), SLOT, REPORT, [vote, vote, vote]) is None


def test_a_sender_must_sign_its_own_messages() -> None:
    board = quiet_board()
    to = board.follower()
    raw = seal(board.config, board.leader, Message(Kind.QUERY, SLOT), board.keys[to].sign)
    board.hand(to, raw)

    assert board.states[to].round.number == 0
