"""Digests against eth_account's typed-data encoder; votes against tampering."""

from dataclasses import replace
from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_hash.auto import keccak

from ccip_py.risk import keys
from ccip_py.risk.vote import Blessing, Curse, Domain, Permit, digest, from_json, sign, tag, to_json

DOMAIN = Domain(31337, b"\x0d" * 20)
BLESSING = Blessing(b"\x01" * 20, 7759470850252068959, b"\x02" * 20, 3, 9, b"\x04" * 32, 5)
CURSE = Curse((7759470850252068959).to_bytes(16, "big"), 2**32 + 1, 1_700_000_000, b"\x06" * 32)

BLESSING_FIELDS = [
    {"name": "commitStore", "type": "address"},
    {"name": "sourceChainSelector", "type": "uint64"},
    {"name": "onRamp", "type": "address"},
    {"name": "first", "type": "uint64"},
    {"name": "last", "type": "uint64"},
    {"name": "root", "type": "bytes32"},
    {"name": "epoch", "type": "uint64"},
]
CURSE_FIELDS = [
    {"name": "subject", "type": "bytes16"},
    {"name": "nonce", "type": "uint64"},
    {"name": "validUntil", "type": "uint64"},
    {"name": "evidence", "type": "bytes32"},
    {"name": "configVersion", "type": "uint32"},
]


def typed(primary: str, types: dict[str, Any], message: dict[str, Any]) -> bytes:
    domain = {"name": "RMN", "version": "1", "chainId": 31337, "verifyingContract": "0x" + "0d" * 20}
    domain_type = [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ]
    full = {
        "types": {"EIP712Domain": domain_type, **types},
        "primaryType": primary,
        "domain": domain,
        "message": message,
    }
    return bytes(_hash_eip191_message(encode_typed_data(full_message=full)))


def test_a_blessings_digest_is_its_typed_data() -> None:
    blessing = {
        "commitStore": "0x" + "01" * 20,
        "sourceChainSelector": BLESSING.source,
        "onRamp": "0x" + "02" * 20,
        "first": 3,
        "last": 9,
        "root": "0x" + "04" * 32,
        "epoch": 5,
    }
    types = {
        "BlessVote": [
            {"name": "blessing", "type": "Blessing"},
            {"name": "configVersion", "type": "uint32"},
        ],
        "Blessing": BLESSING_FIELDS,
    }

    expected = typed("BlessVote", types, {"blessing": blessing, "configVersion": 7})

    assert digest(BLESSING, 7, DOMAIN) == expected


def test_a_curses_digest_is_its_typed_data() -> None:
    message = {
        "subject": "0x" + CURSE.subject.hex(),
        "nonce": CURSE.nonce,
        "validUntil": CURSE.valid_until,
        "evidence": "0x" + "06" * 32,
        "configVersion": 7,
    }

    assert digest(CURSE, 7, DOMAIN) == typed("CurseVote", {"CurseVote": CURSE_FIELDS}, message)


def vote_on(statement: Blessing | Curse) -> Any:
    key = keys.dev_key(3)
    return sign(Permit(digest(statement, 7, DOMAIN), statement, 7, DOMAIN), key), key.address


@pytest.mark.parametrize("statement", [BLESSING, CURSE])
def test_a_vote_survives_the_wire_and_names_its_signer(statement: Blessing | Curse) -> None:
    vote, signer = vote_on(statement)

    assert from_json(to_json(vote)) == vote
    assert vote.signer == signer
    assert len(vote.compact) == 64


def test_a_vote_for_anything_else_is_nobodys() -> None:
    vote, signer = vote_on(BLESSING)

    assert replace(vote, config_version=8).signer != signer
    assert replace(vote, domain=Domain(1337, DOMAIN.rmn)).signer != signer
    assert replace(vote, statement=replace(BLESSING, root=b"\x05" * 32)).signer != signer


def test_the_second_form_of_a_signature_counts_for_nobody() -> None:
    """Every ECDSA signature has a twin with a high s; the contract refuses it, so do we."""
    vote, _ = vote_on(BLESSING)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

    assert replace(vote, s=order - vote.s, parity=1 - vote.parity).signer is None
    assert replace(vote, s=0).signer is None


def test_the_tag_holds_no_config_version_and_every_field() -> None:
    others = [
        replace(BLESSING, first=1),
        replace(BLESSING, last=10),
        replace(BLESSING, epoch=6),
        replace(BLESSING, source=1),
        replace(BLESSING, root=keccak(b"")),
        replace(BLESSING, on_ramp=b"\x03" * 20),
        replace(BLESSING, commit_store=b"\x03" * 20),
    ]

    assert len({tag(BLESSING), *map(tag, others)}) == 8


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "praise"},
        {"root": "0x12"},
        {"first": "-1"},
        {"epoch": str(2**64)},
        {"r": None},
        {"configVersion": str(2**32)},
        {"vs": "0xzz"},
    ],
)
def test_refuses_odd_votes_from_peers(change: dict[str, Any]) -> None:
    vote, _ = vote_on(BLESSING)

    with pytest.raises(ValueError, match=r".+"):
        from_json({**to_json(vote), **change})


@pytest.mark.parametrize("junk", [None, 1, "x", [], {}])
def test_refuses_what_is_no_vote_at_all(junk: Any) -> None:
    with pytest.raises(ValueError, match="not a vote"):
        from_json(junk)
