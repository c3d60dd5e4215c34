"""No log is missed, doubled or taken from the wrong branch.

The two readers keep the same port, so what both promise is asked of both.
"""

import copy

import pytest

from ccip_py.chains.evm.blocks import BadBlock, block_of
from ccip_py.chains.evm.endpoint import RpcRefused
from ccip_py.chains.evm.logs import LogReader, ProvenBlocks, ProvenLogReader, in_chain_order
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import Block, Log
from ccip_py.errors import NotFinal
from ccip_py.protocol.ids import Address

pytestmark = pytest.mark.anyio
TOPIC, OTHER = b"\x11" * 32, b"\x22" * 32


@pytest.fixture(params=[LogReader, ProvenLogReader])
def reader(request, rpc):
    return request.param(rpc, window=3)


def head(anvil):
    return block_of(anvil("eth_getBlockByNumber", "latest", False))


async def test_all_logs_of_the_contract_and_topic_are_read_once_in_order(anvil, emitter, reader):
    first = anvil.height + 1
    other = anvil.install(bytes.fromhex("60006000a000"), 0xE112)
    for number in range(8):
        anvil.emit(emitter, OTHER if number == 3 else TOPIC, bytes([number]))
    anvil.emit(other, TOPIC)

    page = await reader.read(emitter, [TOPIC], first, head(anvil))

    assert [log.data[0] for log in page.logs] == [0, 1, 2, 4, 5, 6, 7]
    assert page.next_block == anvil.height + 1


async def test_several_topics_are_alternatives(anvil, emitter, reader):
    first = anvil.height + 1
    anvil.emit(emitter, TOPIC, b"\x01")
    anvil.emit(emitter, OTHER, b"\x02")

    page = await reader.read(emitter, [OTHER, TOPIC], first, head(anvil))

    assert [log.data for log in page.logs] == [b"\x01", b"\x02"]


async def test_reading_stops_at_the_pinned_block(anvil, emitter, reader):
    first = anvil.height + 1
    anvil.emit(emitter, TOPIC, b"\x01")
    pinned = head(anvil)
    anvil.emit(emitter, TOPIC, b"\x02")

    page = await reader.read(emitter, [TOPIC], first, pinned)

    assert [log.data for log in page.logs] == [b"\x01"]
    assert page.next_block == pinned.number + 1


async def test_a_page_ends_with_the_window_that_filled_it_and_the_next_goes_on(anvil, emitter, reader):
    first = anvil.height + 1
    for number in range(7):
        anvil.emit(emitter, TOPIC, bytes([number]))
    pinned = head(anvil)

    one = await reader.read(emitter, [TOPIC], first, pinned, at_most=2)
    two = await reader.read(emitter, [TOPIC], one.next_block, pinned)

    assert one.next_block < pinned.number
    assert [log.data[0] for log in one.logs + two.logs] == list(range(7))


async def test_K18_a_pinned_block_that_went_away_is_not_final(anvil, emitter, reader):
    anvil.mine(5)
    first = anvil.height
    anvil.emit(emitter, TOPIC)
    pinned = head(anvil)
    anvil.reorg(2)

    with pytest.raises(NotFinal):
        await reader.read(emitter, [TOPIC], first, pinned)


# Only the plain reader: windows


def proxy(anvil, node, **changes):
    """A node that passes everything on to Anvil, except what is changed on the way."""

    def forward(method):
        def answer(*params):
            result = anvil(method, *params)
            return changes[method](result, *params) if method in changes else result

        return answer

    for method in ("eth_getBlockByNumber", "eth_getLogs", "eth_getBlockReceipts", "eth_call"):
        node.answers[method] = forward(method)
    return node


async def test_K11_a_window_that_is_too_much_is_halved_down_to_one_block(anvil, emitter, node):
    first = anvil.height + 1
    for number in range(9):
        anvil.emit(emitter, TOPIC, bytes([number]))
    widths = []

    def limited(result, wanted):
        widths.append(int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16) + 1)
        too_many = {"error": {"code": -32005, "message": "query returned more than 2 results"}}
        return too_many if len(result) > 2 else result

    proxy(anvil, node, eth_getLogs=limited)

    async with Rpc(node.url, chain_id=31337) as rpc:
        page = await LogReader(rpc, window=100).read(emitter, [TOPIC], first, head(anvil))

    assert [log.data[0] for log in page.logs] == list(range(9))
    assert widths[:3] == [9, 4, 2]
    assert max(widths[3:]) <= 3


async def test_one_block_that_is_too_much_is_refused(anvil, emitter, node):
    anvil.emit(emitter, TOPIC)
    refusal = {"error": {"code": -32005, "message": "query returned more than 0 results"}}
    proxy(anvil, node, eth_getLogs=lambda *_: refusal)

    async with Rpc(node.url, chain_id=31337) as rpc:
        with pytest.raises(RpcRefused):
            await LogReader(rpc).read(emitter, [TOPIC], anvil.height, head(anvil))


async def test_an_answer_that_is_too_long_is_halved_as_well(anvil, emitter, node):
    first = anvil.height + 1
    for _ in range(8):
        anvil.emit(emitter, TOPIC, bytes(2000))
    proxy(anvil, node)

    async with Rpc(node.url, chain_id=31337, max_body=20_000) as rpc:
        page = await LogReader(rpc).read(emitter, [TOPIC], first, head(anvil))

    assert len(page.logs) == 8


# What a node may do to logs


async def test_K9_repeated_and_shuffled_logs_are_put_right(anvil, emitter, node):
    first = anvil.height + 1
    for number in range(4):
        anvil.emit(emitter, TOPIC, bytes([number]))
    proxy(anvil, node, eth_getLogs=lambda result, _: [*reversed(result), result[0]])

    async with Rpc(node.url, chain_id=31337) as rpc:
        page = await LogReader(rpc).read(emitter, [TOPIC], first, head(anvil))

    assert [log.data[0] for log in page.logs] == [0, 1, 2, 3]


def edit(**fields):
    def change(result, *_):
        result = copy.deepcopy(result)
        result[0].update(fields)
        return result

    return change


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (edit(address="0x" + "44" * 20), BadBlock),
        (edit(topics=["0x" + "44" * 32]), BadBlock),
        (edit(topics=[]), BadBlock),
        (edit(blockNumber="0x0"), BadBlock),
        (edit(blockHash="0x" + "44" * 32), NotFinal),
        (edit(data="zz"), BadBlock),
        (edit(data=None), BadBlock),
        (edit(logIndex="one"), BadBlock),
        (lambda result, *_: [result[0], {**result[0], "data": "0x05"}], BadBlock),
    ],
)
async def test_a_log_that_does_not_fit_is_refused(anvil, emitter, node, change, error):
    anvil.emit(emitter, TOPIC)
    proxy(anvil, node, eth_getLogs=change)

    async with Rpc(node.url, chain_id=31337) as rpc:
        with pytest.raises(error):
            await LogReader(rpc).read(emitter, [TOPIC], anvil.height, head(anvil))


@pytest.mark.parametrize(
    "lie", [lambda receipts, _: receipts[:0], lambda receipts, _: receipts * 2, lambda *_: None]
)
async def test_the_proven_reader_finds_receipts_that_lie(anvil, emitter, node, lie):
    anvil.emit(emitter, TOPIC)
    proxy(anvil, node, eth_getBlockReceipts=lie)

    async with Rpc(node.url, chain_id=31337) as rpc:
        with pytest.raises(BadBlock):
            await ProvenLogReader(rpc).read(emitter, [TOPIC], anvil.height, head(anvil))


def no_bloom(block, number, _):
    return {**block, "logsBloom": "0x" + "00" * 256} if block else block


def another_branch(block, number, _):
    return {**block, "parentHash": "0x" + "44" * 32} if block else block


@pytest.mark.parametrize("lie", [no_bloom, another_branch])
async def test_the_proven_reader_finds_headers_that_lie(anvil, emitter, node, lie):
    anvil.emit(emitter, TOPIC)
    proxy(anvil, node, eth_getBlockByNumber=lie)

    async with Rpc(node.url, chain_id=31337) as rpc:
        with pytest.raises(BadBlock):
            await ProvenLogReader(rpc).read(emitter, [TOPIC], anvil.height, head(anvil))


async def test_the_proven_reader_joins_pages_by_their_hashes(anvil, emitter, rpc):
    reader = ProvenLogReader(rpc)
    anvil.mine(5)
    await reader.read(emitter, [TOPIC], anvil.height - 2, head(anvil))
    anvil.reorg(3)
    first = anvil.height + 1
    anvil.mine(2)

    with pytest.raises(NotFinal):
        await reader.read(emitter, [TOPIC], first, head(anvil))


async def test_readers_of_one_chain_prove_each_block_once(anvil, emitter, node):
    proxy(anvil, node)
    async with Rpc(node.url, chain_id=31337) as rpc:
        blocks = ProvenBlocks(rpc)
        readers = {topic: ProvenLogReader(rpc, blocks=blocks) for topic in (TOPIC, OTHER)}

        async def read_all(first):
            pages = [await readers[topic].read(emitter, [topic], first, head(anvil)) for topic in readers]
            return [log.data for page in pages for log in page.logs]

        first = anvil.height + 1
        anvil.emit(emitter, TOPIC, b"\x01")
        anvil.emit(emitter, OTHER, b"\x02")
        assert await read_all(first) == [b"\x01", b"\x02"]  # the first reader did not know yet of the second
        node.asked.clear()

        for number in range(3):
            anvil.hold()
            anvil.emit(emitter, TOPIC, bytes([number]))
            anvil.emit(emitter, OTHER, bytes([number, number]))
            anvil.mine()
            assert await read_all(anvil.height) == [bytes([number]), bytes([number, number])]

    assert node.asked == ["eth_getBlockByNumber", "eth_getBlockReceipts"] * 3


async def test_what_one_reader_proved_on_another_branch_is_not_shown_to_the_next(anvil, emitter, rpc):
    blocks = ProvenBlocks(rpc)
    one, other = ProvenLogReader(rpc, blocks=blocks), ProvenLogReader(rpc, blocks=blocks)
    anvil.emit(emitter, TOPIC, b"\x01")
    at = anvil.height
    assert len((await one.read(emitter, [TOPIC], at, head(anvil))).logs) == 1

    anvil.reorg(1)

    assert anvil.height == at
    assert (await other.read(emitter, [TOPIC], at, head(anvil))).logs == ()


def test_two_logs_in_one_place_are_a_lie():
    log = Log(Address(bytes(20)), (TOPIC,), b"a", 1, b"hash", b"tx", 0)
    other = Log(Address(bytes(20)), (TOPIC,), b"b", 1, b"hash", b"tx", 0)

    assert in_chain_order([log, log]) == [log]
    with pytest.raises(BadBlock):
        in_chain_order([log, other])


async def test_nothing_new_asks_nothing(anvil, emitter, node):
    async with Rpc(node.url, chain_id=31337) as rpc:
        page = await LogReader(rpc).read(emitter, [TOPIC], 10, Block(9, b"nine", 0))

    assert (page.logs, page.next_block) == ((), 10)
    assert node.asked == []
