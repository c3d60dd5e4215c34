"""The leaf: every bit of a message is in it, laid out as an ABI encoder would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given

from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.message import Message, TokenAmount

from .builders import (
    DESTINATION,
    SOURCE,
    a_message,
    addresses,
    an_address,
    hand_worked,
    joined,
    message_of,
    messages,
    raw,
    uint64s,
)

METADATA = metadata_hash(SOURCE, DESTINATION, an_address(1))
ONE_TOKEN = TokenAmount(an_address(0xD), 5)


def leaf_by_eth_abi(message: Message, metadata: bytes) -> bytes:
    fixed = encode(
        ["address", "address", "uint64", "uint256", "bool", "uint64", "address", "uint256"],
        [
            message.sender,
            message.receiver,
            message.sequence_number,
            message.gas_limit,
            message.strict,
            message.nonce,
            message.fee_token,
            message.fee_token_amount,
        ],
    )
    amounts = encode(["(address,uint256)[]"], [[(each.token, each.amount) for each in message.token_amounts]])
    token_data = encode(["bytes[]"], [message.source_token_data])
    parts = [keccak(fixed), keccak(message.data), keccak(amounts), keccak(token_data)]
    return keccak(encode(["bytes32"] * 6, [bytes(32), metadata, *parts]))


@given(messages)
def test_leaf_equals_the_abi_encoders(message: Message) -> None:
    assert leaf(message, METADATA) == leaf_by_eth_abi(message, METADATA)


@given(uint64s, uint64s, addresses)
def test_metadata_equals_the_abi_encoders(source: int, destination: int, on_ramp: Address) -> None:
    words = encode(
        ["bytes32", "uint64", "uint64", "address"],
        [keccak(b"EVM2EVMMessageHashV2"), source, destination, on_ramp],
    )

    assert metadata_hash(ChainSelector(source), ChainSelector(destination), on_ramp) == keccak(words)


@pytest.mark.parametrize(
    "change",
    [
        {"sender": an_address(0xAA)},
        {"receiver": an_address(0xBB)},
        {"sequence_number": 2},
        {"gas_limit": 200_001},
        {"strict": True},
        {"nonce": 8},
        {"fee_token": an_address(0xCC)},
        {"fee_token_amount": 1},
        {"data": b"hi\0"},
        {"data": b""},
        {"token_amounts": (ONE_TOKEN, ONE_TOKEN)},
        {"token_amounts": (replace(ONE_TOKEN, amount=6),)},
        {"token_amounts": (replace(ONE_TOKEN, token=an_address(0xDD)),)},
        {"token_amounts": ()},
        {"source_token_data": (b"y",)},
        {"source_token_data": (b"x\0",)},
        {"source_token_data": ()},
        {"source_token_data": (b"x", b"")},
    ],
    ids=str,
)
def test_changing_any_field_changes_the_leaf(change: dict[str, Any]) -> None:
    message = a_message(nonce=7, token_amounts=(ONE_TOKEN,), source_token_data=(b"x",))

    assert leaf(replace(message, **change), METADATA) != leaf(message, METADATA)


@pytest.mark.parametrize("change", [{"message_id": b"\x01" * 32}, {"source_chain_selector": 5}], ids=str)
def test_the_id_and_what_the_metadata_says_are_not_hashed_again(change: dict[str, Any]) -> None:
    assert leaf(a_message(**change), METADATA) == leaf(a_message(), METADATA)


@pytest.mark.parametrize(
    "other",
    [
        metadata_hash(DESTINATION, SOURCE, an_address(1)),
        metadata_hash(SOURCE, SOURCE, an_address(1)),
        metadata_hash(SOURCE, DESTINATION, an_address(2)),
    ],
)
def test_another_lane_gives_another_leaf(other: bytes) -> None:
    assert leaf(a_message(), other) != leaf(a_message(), METADATA)


def test_metadata_vector() -> None:
    vectors = hand_worked()
    lane = vectors["lane"]

    got = metadata_hash(int(lane["source"]), int(lane["destination"]), Address(raw(lane["onRamp"])))

    assert got == raw(vectors["metadata"]["hash"]) == keccak(joined(vectors["metadata"]["preimage"]))


@pytest.mark.parametrize("vector", hand_worked()["messages"], ids=["no token", "one token", "two tokens"])
def test_leaf_vector(vector: dict[str, Any]) -> None:
    metadata = raw(hand_worked()["metadata"]["hash"])

    assert leaf(message_of(vector["message"]), metadata) == raw(vector["leaf"])
    assert keccak(joined(vector["preimages"]["leaf"])) == raw(vector["leaf"])
