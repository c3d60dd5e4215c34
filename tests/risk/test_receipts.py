"""What hashes to a header's receipts root, and what must not be taken for it."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ccip_py.risk import evm
from ccip_py.risk.chain import Watched, portions_of, proven_blocks
from ccip_py.risk.http import ANSWER_LIMIT, Headers, Http
from ccip_py.risk.receipts import proven_logs
from ccip_py.risk.rpc import AnswerTooLarge, Endpoints, Target
from ccip_py.risk.trie import NotProven, header_hash, integer, rlp, trie_root

from .builders import ON_RAMP
from .world import World

Receipts = list[dict[str, Any]]


def payload(n: int) -> bytes:
    return bytes([n % 256]) * (n * 40 % 700)


def block_of(world: World, logs: int) -> tuple[dict[str, Any], Receipts]:
    """A real block with so many transactions, each of which logs once; as the node tells it."""
    world.source.rpc("evm_setAutomine", False)
    owner = world.source.rpc("eth_accounts")[0]
    for n in range(logs):
        data = "0x" + (evm.MESSAGE_SENT + payload(n)).hex()
        world.source.rpc(
            "eth_sendTransaction",
            {"from": owner, "to": "0x" + ON_RAMP.hex(), "data": data, "gas": hex(100_000)},
        )
    world.source.rpc("evm_mine")
    world.source.rpc("evm_setAutomine", True)
    header = world.source.rpc("eth_getBlockByNumber", "latest", False)
    return header, world.source.rpc("eth_getBlockReceipts", header["number"])


def root_of(header: dict[str, Any]) -> bytes:
    return bytes.fromhex(header["receiptsRoot"][2:])


@pytest.mark.parametrize("count", [0, 1, 2, 17, 127, 128, 129, 300])
def test_all_logs_of_a_real_block_are_proven_in_their_order(world: World, count: int) -> None:
    header, receipts = block_of(world, count)
    assert header_hash(header).hex() == header["hash"][2:]

    logs = proven_logs(receipts, root_of(header), 7, frozenset({ON_RAMP}))

    assert [(log.tx, log.index) for log in logs] == [(n, n) for n in range(count)]
    assert [log.data for log in logs] == [payload(n) for n in range(count)]


def test_logs_of_others_are_counted_and_left_out(world: World) -> None:
    header, receipts = block_of(world, 3)

    assert proven_logs(receipts, root_of(header), 7, frozenset()) == ()


def dropped(receipts: Receipts) -> None:
    receipts[1]["logs"] = []


def altered(receipts: Receipts) -> None:
    receipts[1]["logs"][0]["data"] = "0x00" + receipts[1]["logs"][0]["data"][4:]


def invented(receipts: Receipts) -> None:
    receipts[1]["logs"] *= 2


def moved(receipts: Receipts) -> None:
    receipts[1], receipts[2] = receipts[2], receipts[1]


def reversed_outcome(receipts: Receipts) -> None:
    receipts[1]["status"] = "0x0"


def left_out(receipts: Receipts) -> None:
    receipts.pop()


@pytest.mark.parametrize("lie", [dropped, altered, invented, moved, reversed_outcome, left_out])
def test_no_lie_about_a_block_is_proven(world: World, lie: Callable[[Receipts], None]) -> None:
    header, receipts = block_of(world, 4)
    told = copy.deepcopy(receipts)
    lie(told)
    assert told != receipts

    with pytest.raises(NotProven):
        proven_logs(told, root_of(header), 7, frozenset({ON_RAMP}))


def receipt_of(address: bytes, topics: list[bytes], data: bytes) -> dict[str, Any]:
    log = {
        "address": "0x" + address.hex(),
        "topics": ["0x" + topic.hex() for topic in topics],
        "data": "0x" + data.hex(),
    }
    return {
        "status": "0x1",
        "cumulativeGasUsed": "0x5208",
        "logsBloom": "0x" + bytes(256).hex(),
        "logs": [log],
    }


def honest_root(address: bytes, topics: list[bytes], data: bytes) -> bytes:
    """Of a block with this one log, field by field."""
    return trie_root([rlp([b"\x01", integer(0x5208), bytes(256), [[address, topics, data]]])])


def test_the_same_bytes_cut_in_other_places_are_not_proven() -> None:
    """The first topic ends like the announcement of another one, so that a cut a byte earlier gives the same bytes."""
    address, data = b"\x0a" * 20, b"data"
    topics = [evm.MESSAGE_SENT[:31] + b"\xa0", b"\x22" * 32]
    root = honest_root(address, topics, data)
    assert len(proven_logs([receipt_of(address, topics, data)], root, 1, {address})) == 1

    shifted = [topics[0][:31], b"\xa0" + topics[1]]
    with pytest.raises(NotProven, match="of another size"):
        proven_logs([receipt_of(address, shifted, data)], root, 1, {address})


def test_an_address_of_another_size_is_not_read() -> None:
    receipt = receipt_of(b"\x0a" * 21, [], b"")

    with pytest.raises(NotProven, match="of another size"):
        proven_logs([receipt], honest_root(b"\x0a" * 21, [], b""), 1, frozenset())


def test_receipts_of_many_blocks_are_asked_for_together_until_they_would_be_too_much() -> None:
    millions = (20, 39, 2, 90, 1, 60, 0)
    headers = [{"number": at, "gasUsed": hex(gas * 1_000_000)} for at, gas in enumerate(millions)]

    portions = [[header["number"] for header in some] for some in portions_of(headers)]

    assert portions == [[0, 1], [2], [3], [4], [5, 6]]


class Narrow(Http):
    """Reads answers up to a few receipts, as if the block were very much larger."""

    limit = 12_000

    async def post_json(
        self, url: str, body: bytes, headers: Headers = (), limit: int = ANSWER_LIMIT
    ) -> bytes:
        return await super().post_json(url, body, headers, min(limit, self.limit))


async def read_through(world: World, http: Http, header: dict[str, Any]) -> list[bytes]:
    """What the logs of a real block hold, as a monitor reads it."""
    endpoints = Endpoints([Target("node", world.source.url)], http)
    last = int(header["number"], 16), bytes.fromhex(header["hash"][2:])
    after = last[0] - 1, bytes.fromhex(header["parentHash"][2:])
    try:
        (block,) = await proven_blocks(endpoints, after, last, Watched.of([ON_RAMP]), [[header]])
    finally:
        await http.aclose()
    return [log.data for log in block.logs]


@pytest.mark.anyio
async def test_a_block_that_is_too_large_is_read_receipt_by_receipt(world: World) -> None:
    """Who fills a block with logs must not be able to stop every monitor."""
    header, _ = block_of(world, 70)

    assert await read_through(world, Narrow(20), header) == [payload(n) for n in range(70)]


@pytest.mark.anyio
async def test_a_single_receipt_that_is_too_large_is_an_answer_too_large(world: World) -> None:
    header, _ = block_of(world, 2)
    http = Narrow(20)
    http.limit = 1_400

    with pytest.raises(AnswerTooLarge):
        await read_through(world, http, header)
