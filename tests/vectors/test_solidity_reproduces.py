"""What others wrote, computed again by the compiled contracts: the official client's vectors and those worked by hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ccip_py.errors import Refused
from ccip_py.protocol.keccak import keccak
from tests.protocol.builders import hand_worked, raw

from .asking import Contracts, contracts

OFFICIAL = json.loads((Path(__file__).parent / "official_client.json").read_text(encoding="utf-8"))
BY_HAND = hand_worked()
LEAVES = [keccak(i.to_bytes(32, "big")) for i in range(256)]
AT_ONCE = 64


@pytest.fixture(scope="module")
def asked() -> Iterator[Contracts]:
    with contracts() as running:
        yield running


def message_of(fields: dict[str, Any], source: str) -> dict[str, Any]:
    """The struct as the harness takes it."""
    data = fields["data"]
    if not isinstance(data, str):
        seed, length = raw(data["seed"]), data["length"]
        data = (seed * (length // len(seed) + 1))[:length].hex()
    return {
        "sourceChainSelector": int(source),
        **{name: raw(fields[name]) for name in ("sender", "receiver", "feeToken")},
        **{name: int(fields[name]) for name in ("sequenceNumber", "gasLimit", "nonce", "feeTokenAmount")},
        "strict": fields["strict"],
        "data": raw(data),
        "tokenAmounts": [
            {"token": raw(each["token"]), "amount": int(each["amount"])} for each in fields["tokenAmounts"]
        ],
        "sourceTokenData": [raw(each) for each in fields["sourceTokenData"]],
        "messageId": bytes(32),
    }


def proof_of(leaves: list[bytes], fields: dict[str, Any]) -> dict[str, Any]:
    hashes = raw(fields["hashes"])
    parts = [hashes[start : start + 32] for start in range(0, len(hashes), 32)]
    return {"leaves": leaves, "proofs": parts, "flagBits": int(fields["flagBits"], 16)}


def roots(asked: Contracts, proofs: list[dict[str, Any]]) -> list[bytes]:
    batches = (proofs[start : start + AT_ONCE] for start in range(0, len(proofs), AT_ONCE))
    return [root for batch in batches for root in asked.ask("merkleRoots", batch)]


@pytest.mark.parametrize("lane", OFFICIAL["lanes"])
def test_the_clients_lanes(asked: Contracts, lane: dict[str, Any]) -> None:
    got = asked.ask("metadataHash", int(lane["source"]), int(lane["destination"]), raw(lane["onRamp"]))

    assert got == raw(lane["metadata"])


def test_the_clients_messages(asked: Contracts) -> None:
    for fields in OFFICIAL["messages"]:
        lane = OFFICIAL["lanes"][fields["lane"]]
        leaf = asked.ask("leaf", message_of(fields, lane["source"]), raw(lane["metadata"]))
        assert leaf == raw(fields["leaf"]), fields


def test_the_clients_trees(asked: Contracts) -> None:
    proofs = [proof_of(LEAVES[:size], tree["allLeaves"]) for size, tree in enumerate(OFFICIAL["trees"], 1)]

    assert roots(asked, proofs) == [raw(tree["root"]) for tree in OFFICIAL["trees"]]


def test_the_clients_proofs(asked: Contracts) -> None:
    proofs = [proof_of([LEAVES[i] for i in raw(each["indices"])], each) for each in OFFICIAL["proofs"]]
    expected = [raw(OFFICIAL["trees"][each["leaves"] - 1]["root"]) for each in OFFICIAL["proofs"]]

    assert roots(asked, proofs) == expected


def test_the_clients_extra_args(asked: Contracts) -> None:
    for form in OFFICIAL["extraArgs"]:
        said = asked.ask("decodeExtraArgs", raw(form["encoded"]), 7)
        assert said["gasLimit"] == int(form["gasLimit"])
        assert said["allowOutOfOrder"] == form["allowOutOfOrderExecution"]


@pytest.mark.parametrize("form", OFFICIAL["foreignExtraArgs"], ids=lambda form: form["form"])
def test_extra_args_for_other_machines_are_refused(asked: Contracts, form: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        asked.ask("decodeExtraArgs", raw(form["encoded"]), 7)


def test_what_was_worked_by_hand(asked: Contracts) -> None:
    lane, metadata = BY_HAND["lane"], raw(BY_HAND["metadata"]["hash"])
    assert (
        asked.ask("metadataHash", int(lane["source"]), int(lane["destination"]), raw(lane["onRamp"]))
        == metadata
    )
    for each in BY_HAND["messages"]:
        message = message_of(each["message"], each["message"]["sourceChainSelector"])
        assert asked.ask("leaf", message, metadata) == raw(each["leaf"])


def test_the_tree_that_was_worked_by_hand(asked: Contracts) -> None:
    tree = BY_HAND["tree"]
    proofs = [
        {
            "leaves": [raw(tree["leaves"][i]) for i in each["indices"]],
            "proofs": [raw(one) for one in each["proofs"]],
            "flagBits": int(each["flagBits"]),
        }
        for each in tree["proofs"]
    ]

    assert set(roots(asked, proofs)) == {raw(tree["root"])}
