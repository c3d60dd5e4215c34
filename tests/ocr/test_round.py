"""One round, rule by rule.

given a committee on a perfect network
  when all is well                       it attests once per round, in the order ask, observe, propose, sign
  when a node's view differs             it does not sign until a view of its own bears the report out
  when it fell and came back             it never signs another report for a round it signed in
  when a report is in flight             nothing else is signed until it lands or is given up
"""

from __future__ import annotations

from ccip_py.ocr.messages import Kind, Message, Slot, encode_proposal
from ccip_py.ocr.state import Attested, Broadcast, Durable, SendTo, Sign, Transmit
from ccip_py.protocol.keccak import keccak

from .board import Board
from .tiny import Reading

ALL = [Reading(100)] * 4


def test_asks_observes_proposes_and_signs() -> None:
    board = Board().start(*ALL).wait(0.5)

    said = [effect.message.kind for effect in board.of(Broadcast, board.leader)]
    assert [kind for kind in said if kind is not Kind.WISH] == [Kind.QUERY, Kind.PROPOSAL, Kind.SIGNATURE]
    assert len(board.of(Sign)) == 4
    assert {effect.attested.slot for effect in board.of(Attested)} == {Slot(1, 1)}


def test_the_report_has_2f_plus_1_signatures_of_distinct_members() -> None:
    attested = Board().start(*ALL).wait(0.5).of(Attested)[0].attested

    assert len({one.signer for one in attested.signatures}) == len(attested.signatures) == 3


def test_a_node_without_a_view_abstains_and_the_others_go_on() -> None:
    board = Board().start(Reading(100), Reading(100), Reading(100)).wait(1)

    assert not board.of(SendTo, 3)
    assert board.of(Attested, 3)


def test_I2_a_node_signs_only_what_its_own_view_bears_out() -> None:
    board = Board().start(Reading(100), Reading(100), Reading(100), Reading(90_000)).wait(1)

    assert not board.of(Sign, 3)
    assert board.of(Attested, 0)


def test_a_node_signs_as_soon_as_a_fresh_view_bears_the_report_out() -> None:
    board = Board().start(Reading(100), Reading(100), Reading(90_000), Reading(90_000)).wait(0.3)
    assert not board.of(Attested)

    for i in range(4):
        board.see(i, Reading(100, near=10**6))

    assert {effect.attested.slot for effect in board.of(Attested)} == {Slot(1, 1)}


def test_a_round_that_gets_nowhere_is_followed_by_the_next() -> None:
    board = Board()
    board.hears = lambda sender, to, kind: kind is not Kind.SIGNATURE
    board.start(*ALL).wait(1.6)

    assert {effect.slot for effect in board.of(Sign)} == {Slot(1, 1), Slot(1, 2)}


def test_never_signs_two_reports_in_one_round() -> None:
    board = Board()
    board.start(*ALL)
    victim = board.follower()
    board.wait(0.3)
    proposal = other_proposal(board, Slot(1, 1), 105)

    board.tell(victim, board.leader, proposal)
    board.restart(victim)
    board.see(victim, Reading(105))
    board.tell(victim, board.leader, proposal)

    assert {effect.report for effect in board.of(Sign, victim)} == {(100).to_bytes(8, "big")}


def test_signs_the_same_report_again_after_it_fell_in_between() -> None:
    """Recorded, but the signature never left: after the restart the very same report may be signed."""
    board = Board()
    board.signs = False
    board.start(*ALL).wait(0.15)
    victim = board.follower()
    assert len(board.of(Sign, victim)) == 1

    board.restart(victim)
    board.see(victim, Reading(100))
    board.tell(victim, board.leader, other_proposal(board, Slot(1, 1), 100))

    assert len(board.of(Sign, victim)) == 2


def test_never_signs_in_a_round_before_the_last_it_signed_in() -> None:
    board = Board()
    victim = board.follower()
    board.disks = [Durable(epoch=1)] * 4
    board.disks[victim] = Durable(1, Slot(1, 9), keccak(b"signed in round 9"))
    board.start(*ALL)

    board.tell(victim, board.config.leader(1), other_proposal(board, Slot(1, 8), 100))

    assert not board.of(Sign, victim)


def test_nothing_is_signed_while_a_report_is_in_flight() -> None:
    board = Board().start(*ALL).wait(0.3)
    board.tell(board.follower(), board.leader, other_proposal(board, Slot(1, 2), 105))

    assert {effect.slot for effect in board.of(Sign)} == {Slot(1, 1)}


def test_the_next_round_starts_as_soon_as_the_report_is_seen_to_have_landed() -> None:
    board = Board().start(*ALL).wait(0.6)
    for i in range(4):
        board.see(i, Reading(105, published=100))
    board.wait(0.3)

    assert {effect.attested.slot for effect in board.of(Attested)} == {Slot(1, 1), Slot(1, 2)}


def test_a_report_that_never_lands_is_given_up_and_agreed_on_again() -> None:
    board = Board().start(*ALL).wait(board_in_flight() + 1)

    assert len({effect.attested.slot for effect in board.of(Attested)}) >= 2


def test_I10_transmitters_follow_each_other_until_it_lands() -> None:
    board = Board().start(*ALL).wait(2.5)
    assert len(board.of(Transmit)) == 3

    for i in range(4):
        board.see(i, Reading(100, published=100))
    board.wait(3)

    assert len(board.of(Transmit)) == 3


def test_a_node_that_missed_the_round_still_learns_of_the_quorum() -> None:
    board = Board()
    deaf = board.follower()
    board.hears = lambda sender, to, kind: to != deaf or kind in (Kind.SIGNATURE, Kind.WISH)
    board.start(*ALL).wait(0.5)

    assert not board.of(Sign, deaf)
    assert board.of(Attested, deaf)


def other_proposal(board: Board, slot: Slot, value: int) -> Message:
    observations = tuple(board.observation(i, slot, value) for i in range(3))
    return Message(Kind.PROPOSAL, slot, encode_proposal(observations))


def board_in_flight() -> float:
    return Board().config.timing.in_flight
