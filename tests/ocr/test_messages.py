"""Peer messages have one encoding, mean something in one session only, and anything else is refused unread."""

from __future__ import annotations

import random

import pytest

from ccip_py.ocr import attest
from ccip_py.ocr.messages import (
    HEADER_BYTES,
    Kind,
    Message,
    Signed,
    SignedObservation,
    Slot,
    Vote,
    decode_proposal,
    decode_vote,
    encode,
    encode_proposal,
    encode_vote,
    message_digest,
    parse,
    seal,
    signed_by,
)

from .board import a_config
from .sim.keys import real_keys, real_recover, toy_keys, toy_recover

KEYS = toy_keys(4)
CONFIG = a_config()
MESSAGES = [
    Message(Kind.WISH, Slot(7, 0)),
    Message(Kind.QUERY, Slot(7, 1)),
    Message(Kind.OBSERVATION, Slot(2**32 - 1, 255), b"seen"),
    Message(Kind.PROPOSAL, Slot(1, 1), b"proposed"),
    Message(Kind.SIGNATURE, Slot(1, 1), b"voted"),
]


def sealed(message: Message, sender: int = 2) -> bytes:
    return seal(CONFIG, sender, message, KEYS[sender].sign)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_sealed_message_comes_out_as_it_went_in(message: Message) -> None:
    signed = parse(CONFIG, sealed(message), 10_000)

    assert signed is not None
    assert (signed.sender, signed.message) == (2, message)
    assert signed_by(CONFIG, signed, toy_recover)
    assert encode(signed) == sealed(message)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("a wish with a round", Message(Kind.WISH, Slot(7, 1))),
        ("a wish with a payload", Message(Kind.WISH, Slot(7, 0), b"x")),
        ("a query without a round", Message(Kind.QUERY, Slot(7, 0))),
        ("a query with a payload", Message(Kind.QUERY, Slot(7, 1), b"x")),
        ("an observation of nothing", Message(Kind.OBSERVATION, Slot(7, 1))),
        ("epoch 0", Message(Kind.WISH, Slot(0, 0))),
    ],
)
def test_refuses_what_no_honest_member_says(what: str, message: Message) -> None:
    assert parse(CONFIG, sealed(message), 10_000) is None, what


@pytest.mark.parametrize(("at", "value"), [(0, 2), (1, 0), (1, 6), (2, 4)])
def test_L10_refuses_an_unknown_version_kind_or_sender(at: int, value: int) -> None:
    raw = bytearray(sealed(MESSAGES[1]))
    raw[at] = value

    assert parse(CONFIG, bytes(raw), 10_000) is None


def test_refuses_messages_too_short_or_too_long() -> None:
    raw = sealed(MESSAGES[2])

    assert parse(CONFIG, raw[: HEADER_BYTES - 1], 10_000) is None
    assert parse(CONFIG, raw, len(raw) - 1) is None


def test_no_flipped_bit_survives() -> None:
    raw = sealed(MESSAGES[3])

    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        signed = parse(CONFIG, bytes(flipped), 10_000)
        assert signed is None or not signed_by(CONFIG, signed, toy_recover)


def test_means_nothing_under_another_digest_subject_or_committee() -> None:
    signed = parse(CONFIG, sealed(MESSAGES[1]), 10_000)
    assert signed is not None
    others = [a_config(digest=b"\x00\x01" + b"e" * 30), a_config(subject=b"another lane"), a_config(7)]

    assert not any(signed_by(other, signed, toy_recover) for other in others)


def test_a_message_is_never_a_report_signature() -> None:
    """Whatever the payload: the two digests hash preimages of different lengths and beginnings."""
    slot = Slot(1, 1)

    assert message_digest(CONFIG, 0, Kind.SIGNATURE, slot, bytes(32)) != attest.digest_of(CONFIG, slot, b"")


def test_proposals_have_one_encoding() -> None:
    observations = tuple(SignedObservation(i, bytes([i]) * (i + 1), bytes(65)) for i in range(3))

    assert decode_proposal(encode_proposal(observations[::-1])) == observations


@pytest.mark.parametrize(
    "observers", [(1, 1, 2), (2, 1, 3)], ids=["an observer twice", "observers out of order"]
)
def test_refuses_a_proposal_with(observers: tuple[int, ...]) -> None:
    parts = [encode_proposal((SignedObservation(i, b"o", bytes(65)),)) for i in observers]

    assert decode_proposal(b"".join(parts)) is None


def test_refuses_a_proposal_cut_anywhere() -> None:
    whole = encode_proposal(tuple(SignedObservation(i, b"seen", bytes(65)) for i in range(3)))
    ends = {len(whole) // 3 * i for i in range(4)}

    assert all(decode_proposal(whole[:cut]) is None for cut in range(len(whole)) if cut not in ends)


def test_any_bytes_decode_to_something_or_nothing() -> None:
    rng = random.Random(1)

    for _ in range(2000):
        data = rng.randbytes(rng.choice([0, 1, 67, 68, 69, 73, 80, 162, 163, 300]))
        proposal, signed = decode_proposal(data), parse(CONFIG, data, 200)
        assert proposal is None or encode_proposal(proposal) == data
        assert signed is None or isinstance(signed, Signed)


def test_votes_carry_the_report() -> None:
    vote = Vote(b"s" * 65, b"h" * 32, b"p" * 65, b"the report")

    assert decode_vote(encode_vote(vote)) == vote
    assert decode_vote(encode_vote(vote)[: -len(vote.report)]) is None


# --- Real signatures ---


def test_recovers_a_real_signer() -> None:
    key = real_keys(1)[0]

    assert real_recover(b"d" * 32, key.sign(b"d" * 32)) == key.address
    assert real_recover(b"e" * 32, key.sign(b"d" * 32)) != key.address


@pytest.mark.parametrize("bend", ["high s", "v", "short", "zero"])
def test_recovers_nobody_from_a_bent_signature(bend: str) -> None:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    good = real_keys(1)[0].sign(b"d" * 32)
    s = int.from_bytes(good[32:64], "big")
    bent = {
        "high s": good[:32] + (order - s).to_bytes(32, "big") + bytes([55 - good[64]]),
        "v": good[:64] + bytes([good[64] - 27]),
        "short": good[:64],
        "zero": bytes(64) + b"\x1b",
    }[bend]

    assert real_recover(b"d" * 32, bent) is None
