"""The executor's book of open roots follows the destination: each block is read when it is new and again when it is final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from ccip_py.chains.ports import Block, Heads, Log, LogPage
from ccip_py.nodes.execution_view import ExecutorEyes
from ccip_py.nodes.root_book import RootBook
from ccip_py.protocol.codec.evm import (
    EXECUTION_STATE_CHANGED,
    REPORT_ACCEPTED,
    ExecutionStateChanged,
    encode_execution_state_changed,
    encode_report_accepted,
)
from ccip_py.protocol.ids import Address, ChainSelector, MessageId, Root, SeqNr
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.message import ExecutionState
from ccip_py.protocol.report import CommitReport, Interval, PriceUpdates

pytestmark = pytest.mark.anyio

STORE, OFF_RAMP = Address(b"\x02" * 20), Address(b"\x03" * 20)
LANE = Lane(ChainSelector(11), ChainSelector(22), Address(b"\x01" * 20), STORE, OFF_RAMP)
FINALITY = 3

Event = tuple[Address, tuple[bytes, ...], bytes]


def committed(first: int, last: int) -> Event:
    report = CommitReport(PriceUpdates(), Interval(SeqNr(first), SeqNr(last)), Root(bytes([first]) * 32))
    return STORE, (REPORT_ACCEPTED,), encode_report_accepted(report)


def executed(number: int) -> Event:
    outcome = ExecutionStateChanged(
        SeqNr(number), MessageId(bytes([number]) * 32), ExecutionState.SUCCESS, b""
    )
    return OFF_RAMP, *encode_execution_state_changed(outcome)


@dataclass
class Chain:
    """A destination whose blocks are written by hand. `reads`: which blocks' attempts were asked for."""

    blocks: list[tuple[Block, tuple[Event, ...]]] = field(default_factory=list)
    reads: list[range] = field(default_factory=list)

    def mine(self, *events: Event, branch: bytes = b"") -> None:
        number = len(self.blocks)
        self.blocks.append((Block(number, keccak(b"%d" % number + branch), number), events))

    @property
    def heads(self) -> Heads:
        return Heads(self.blocks[-1][0], self.blocks[max(0, len(self.blocks) - 1 - FINALITY)][0])

    async def read(
        self, address: Address, topics: Sequence[bytes], first: int, last: Block, at_most: int = 0
    ) -> LogPage:
        if EXECUTION_STATE_CHANGED in topics and first <= last.number:
            self.reads.append(range(first, last.number + 1))
        logs = [
            Log(address, what, data, block.number, block.hash, bytes(32), index)
            for block, events in self.blocks[first : last.number + 1]
            for index, (contract, what, data) in enumerate(events)
            if contract == address
        ]
        return LogPage(tuple(logs), last.number + 1)

    async def call(self, _method: str, number: str, _full: bool) -> Any:
        place = int(number, 16)
        if place >= len(self.blocks):
            return None
        block = self.blocks[place][0]
        return {"number": number, "hash": "0x" + block.hash.hex(), "timestamp": hex(block.timestamp)}


class Notes:
    """A cache that keeps a note."""

    text: str | None = None

    def note(self) -> str | None:
        return self.text

    def keep_note(self, text: str) -> None:
        self.text = text


def eyes(chain: Chain, notes: Notes | None = None) -> ExecutorEyes:
    facts, nothing = SimpleNamespace(off_ramp_block=0), SimpleNamespace()
    there = SimpleNamespace(rpc=chain)
    return ExecutorEyes(LANE, facts, nothing, there, nothing, chain, chain, notes or Notes())  # type: ignore[arg-type]


def five_of_nine() -> Chain:
    """A root of nine messages, and the first five of them executed, one in each block."""
    chain = Chain()
    chain.mine(committed(1, 9))
    for number in (1, 2, 3, 4, 5):
        chain.mine(executed(number))
    return chain


def states(book: RootBook) -> dict[int, set[int]]:
    return {each.interval.first: set(each.states) for each in book.roots}


async def test_each_block_is_read_when_it_is_new_and_when_it_is_final() -> None:
    chain = Chain()
    chain.mine(committed(1, 40))
    looking = eyes(chain)

    for number in range(1, 30):
        chain.mine(executed(number))
        book = await looking._book(chain.heads)

    assert states(book) == {1: set(range(1, 30))}
    often = [sum(number in read for read in chain.reads) for number in range(1, 30 - FINALITY)]
    assert often == [2] * len(often)


async def test_what_was_reorganised_away_is_forgotten() -> None:
    chain = five_of_nine()
    looking = eyes(chain)
    assert states(await looking._book(chain.heads)) == {1: {1, 2, 3, 4, 5}}

    del chain.blocks[4:]
    chain.mine(branch=b"other")
    chain.mine(committed(10, 12), branch=b"other")
    assert states(await looking._book(chain.heads)) == {1: {1, 2, 3}, 10: set()}

    chain.mine(executed(4), branch=b"other")
    assert states(await looking._book(chain.heads)) == {1: {1, 2, 3, 4}, 10: set()}


async def test_what_another_longer_branch_has_not_got_is_forgotten() -> None:
    chain = five_of_nine()
    looking = eyes(chain)
    await looking._book(chain.heads)

    del chain.blocks[4:]
    for _ in range(3):
        chain.mine(branch=b"other")

    assert states(await looking._book(chain.heads)) == {1: {1, 2, 3}}


async def test_a_chain_that_became_shorter_is_read_as_it_is() -> None:
    chain = five_of_nine()
    looking = eyes(chain)
    await looking._book(chain.heads)

    del chain.blocks[5:]
    assert states(await looking._book(chain.heads)) == {1: {1, 2, 3, 4}}


async def test_a_restart_goes_on_where_the_final_book_ends() -> None:
    chain, notes = Chain(), Notes()
    chain.mine(committed(1, 40))
    for number in range(1, 20):
        chain.mine(executed(number))
    await eyes(chain, notes)._book(chain.heads)
    chain.reads.clear()

    book = await eyes(chain, notes)._book(chain.heads)

    assert states(book) == {1: set(range(1, 20))}
    assert min(read.start for read in chain.reads) == 20 - FINALITY
