"""One cycle of an executor over a view made by hand: what it sends, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from ccip_py.chains.evm.endpoint import RpcRefused
from ccip_py.chains.ports import Block
from ccip_py.execute.fees import FeeRule
from ccip_py.execute.select import Limits
from ccip_py.execute.view import CommittedRoot, ExecutionView
from ccip_py.nodes.config import ExecutorConfig
from ccip_py.nodes.execution_view import ExecutorEyes, Seen
from ccip_py.nodes.executor import TOKEN_STEP_WAITS, LaneExecutor
from ccip_py.nodes.log import quiet_log
from ccip_py.nodes.market import Market
from ccip_py.nodes.metrics import Metrics
from ccip_py.nodes.root_book import OpenRoot, RootBook
from ccip_py.nodes.root_turns import ROOTS_AT_ONCE, Turns
from ccip_py.nodes.token_data import TokenData
from ccip_py.protocol.codec.evm import (
    ExecutionStateChanged,
    decode_execution_report,
    encode_execution_state_changed,
    encode_source_token_data,
)
from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.protocol.ids import Address, ChainSelector, MessageId, Root, SeqNr
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.merkle import root
from ccip_py.protocol.message import ExecutionState, Message, SourceTokenData, TokenAmount
from ccip_py.protocol.report import Interval

ME, ALICE, BOB = Address(b"\x0e" * 20), Address(b"\xa1" * 20), Address(b"\xb0" * 20)
LANE = Lane(
    ChainSelector(11), ChainSelector(22), Address(b"\x01" * 20), Address(b"\x02" * 20), Address(b"\x03" * 20)
)
NOW = 10_000


def alices(nonce: int, **changes: Any) -> Message:
    """Her ordered message number `nonce`, the only one in the lane with this sequence number."""
    message = Message(
        source_chain_selector=LANE.source,
        sender=ALICE,
        receiver=Address(b"\xbe" * 20),
        sequence_number=SeqNr(nonce),
        gas_limit=200_000,
        strict=False,
        nonce=nonce,
        fee_token=Address(b"\xfe" * 20),
        fee_token_amount=1,
        data=b"",
        token_amounts=(),
        source_token_data=(),
        message_id=MessageId(bytes(32)),
    )
    message = replace(message, **changes)
    metadata = metadata_hash(LANE.source, LANE.destination, LANE.on_ramp)
    return replace(message, message_id=MessageId(leaf(message, metadata)))


def seen(*messages: Message) -> Seen:
    """All of them under one blessed root, none executed."""
    first, last = messages[0].sequence_number, messages[-1].sequence_number
    committed = CommittedRoot(
        root([message.message_id for message in messages]), Interval(first, last), NOW - 100, True, NOW - 90
    )
    by_number = {message.sequence_number: message for message in messages}
    view = ExecutionView(LANE, 50, 60, NOW, 30_000_000, (committed,), by_number, {}, {})
    return Seen(view, frozenset({ME}), 0, (), Block(58, b"\x58" * 32, NOW - 4))


@dataclass
class Chain:
    """Executes in simulations whatever is not in `refused`; releases the tokens of all messages, or of none ever."""

    refused: frozenset[str] = frozenset()
    dead_pool: bool = False
    simulates: bool = True  # knows eth_simulateV1

    async def try_batch(self, calls: Sequence[tuple[str, tuple[Any, str]]]) -> list[Any]:
        return [getattr(self, method)(what) for method, (what, _at) in calls]

    def eth_call(self, fields: Mapping[str, str]) -> Any:
        single = fields["from"] == "0x" + LANE.off_ramp.hex()
        if fields["data"] in self.refused or (single and self.dead_pool):
            return RpcRefused("eth_call", 3, "no", b"dead")
        return "0x"

    def eth_simulateV1(self, asked: Any) -> Any:
        if not self.simulates:
            return RpcRefused("eth_simulateV1", -32601, "Method not found")
        [fields] = asked["blockStateCalls"][0]["calls"]
        if fields["data"] in self.refused:
            return [{"calls": [{"status": "0x0", "returnData": "0x", "logs": []}]}]
        messages = decode_execution_report(bytes.fromhex(fields["data"][10:])).messages
        logs = [self.log(message) for message in messages]
        return [{"calls": [{"status": "0x1", "returnData": "0x", "logs": logs}]}]

    def log(self, message: Message) -> Mapping[str, Any]:
        failed = self.dead_pool and bool(message.token_amounts)
        topics, data = encode_execution_state_changed(
            ExecutionStateChanged(
                message.sequence_number,
                message.message_id,
                ExecutionState.FAILURE if failed else ExecutionState.SUCCESS,
                b"dead" if failed else b"",
            )
        )
        place = {"address": "0x" + LANE.off_ramp.hex(), "data": "0x" + data.hex()}
        return {**place, "topics": ["0x" + topic.hex() for topic in topics]}


@dataclass
class Eyes:
    now: Seen
    chain: Chain
    turns: Turns = field(default_factory=Turns)

    @property
    def destination(self) -> SimpleNamespace:
        return SimpleNamespace(rpc=self.chain)

    async def look(self) -> Seen:
        return self.now

    def age(self) -> float:
        return 0.0


class NothingToRelay:
    async def relay(self, _: Seen) -> None:
        pass


@dataclass
class Outgoing:
    address: Address = ME
    calls: list[bytes] = field(default_factory=list)

    async def entries(self) -> list[Any]:
        return []

    async def send(self, to: Address, call: bytes, **_: Any) -> None:
        assert to == LANE.off_ramp
        self.calls.append(call)


def executor(eyes: Eyes, sender: Outgoing) -> LaneExecutor:
    config = ExecutorConfig(limits=Limits(messages=1))
    free = Market(FeeRule(), None, None)
    return LaneExecutor(LANE, "a>b", eyes, NothingToRelay(), free, sender, config, quiet_log(), Metrics())


def executed(sender: Outgoing) -> list[int]:
    """The sequence numbers in what was sent, in order."""
    reports = [decode_execution_report(call[4:]) for call in sender.calls]
    return [message.sequence_number for report in reports for message in report.messages]


@pytest.mark.anyio
async def test_what_pools_need_from_off_chain_goes_with_the_message() -> None:
    class Attestations:
        async def fetch(self, messages: Sequence[Message]) -> TokenData:
            return {message.message_id: (b"attested",) for message in messages}

    sender, token = Outgoing(), TokenAmount(Address(b"\x70" * 20), 5)
    data = encode_source_token_data(SourceTokenData(b"\x01" * 32, b"\x02" * 32, b"", 50_000))
    lane = executor(Eyes(seen(alices(1, token_amounts=(token,), source_token_data=(data,))), Chain()), sender)
    lane.token_data = Attestations()

    await lane.cycle()

    assert decode_execution_report(sender.calls[0][4:]).offchain_token_data == ((b"attested",),)


@pytest.mark.anyio
async def test_a_batch_that_continues_the_nonces_of_the_one_before_goes_out_in_the_same_cycle() -> None:
    sender = Outgoing()

    await executor(Eyes(seen(alices(1), alices(2), alices(3)), Chain()), sender).cycle()

    assert executed(sender) == [1, 2, 3]


@pytest.mark.parametrize("simulates", [True, False])
@pytest.mark.anyio
async def test_a_batch_behind_one_that_cannot_go_out_waits_with_it(simulates: bool) -> None:
    messages = [alices(1), alices(2)]
    sender, willing = Outgoing(), Outgoing()
    await executor(Eyes(seen(*messages), Chain()), willing).cycle()
    refusing = Chain(frozenset({"0x" + willing.calls[0].hex()}), simulates=simulates)

    await executor(Eyes(seen(*messages), refusing), sender).cycle()

    assert sender.calls == []


@pytest.mark.parametrize("simulates", [True, False])
@pytest.mark.anyio
async def test_a_message_whose_tokens_never_come_fails_on_the_record_after_a_few_waits(
    simulates: bool,
) -> None:
    token = TokenAmount(Address(b"\x70" * 20), 5)
    data = encode_source_token_data(SourceTokenData(b"\x01" * 32, b"\x02" * 32, b"", 50_000))
    pool = Chain(dead_pool=True, simulates=simulates)
    eyes, sender = (
        Eyes(seen(alices(1, token_amounts=(token,), source_token_data=(data,))), pool),
        Outgoing(),
    )
    lane = executor(eyes, sender)

    for waits in range(TOKEN_STEP_WAITS):
        assert executed(sender) == [], waits
        await lane.cycle()
        later = eyes.now.view.now + 3_600
        eyes.now = replace(eyes.now, view=replace(eyes.now.view, now=later))
    await lane.cycle()

    assert executed(sender) == [1]


@dataclass
class Hasty(Chain):
    """While it takes in a block, tokens seem not to come: the first time it is asked."""

    async def try_batch(self, calls: Sequence[tuple[str, tuple[Any, str]]]) -> list[Any]:
        answers = await super().try_batch(calls)
        self.dead_pool = False
        return answers


@pytest.mark.anyio
async def test_a_message_is_not_set_aside_because_a_node_mixed_up_two_blocks() -> None:
    token = TokenAmount(Address(b"\x70" * 20), 5)
    data = encode_source_token_data(SourceTokenData(b"\x01" * 32, b"\x02" * 32, b"", 50_000))
    chain, sender = Hasty(dead_pool=True), Outgoing()

    await executor(
        Eyes(seen(alices(1, token_amounts=(token,), source_token_data=(data,))), chain), sender
    ).cycle()

    assert executed(sender) == [1]


@pytest.mark.anyio
async def test_messages_that_wait_for_their_tokens_hold_up_nobody_in_their_batch() -> None:
    token = TokenAmount(Address(b"\x70" * 20), 5)
    data = encode_source_token_data(SourceTokenData(b"\x01" * 32, b"\x02" * 32, b"", 50_000))
    stuck = alices(1, sender=BOB, token_amounts=(token,), source_token_data=(data,))
    others = [alices(1, sequence_number=SeqNr(2)), alices(2, sequence_number=SeqNr(3))]
    eyes, sender = Eyes(seen(stuck, *others), Chain(dead_pool=True)), Outgoing()
    lane = executor(eyes, sender)
    lane.config = ExecutorConfig(limits=Limits(messages=9))

    await lane.cycle()

    assert executed(sender) == [2, 3]


@pytest.mark.anyio
async def test_an_executor_says_which_messages_it_set_aside_until_their_time_has_come() -> None:
    token = TokenAmount(Address(b"\x70" * 20), 5)
    data = encode_source_token_data(SourceTokenData(b"\x01" * 32, b"\x02" * 32, b"", 50_000))
    eyes = Eyes(seen(alices(1, token_amounts=(token,), source_token_data=(data,))), Chain(dead_pool=True))
    lane = executor(eyes, Outgoing())

    await lane.cycle()
    await lane.cycle()
    assert eyes.turns.asleep == {1}

    eyes.now = replace(eyes.now, view=replace(eyes.now.view, now=NOW + 3_600))
    await lane.cycle()
    await lane.cycle()
    assert eyes.turns.asleep == {1}  # again: it was tried and still fails
    assert lane._aside[eyes.now.view.messages[SeqNr(1)].message_id].times == 2


def test_roots_of_messages_that_were_set_aside_hold_up_no_other_root() -> None:
    everything = {number: alices(number) for number in range(1, ROOTS_AT_ONCE + 2)}
    stream = SimpleNamespace(messages=lambda first, last: [everything[n] for n in range(first, last + 1)])
    eyes = ExecutorEyes(LANE, *[SimpleNamespace()] * 3, stream, *[SimpleNamespace()] * 3)  # type: ignore[arg-type]
    roots = tuple(OpenRoot(Root(bytes([n]) * 32), Interval(SeqNr(n), SeqNr(n))) for n in everything)
    book, blessed = RootBook(1, roots), frozenset(each.root for each in roots)

    assert ROOTS_AT_ONCE + 1 not in eyes._messages(book, blessed)
    eyes.turns.next_cycle({SeqNr(number) for number in range(1, ROOTS_AT_ONCE + 1)})
    found = eyes._messages(book, blessed)

    assert ROOTS_AT_ONCE + 1 in found
    assert len(found) == ROOTS_AT_ONCE
