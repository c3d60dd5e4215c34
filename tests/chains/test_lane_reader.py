"""What is new on a lane is read without a gap, and how it stands is read in one batch.

Messages are on a real Anvil, behind a contract that counts and logs like an OnRamp; what a lying node does to them
is done on the way. Events of the destination come from a log source in memory: reading them adds nothing to it.
"""

from dataclasses import replace

import pytest

from ccip_py.chains.evm.blocks import BadBlock, block_of
from ccip_py.chains.evm.caller import Caller
from ccip_py.chains.evm.contracts import Price
from ccip_py.chains.evm.decode import Attempted, Committed, Removed
from ccip_py.chains.evm.lane_reader import (
    DestinationState,
    MessageCursor,
    MissingLogs,
    SourceState,
    find_message_block,
    read_attempts,
    read_blessed,
    read_commits,
    read_destination,
    read_gas_price,
    read_messages,
    read_nonces,
    read_prices,
    read_source,
    read_states,
)
from ccip_py.chains.evm.logs import LogReader, ProvenLogReader
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import Block, Log, LogPage
from ccip_py.errors import ContractRefused
from ccip_py.protocol.codec.evm import (
    CCIP_SEND_REQUESTED,
    REPORT_ACCEPTED,
    ROOT_REMOVED,
    ExecutionStateChanged,
    encode_ccip_send_requested,
    encode_execution_state_changed,
    encode_report_accepted,
)
from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.protocol.ids import Address, ChainSelector, MessageId, Root, SeqNr
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.message import ExecutionState, Message
from ccip_py.protocol.report import CommitReport, Interval, PriceUpdates

pytestmark = pytest.mark.anyio
A, B = ChainSelector(7759470850252068959), ChainSelector(3379446385462418246)
STORE, OFF_RAMP, RMN_PROXY = (Address(bytes([n]) * 20) for n in (2, 3, 4))
PINNED = Block(50, b"\x05" * 32, 0)


@pytest.fixture
def lane(emitter):
    return Lane(A, B, emitter, STORE, OFF_RAMP)


def a_message(lane, seq_nr, data=b""):
    draft = Message(
        source_chain_selector=lane.source,
        sender=Address(b"\x0a" * 20),
        receiver=Address(b"\x0b" * 20),
        sequence_number=SeqNr(seq_nr),
        gas_limit=200_000,
        strict=False,
        nonce=seq_nr,
        fee_token=Address(b"\x0c" * 20),
        fee_token_amount=7,
        data=data,
        token_amounts=(),
        source_token_data=(),
        message_id=MessageId(bytes(32)),
    )
    return replace(
        draft, message_id=MessageId(leaf(draft, metadata_hash(lane.source, lane.destination, lane.on_ramp)))
    )


def send(anvil, lane, *seq_nrs):
    for seq_nr in seq_nrs:
        anvil.emit(lane.on_ramp, CCIP_SEND_REQUESTED, encode_ccip_send_requested(a_message(lane, seq_nr)))


def head(anvil):
    return block_of(anvil("eth_getBlockByNumber", "latest", False))


def numbers(found):
    return [sent.message.sequence_number for sent in found]


# Messages


@pytest.mark.parametrize("reader", [LogReader, ProvenLogReader])
async def test_messages_are_read_once_and_the_cursor_goes_on(anvil, rpc, lane, reader):
    cursor = MessageCursor(anvil.height + 1, SeqNr(1))
    logs, caller = reader(rpc), Caller(rpc)
    send(anvil, lane, 1, 2, 3)

    first, cursor = await read_messages(logs, caller, lane, cursor, head(anvil))
    send(anvil, lane, 4)
    second, cursor = await read_messages(logs, caller, lane, cursor, head(anvil))
    third, same = await read_messages(logs, caller, lane, cursor, head(anvil))

    assert [numbers(found) for found in (first, second, third)] == [[1, 2, 3], [4], []]
    assert first[0].message == a_message(lane, 1)
    assert cursor == same == MessageCursor(anvil.height + 1, SeqNr(5))


async def test_pages_are_joined_without_a_gap(anvil, rpc, lane):
    cursor = MessageCursor(anvil.height + 1, SeqNr(1))
    send(anvil, lane, *range(1, 8))
    logs, caller, pinned = LogReader(rpc, window=2), Caller(rpc), head(anvil)
    read = []

    while cursor.next_block <= pinned.number:
        page, cursor = await read_messages(logs, caller, lane, cursor, pinned, at_most=2)
        assert len(page) <= 3
        read += numbers(page)

    assert read == list(range(1, 8))


async def test_only_messages_up_to_the_pinned_block_are_read(anvil, rpc, lane):
    cursor = MessageCursor(anvil.height + 1, SeqNr(1))
    send(anvil, lane, 1)
    pinned = head(anvil)
    send(anvil, lane, 2)

    found, cursor = await read_messages(LogReader(rpc), Caller(rpc), lane, cursor, pinned)

    assert numbers(found) == [1]
    assert cursor.next_seq_nr == 2


async def test_I12_a_number_that_is_skipped_is_missing(anvil, rpc, lane):
    cursor = MessageCursor(anvil.height + 1, SeqNr(1))
    send(anvil, lane, 1, 3)

    with pytest.raises(MissingLogs) as caught:
        await read_messages(LogReader(rpc), Caller(rpc), lane, cursor, head(anvil))

    assert caught.value.context == {"expected": 2, "got": 3}


async def test_a_message_that_is_not_its_id_is_refused(anvil, rpc, lane):
    forged = replace(a_message(lane, 1), fee_token_amount=8)
    first = anvil.height + 1
    anvil.emit(lane.on_ramp, CCIP_SEND_REQUESTED, encode_ccip_send_requested(forged))

    with pytest.raises(BadBlock, match="not the one its id names"):
        await read_messages(LogReader(rpc), Caller(rpc), lane, MessageCursor(first), head(anvil))


async def test_a_log_that_is_no_message_is_refused(anvil, rpc, lane):
    first = anvil.height + 1
    anvil.emit(lane.on_ramp, CCIP_SEND_REQUESTED, b"\x01")

    with pytest.raises(BadBlock, match="cannot be decoded"):
        await read_messages(LogReader(rpc), Caller(rpc), lane, MessageCursor(first), head(anvil))


@pytest.mark.parametrize("left_out", [0, 1, 2])
async def test_K7_a_message_that_the_node_leaves_out_is_noticed(anvil, node, lane, left_out):
    cursor = MessageCursor(anvil.height + 1, SeqNr(1))
    send(anvil, lane, 1, 2, 3)
    for method in ("eth_getBlockByNumber", "eth_call"):
        node.answers[method] = lambda *params, method=method: anvil(method, *params)

    def without(wanted):
        logs = anvil("eth_getLogs", wanted)
        return logs[:left_out] + logs[left_out + 1 :]

    node.answers["eth_getLogs"] = without
    async with Rpc(node.url, chain_id=31337) as liar:
        with pytest.raises(MissingLogs):
            await read_messages(LogReader(liar), Caller(liar), lane, cursor, head(anvil))


async def test_a_start_in_the_middle_of_a_block_drops_what_came_before(anvil, rpc, lane):
    anvil.hold()
    send(anvil, lane, 1, 2, 3)
    anvil.mine()

    cursor = MessageCursor(anvil.height, SeqNr(2))
    found, _ = await read_messages(LogReader(rpc), Caller(rpc), lane, cursor, head(anvil))

    assert numbers(found) == [2, 3]


async def test_the_block_of_a_message_is_found_by_halving(anvil, rpc, lane):
    blocks = {}
    for seq_nr in range(1, 6):
        anvil.mine(3)
        send(anvil, lane, seq_nr)
        blocks[seq_nr] = anvil.height
    caller, pinned = Caller(rpc), head(anvil)

    found = {n: await find_message_block(caller, lane.on_ramp, SeqNr(n), 1, pinned) for n in blocks}

    assert found == blocks
    assert await find_message_block(caller, lane.on_ramp, SeqNr(6), 1, pinned) == pinned.number


async def test_without_old_state_the_search_gives_the_beginning(node, lane):
    node.answers["eth_call"] = {"error": {"code": -32000, "message": "missing trie node"}}

    async with Rpc(node.url, chain_id=31337) as rpc:
        assert await find_message_block(Caller(rpc), lane.on_ramp, SeqNr(6), 3, PINNED) == 3


# Events of the destination


class Logs:
    """Logs in memory, behind the same port."""

    def __init__(self, *logs):
        self.logs = [
            Log(address, topics, data, 10 + n, b"block", b"tx", n)
            for n, (address, topics, data) in enumerate(logs)
        ]

    async def read(self, address, topics, first, last, at_most=10_000):
        found = [
            x for x in self.logs if x.address == address and x.topics[0] in topics and x.block_number >= first
        ]
        return LogPage(tuple(found), last.number + 1)


async def test_commits_and_removals_come_in_chain_order(lane):
    root = Root(b"\x09" * 32)
    report = CommitReport(PriceUpdates(), Interval(SeqNr(1), SeqNr(2)), root)
    logs = Logs(
        (STORE, (REPORT_ACCEPTED,), encode_report_accepted(report)),
        (STORE, (ROOT_REMOVED,), root),
        (OFF_RAMP, (REPORT_ACCEPTED,), b"a look-alike"),
    )

    events, next_block = await read_commits(logs, lane, 0, PINNED)

    assert [type(event) for event in events] == [Committed, Removed]
    assert events[0].report == report
    assert events[1].root == root
    assert next_block == 51


@pytest.mark.parametrize("state", [ExecutionState.SUCCESS, ExecutionState.FAILURE])
async def test_attempts_carry_their_outcome(lane, state):
    outcome = ExecutionStateChanged(SeqNr(5), MessageId(b"\x06" * 32), state, b"why")
    topics, data = encode_execution_state_changed(outcome)

    events, _ = await read_attempts(Logs((OFF_RAMP, topics, data)), lane, 0, PINNED)

    assert [(type(event), event.outcome) for event in events] == [(Attempted, outcome)]


async def test_outcomes_that_make_no_sense_are_refused(lane):
    topics, data = encode_execution_state_changed(
        ExecutionStateChanged(SeqNr(5), MessageId(b"\x06" * 32), ExecutionState.SUCCESS, b"")
    )

    for bad in (topics[:2], data), (topics, data[:31]), (topics, b"\xff" * 32 + data[32:]):
        with pytest.raises(BadBlock):
            await read_attempts(Logs((OFF_RAMP, *bad)), lane, 0, PINNED)


# State


def word(*values):
    return b"".join(value.to_bytes(32, "big") for value in values)


@pytest.fixture
def views(node):
    """Answers by signature; anything else reverts."""
    answers = {}

    def call(request, _block):
        for signature, answer in answers.items():
            if request["data"].startswith("0x" + keccak(signature.encode())[:4].hex()):
                return "0x" + answer.hex()
        return {"error": {"code": 3, "message": "execution reverted", "data": "0x"}}

    node.answers["eth_call"] = call
    return answers


@pytest.fixture
async def caller(node):
    async with Rpc(node.url, chain_id=31337) as rpc:
        yield Caller(rpc)


@pytest.fixture
def destination(views):
    views.update(
        {
            "getExpectedNextSequenceNumber()": word(7),
            "getLatestPriceEpochAndRound()": word(0x105),
            "latestConfigDetails()": word(1, 2) + b"\x0d" * 32,
            "paused()": word(0),
            "isCursed(bytes16)": word(0),
            "epochOf(uint64)": word(3),
        }
    )
    return views


async def test_the_destination_is_read_in_one_batch(node, caller, lane, destination):
    state = await read_destination(caller, lane, RMN_PROXY, PINNED)

    assert state == DestinationState(
        SeqNr(7), 0x105, b"\x0d" * 32, paused=False, cursed=False, blessing_epoch=3
    )
    assert node.asked == ["eth_chainId"] + ["eth_call"] * 6


@pytest.mark.parametrize("answer", [None, b"", word(2), b"\x00", word(1)])
async def test_an_rmn_that_does_not_plainly_say_no_has_cursed(caller, lane, destination, answer):
    del destination["isCursed(bytes16)"]
    if answer is not None:
        destination["isCursed(bytes16)"] = answer

    assert (await read_destination(caller, lane, RMN_PROXY, PINNED)).cursed
    assert (await read_source(caller, lane, RMN_PROXY, PINNED)) == SourceState(SeqNr(7), cursed=True)


async def test_a_commit_store_that_reverts_is_a_refusal(caller, lane, destination):
    del destination["paused()"]

    with pytest.raises(ContractRefused):
        await read_destination(caller, lane, RMN_PROXY, PINNED)


async def test_states_nonces_and_blessings_come_by_what_was_asked(caller, lane, views):
    views["getExecutionState(uint64)"] = word(3)
    views["getSenderNonce(address)"] = word(9)
    views["isBlessed(bytes32)"] = word(1)
    root, sender = Root(b"\x01" * 32), Address(b"\x02" * 20)

    states = await read_states(caller, lane, [SeqNr(4), SeqNr(5)], PINNED)

    assert states == {4: ExecutionState.FAILURE, 5: ExecutionState.FAILURE}
    assert await read_nonces(caller, lane, [sender, sender], PINNED) == {sender: 9}
    assert await read_blessed(caller, lane, [root], PINNED) == {root: True}


async def test_nothing_asked_is_nothing_sent(node, caller, lane):
    assert await read_states(caller, lane, [], PINNED) == {}
    assert await read_nonces(caller, lane, [], PINNED) == {}
    assert await read_blessed(caller, lane, [], PINNED) == {}
    assert node.asked == []


async def test_prices_come_by_token_and_by_chain(caller, views):
    token = Address(b"\x02" * 20)
    views["getTokenPrices(address[])"] = word(32, 1, 10**18, 1234)
    views["getDestinationChainGasPrice(uint64)"] = word(77, 1235)

    prices = await read_prices(caller, RMN_PROXY, [token], [A], PINNED)

    assert prices.tokens == {token: Price(10**18, 1234)}
    assert prices.gas == {A: Price(77, 1235)}


async def test_the_gas_price_is_what_a_transaction_pays_now(anvil, rpc):
    anvil("anvil_setNextBlockBaseFeePerGas", hex(5_000_000_000))
    anvil.mine()
    tip = int(anvil("eth_maxPriorityFeePerGas"), 16)

    assert await read_gas_price(rpc) == 5_000_000_000 + tip


async def test_free_gas_costs_one_wei_to_contracts_that_take_zero_for_no_price():
    class Free:
        async def batch(self, requests):
            return [{}, "0x0"]

    assert await read_gas_price(Free()) == 1
