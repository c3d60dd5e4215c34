"""What the official client's hasher, tree and encoder say, said again by the core and by the monitor's own reading."""

import json
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from eth_abi.abi import encode

from ccip_py.errors import CannotEncode
from ccip_py.protocol import hashing
from ccip_py.protocol.codec.evm import decode_extra_args, encode_extra_args
from ccip_py.protocol.ids import Address, ChainSelector, MessageId, SeqNr
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.merkle import Proof, Tree, grow, verify_proof
from ccip_py.protocol.message import ExtraArgs, Message, TokenAmount
from ccip_py.risk import evm
from ccip_py.risk.root import merkle_root

VECTORS = json.loads((Path(__file__).parent / "official_client.json").read_text())
LANES = VECTORS["lanes"]
MAX_LEAVES = 256
SUBSETS_PER_TREE = 16

# The event's one argument, as the specification gives it.
EVENT = "(uint64,address,address,uint64,uint256,bool,uint64,address,uint256,bytes,(address,uint256)[],bytes[],bytes32)"


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def expand(data: dict) -> bytes:
    """The bytes of `seed` over and over, `length` in all."""
    seed, length = raw(data["seed"]), data["length"]
    return (seed * (length // len(seed) + 1))[:length]


def message_of(fields: dict) -> Message:
    return Message(
        source_chain_selector=ChainSelector(int(LANES[fields["lane"]]["source"])),
        sender=Address(raw(fields["sender"])),
        receiver=Address(raw(fields["receiver"])),
        sequence_number=SeqNr(int(fields["sequenceNumber"])),
        gas_limit=int(fields["gasLimit"]),
        strict=fields["strict"],
        nonce=int(fields["nonce"]),
        fee_token=Address(raw(fields["feeToken"])),
        fee_token_amount=int(fields["feeTokenAmount"]),
        data=expand(fields["data"]),
        token_amounts=tuple(
            TokenAmount(Address(raw(each["token"])), int(each["amount"])) for each in fields["tokenAmounts"]
        ),
        source_token_data=tuple(raw(each) for each in fields["sourceTokenData"]),
        message_id=MessageId(raw(fields["leaf"])),
    )


def log_of(message: Message) -> evm.Log:
    """The log of the OnRamp that sent it."""
    amounts = [(each.token, each.amount) for each in message.token_amounts]
    values = (
        message.source_chain_selector,
        message.sender,
        message.receiver,
        message.sequence_number,
        message.gas_limit,
        message.strict,
        message.nonce,
        message.fee_token,
        message.fee_token_amount,
        message.data,
        amounts,
        message.source_token_data,
        message.message_id,
    )
    return evm.Log(b"", (evm.MESSAGE_SENT,), encode([EVENT], [values]), 1, 0, 0)


LEAVES = [keccak(word(index)) for index in range(MAX_LEAVES)]


@cache
def tree(size: int) -> Tree:
    return grow(LEAVES[:size])


def subset(size: int, number: int) -> list[int]:
    bits = int.from_bytes(keccak(word(size) + word(number)), "big")
    return [index for index in range(size) if index == number % size or bits >> index & 1]


def proof_of(fields: dict) -> Proof:
    joined = raw(fields["hashes"])
    hashes = [joined[start : start + 32] for start in range(0, len(joined), 32)]
    return Proof(tuple(hashes), int(fields["flagBits"], 16))


def spelled(proof: Proof) -> bytes:
    return b"".join(proof.hashes) + word(proof.flag_bits)


@pytest.mark.parametrize("lane", LANES)
def test_the_metadata_of_every_lane(lane):
    source, destination, on_ramp = int(lane["source"]), int(lane["destination"]), raw(lane["onRamp"])
    expected = raw(lane["metadata"])

    assert (
        hashing.metadata_hash(ChainSelector(source), ChainSelector(destination), Address(on_ramp)) == expected
    )
    assert evm.metadata(source, destination, on_ramp) == expected


def test_the_leaf_of_every_message_in_the_core_and_in_the_monitor():
    for fields in VECTORS["messages"]:
        message, metadata = message_of(fields), raw(LANES[fields["lane"]]["metadata"])

        assert hashing.leaf(message, metadata) == raw(fields["leaf"]), fields
        read = evm.read_sent(log_of(message), message.source_chain_selector, metadata)
        assert read.leaf == read.stated_id == raw(fields["leaf"]), fields


def test_the_messages_cover_every_kind():
    kinds = {(len(each["tokenAmounts"]), each["data"]["length"]) for each in VECTORS["messages"]}

    assert kinds >= set(product((0, 1, 2), (0, 1, 31, 32, 33, 30_000)))
    assert any(int(each["gasLimit"]) == 2**256 - 1 for each in VECTORS["messages"])


def test_the_root_over_1_to_256_leaves_in_the_core_and_in_the_monitor():
    assert len(VECTORS["trees"]) == MAX_LEAVES
    for size, expected in enumerate(VECTORS["trees"], start=1):
        assert tree(size).root == merkle_root(LEAVES[:size]) == raw(expected["root"]), size
        assert tree(size).prove(range(size)) == proof_of(expected["allLeaves"]), size


def test_sixteen_subsets_of_every_tree_have_the_same_proofs():
    for size, expected in enumerate(VECTORS["trees"], start=1):
        proofs = [tree(size).prove(subset(size, number)) for number in range(SUBSETS_PER_TREE)]
        assert keccak(b"".join(map(spelled, proofs))) == raw(expected["subsets"]), size


def test_every_written_proof_is_made_and_accepted():
    for fields in VECTORS["proofs"]:
        size, indices, proof = fields["leaves"], raw(fields["indices"]), proof_of(fields)

        assert tree(size).prove(indices) == proof, fields
        assert verify_proof([LEAVES[index] for index in indices], proof) == tree(size).root, fields


def test_every_subset_up_to_five_leaves_is_there():
    small = [(each["leaves"], each["indices"]) for each in VECTORS["proofs"] if each["leaves"] <= 5]

    assert len(set(small)) == sum(2**size - 1 for size in range(1, 6))


@pytest.mark.parametrize("form", VECTORS["extraArgs"])
def test_every_form_of_extra_arguments_is_read(form):
    expected = ExtraArgs(int(form["gasLimit"]), form["allowOutOfOrderExecution"])

    assert decode_extra_args(raw(form["encoded"]), default_gas_limit=7) == expected
    if form["version"] == 2:  # the version that we write
        assert encode_extra_args(expected) == raw(form["encoded"])


def test_no_extra_arguments_mean_the_lane_s_own():
    assert decode_extra_args(raw(VECTORS["noExtraArgs"]), default_gas_limit=7) == ExtraArgs(7, False)


@pytest.mark.parametrize("form", VECTORS["foreignExtraArgs"], ids=lambda form: form["form"])
def test_forms_for_other_machines_are_refused(form):
    with pytest.raises(CannotEncode):
        decode_extra_args(raw(form["encoded"]), default_gas_limit=7)
