"""One look at a chain's heads serves a whole node, and everybody hears of a new block."""

from __future__ import annotations

from contextlib import suppress

import anyio
import pytest
from anyio.lowlevel import checkpoint

from ccip_py.chains.ports import Block, Heads
from ccip_py.errors import EndpointDown
from ccip_py.nodes.chain_link import SharedHeads
from ccip_py.nodes.cycle import Nudge

pytestmark = pytest.mark.anyio


class Chain:
    """A `HeadSource` whose newest block is told by hand."""

    def __init__(self) -> None:
        self.height: int | None = 1
        self.asked = 0

    async def pin(self) -> Heads:
        self.asked += 1
        if self.height is None:
            raise EndpointDown("away")
        block = Block(self.height, bytes([self.height] * 32), self.height)
        return Heads(block, block)


async def heard(heads: SharedHeads, nudge: Nudge) -> bool:
    """Whether one cycle nudges."""
    nudged = False

    async def listen() -> None:
        nonlocal nudged
        await nudge.wait(3600.0)
        nudged = True

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        await checkpoint()
        with suppress(EndpointDown):
            await heads.follow(0.0)
        await checkpoint()
        await checkpoint()
        tasks.cancel_scope.cancel()
    return nudged


async def test_who_waits_is_told_of_each_new_block_once() -> None:
    chain, nudge = Chain(), Nudge()
    heads = SharedHeads(chain)
    heads.tell(nudge)

    assert await heard(heads, nudge)
    assert not await heard(heads, nudge)
    chain.height = 2
    assert await heard(heads, nudge)


async def test_who_waits_is_told_when_the_chain_cannot_be_seen() -> None:
    chain, nudge = Chain(), Nudge()
    heads = SharedHeads(chain)
    heads.tell(nudge)
    await heads.follow(0.0)

    chain.height = None
    assert await heard(heads, nudge)


async def test_whoever_asks_after_a_new_block_was_told_gets_that_block_for_nothing() -> None:
    chain = Chain()
    heads = SharedHeads(chain)
    await heads.follow(0.0)
    chain.height = 2
    await heads.follow(0.0)
    asked = chain.asked

    assert (await heads.pin()).latest.number == 2
    assert chain.asked == asked
