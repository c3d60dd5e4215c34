"""Routers of somebody else: what is read of their lanes, and what is said to be out of sight."""

import pytest
from eth_abi.abi import encode
from hexbytes import HexBytes

from ccip_py.errors import BadInput, Refused
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import NO_ADDRESS
from ccip_py.protocol.message import ExtraArgs, OutgoingMessage, TokenAmount
from ccip_py.sdk import send as sending
from ccip_py.sdk.discover import discover, must_be_read
from ccip_py.sdk.flow import Failure
from ccip_py.sdk.flows import Flows
from ccip_py.sdk.preflight import must_be_accepted
from ccip_py.sdk.types import Transaction

from .conftest import A, B, address, run

ROUTERS = {"a": codec.checksum(address(1)), "b": codec.checksum(address(1))}
ON_RAMP, OFF_RAMP, STORE, PROXY, RMN = (address(n) for n in (0x11, 0x12, 0x13, 0x14, 0x15))
REVERTED = Failure(3, "execution reverted", b"")


def hexed(types: list[str], *values: object) -> str:
    return "0x" + encode(types, values).hex()


class World:
    """Two chains; a lane from a to b and none back. The same answers are given to both where it does not matter."""

    def __init__(self, version: str = "EVM2EVMOnRamp 1.5.0", epochs: bool = False) -> None:
        self.version, self.epochs = version, epochs
        self.chain_ids = iter(["0x7a69", "0x539"])
        self.off_ramps = iter([[], [(A, codec.checksum(OFF_RAMP))]])

    def __call__(self, method: str, params: tuple[object, ...]) -> object:
        if method == "eth_chainId":
            return next(self.chain_ids)
        request = params[0]
        assert isinstance(request, dict)
        data = bytes.fromhex(request["data"][2:])
        return self.answer(bytes.fromhex(request["to"][2:]), data[:4].hex(), data[4:])

    def answer(self, to: bytes, selector: str, data: bytes) -> object:
        if selector == "e861e907":  # getWrappedNative
            return hexed(["address"], address(9))
        if selector == "a40e69c7":  # getOffRamps
            return hexed(["(uint64,address)[]"], next(self.off_ramps))
        if selector == "a8d87a3b":  # getOnRamp
            there = int.from_bytes(data, "big") == B
            return hexed(["address"], ON_RAMP if there else bytes(20))
        if selector == "181f5a77":  # typeAndVersion
            return hexed(["string"], self.version if to in (ON_RAMP, OFF_RAMP) else "other")
        if selector == "5246492f":  # getArmProxy
            return hexed(["address"], PROXY)
        if selector == "2e90aa21":  # getARM
            return hexed(["address"], RMN)
        if selector == "06285c69" and to == ON_RAMP:
            kinds = ["address", "uint64", "uint64", "uint64", "uint96", "address", "address", "address"]
            return hexed(kinds, address(7), A, B, 200_000, 0, bytes(20), PROXY, address(8))
        if selector == "06285c69" and to == OFF_RAMP:
            kinds = ["address", "uint64", "uint64", "address", "address", "address", "address"]
            return hexed(kinds, STORE, B, A, ON_RAMP, bytes(20), PROXY, address(8))
        return hexed(["uint64"], 0) if to == RMN and self.epochs else REVERTED


def test_a_lane_of_production_is_followed_and_its_blessings_are_said_to_be_out_of_sight() -> None:
    book = run(discover(ROUTERS), World())

    (known,) = book.lanes
    assert (known.lane.source, known.lane.destination) == (A, B)
    assert (known.lane.on_ramp, known.lane.commit_store, known.lane.off_ramp) == (ON_RAMP, STORE, OFF_RAMP)
    assert "blessings" in known.blind[0]
    assert book.rmn(B) is None
    assert book.token("a", "LINK") == codec.checksum(address(7))
    must_be_read(known)


def test_an_rmn_of_ours_is_seen() -> None:
    book = run(discover(ROUTERS), World(epochs=True))

    assert book.lanes[0].blind == ()
    assert book.rmn(B) == RMN


def test_ramps_of_another_generation_are_named_and_not_followed() -> None:
    book = run(discover(ROUTERS), World(version="OnRamp 1.6.0"))

    (known,) = book.lanes
    assert "OnRamp 1.6.0" in known.blind[0]
    with pytest.raises(BadInput) as refused:
        must_be_read(known)
    assert refused.value.code == "UNSUPPORTED_LANE"


KINDS = (
    "((bytes32,uint64,uint64,uint64,uint64),address,bytes,bytes,bytes,address,uint256,uint256,"
    "(address,bytes,bytes,uint256,bytes)[])"
)


def test_what_a_ramp_of_1_6_took_has_its_id_and_is_refused_where_more_is_read() -> None:
    """The layout of its event is written out here as published."""
    book = run(discover(ROUTERS), World(version="OnRamp 1.6.0"))
    lane, token = book.lanes[0].lane, TokenAmount(address(0x70), 5)
    extra = codec.encode_extra_args(ExtraArgs(70_000, True))
    outgoing = OutgoingMessage(bytes(12) + address(3), b"hi", (token,), NO_ADDRESS, extra)
    of_token = (address(0x71), bytes(32), b"", 5, bytes(32))
    header = (b"\x77" * 32, A, B, 9, 0)
    event = encode(
        [KINDS], [(header, address(2), b"hi", bytes(12) + address(3), extra, address(9), 10, 11, [of_token])]
    )
    topics = ["0x192442a2b2adb6a7948f097023cb6b57d29d3a7a5dd33e6666d33c39cc456f32", hex(B), hex(9)]
    log = {"address": codec.checksum(ON_RAMP), "topics": topics, "data": "0x" + event.hex()}
    done = Transaction(A, HexBytes(b"\x05" * 32), 5, 6, 7)

    sent = sending.read_sent(lane, outgoing, done, {"logs": [log]})

    assert (sent.message_id, sent.sequence_number, sent.fee) == (HexBytes(b"\x77" * 32), 9, 10)
    assert sent.tokens == ((codec.checksum(address(0x70)), 5),)
    assert (sent.sender, sent.receiver) == (codec.checksum(address(2)), codec.checksum(address(3)))
    assert (sent.fee_token, sent.data, sent.message.gas_limit) == (codec.checksum(address(9)), b"hi", 70_000)
    for refused in (
        lambda: Flows(book).start(sent),
        lambda: run(Flows(book).preflight("a", "b", sent.receiver, sent.sender, {}), World()),
    ):
        with pytest.raises(BadInput) as why:
            refused()
        assert why.value.code == "UNSUPPORTED_LANE"
    with pytest.raises(Refused) as blind:
        run(must_be_accepted(book, book.lanes[0], outgoing, address(2)), World())
    assert blind.value.code == "CANNOT_SIMULATE"
