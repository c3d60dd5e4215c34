"""What the contracts compute, computed again by the core and by the monitor's own reading."""

import json
from typing import Any

import pytest

from ccip_py.protocol import digests, hashing
from ccip_py.protocol.blessing import Blessing, CurseVote
from ccip_py.protocol.codec.evm import decode_extra_args
from ccip_py.protocol.ids import Address, ChainSelector, Root, SeqNr
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.merkle import Tree, grow, verify_proof
from ccip_py.protocol.message import ExtraArgs
from ccip_py.risk import evm, vote
from ccip_py.risk.root import merkle_root
from tests.protocol.builders import message_of, raw
from tests.risk.builders import Sent

from .fees import quoted
from .regenerate import FILE

VECTORS = json.loads(FILE.read_text(encoding="utf-8"))
SIGNING, RISK = VECTORS["signing"], VECTORS["risk"]
LEAVES = [keccak(i.to_bytes(32, "big")) for i in range(256)]
DOMAIN = vote.Domain(int(RISK["chainId"]), raw(RISK["rmn"]))
VERSION = int(RISK["configVersion"])


def expanded(fields: dict[str, Any]) -> dict[str, Any]:
    """The message with its data written out."""
    if isinstance(fields["data"], str):
        return fields
    seed, length = raw(fields["data"]["seed"]), fields["data"]["length"]
    return {**fields, "data": "0x" + (seed * (length // len(seed) + 1))[:length].hex()}


MESSAGES = [message_of(expanded(each["message"])) for each in VECTORS["messages"]]


@pytest.mark.parametrize("lane", VECTORS["lanes"])
def test_the_lanes_metadata(lane: dict[str, Any]) -> None:
    source, destination, on_ramp = int(lane["source"]), int(lane["destination"]), raw(lane["onRamp"])

    core = hashing.metadata_hash(ChainSelector(source), ChainSelector(destination), Address(on_ramp))

    assert core == evm.metadata(source, destination, on_ramp) == raw(lane["metadata"])


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: f"{len(each.data)}-{len(each.token_amounts)}")
def test_leaves(message: Any) -> None:
    metadata = raw(VECTORS["lanes"][0]["metadata"])
    sent = Sent(
        message.sequence_number,
        message.source_chain_selector,
        message.sender,
        message.receiver,
        message.gas_limit,
        message.strict,
        message.nonce,
        message.fee_token,
        message.fee_token_amount,
        message.data,
        tuple((each.token, each.amount) for each in message.token_amounts),
        message.source_token_data,
        message.message_id,
    )

    assert hashing.leaf(message, metadata) == message.message_id
    assert evm.read_sent(sent.log(), sent.source, metadata).leaf == message.message_id


def test_the_messages_cover_what_a_message_may_be() -> None:
    assert {len(each.token_amounts) for each in MESSAGES} == {0, 1, 2}
    assert {0, 30_000} <= {len(each.data) for each in MESSAGES}
    assert any(each.gas_limit == each.fee_token_amount == 2**256 - 1 for each in MESSAGES)


def test_roots_of_trees_of_every_size() -> None:
    assert [tree["leaves"] for tree in VECTORS["trees"]] == list(range(1, 257))
    for tree in VECTORS["trees"]:
        leaves = LEAVES[: tree["leaves"]]
        assert grow(leaves).root == merkle_root(leaves) == raw(tree["root"]), tree["leaves"]


def test_proofs_are_these_and_lead_to_the_root_of_the_whole_tree() -> None:
    trees: dict[int, Tree] = {}
    for vector in VECTORS["proofs"]:
        size, indices = vector["leaves"], vector["indices"]
        tree = trees.setdefault(size, grow(LEAVES[:size]))
        proof = tree.prove(indices)
        assert hex(proof.flag_bits) == vector["flagBits"]
        assert len(proof.hashes) == vector["hashes"]
        assert keccak(b"".join(proof.hashes)) == raw(vector["hashOfHashes"])
        reached = verify_proof([LEAVES[i] for i in indices], proof)
        assert reached == tree.root == merkle_root(LEAVES[:size]) == raw(vector["root"])


@pytest.mark.parametrize("vector", VECTORS["extraArgs"], ids=lambda each: each["encoded"][:12])
def test_extra_args(vector: dict[str, Any]) -> None:
    expected = ExtraArgs(int(vector["gasLimit"]), vector["allowOutOfOrder"])

    assert decode_extra_args(raw(vector["encoded"]), 123_456) == expected


@pytest.mark.parametrize("vector", VECTORS["fees"], ids=lambda each: each["name"])
def test_fees(vector: dict[str, Any]) -> None:
    assert quoted(vector).fee == int(vector["fee"])


def test_the_config_digest() -> None:
    got = digests.config_digest(
        int(SIGNING["chainId"]),
        Address(raw(SIGNING["contract"])),
        int(SIGNING["configCount"]),
        [Address(raw(each)) for each in SIGNING["signers"]],
        [Address(raw(each)) for each in SIGNING["transmitters"]],
        int(SIGNING["f"]),
        raw(SIGNING["onchainConfig"]),
        int(SIGNING["offchainConfigVersion"]),
        raw(SIGNING["offchainConfig"]),
    )

    assert got == raw(SIGNING["configDigest"])


@pytest.mark.parametrize("report", SIGNING["reports"], ids=lambda each: f"{each['epoch']}-{each['round']}")
def test_report_digests(report: dict[str, Any]) -> None:
    context = digests.report_context(raw(SIGNING["configDigest"]), int(report["epoch"]), int(report["round"]))

    assert digests.report_digest(raw(report["report"]), context) == raw(report["digest"])


@pytest.mark.parametrize("vector", RISK["blessings"], ids=lambda each: each["blessing"]["first"])
def test_blessing_tags_and_digests(vector: dict[str, Any]) -> None:
    said = vector["blessing"]
    store, ramp, root = (raw(said[name]) for name in ("commitStore", "onRamp", "root"))
    source, first, last, epoch = (
        int(said[name]) for name in ("sourceChainSelector", "first", "last", "epoch")
    )
    core = Blessing(
        Address(store), ChainSelector(source), Address(ramp), SeqNr(first), SeqNr(last), Root(root), epoch
    )
    own = vote.Blessing(store, source, ramp, first, last, root, epoch)

    assert digests.blessing_tag(core) == vote.tag(own) == raw(vector["tag"])
    domain = digests.rmn_domain(DOMAIN.chain_id, Address(DOMAIN.rmn))
    assert digests.bless_digest(domain, core, VERSION) == raw(vector["digest"])
    assert vote.digest(own, VERSION, DOMAIN) == raw(vector["digest"])


@pytest.mark.parametrize("vector", RISK["curses"], ids=lambda each: each["vote"]["subject"])
def test_curse_digests(vector: dict[str, Any]) -> None:
    said = vector["vote"]
    values = raw(said["subject"]), int(said["nonce"]), int(said["validUntil"]), raw(said["evidence"])

    domain = digests.rmn_domain(DOMAIN.chain_id, Address(DOMAIN.rmn))
    assert digests.curse_digest(domain, CurseVote(*values), VERSION) == raw(vector["digest"])
    assert vote.digest(vote.Curse(*values), VERSION, DOMAIN) == raw(vector["digest"])
