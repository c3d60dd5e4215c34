"""One node's own connection to one chain: endpoints, pinned heads, views."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import anyio
from anyio.abc import TaskGroup

from ccip_py.chains.deployment import ChainDeployment, Deployment
from ccip_py.chains.evm.caller import Caller
from ccip_py.chains.evm.endpoint import Target
from ccip_py.chains.evm.finality import FinalityReader
from ccip_py.chains.evm.logs import ProvenBlocks
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.http import Carrier
from ccip_py.chains.ports import FinalityStore, Heads, HeadSource
from ccip_py.protocol.ids import ChainSelector

from .block_clock import BlockClock
from .cycle import Nudge, Pace, run_cycles
from .log import Log
from .metrics import Metrics

RpcUrls = Mapping[ChainSelector, Sequence[str | Target]]
"""The node's own endpoints by chain. A chain that is not named is reached where the deployment says."""


ALONE, AMONG_OTHERS = 10.0, 4.0
"""Seconds that an endpoint may take to answer: less where another one can be asked instead."""

PIN_AGE = 0.3
"""Seconds for which one look at a chain's heads serves all loops of a node: far below any block time."""

UNTOLD = 1.0
"""Seconds after which whoever waits for a new block looks for himself."""


class SharedHeads:
    """One look at the heads for everybody who asks at about the same time, and word to everybody of a new one."""

    def __init__(self, source: HeadSource, clock: Callable[[], float] = time.monotonic) -> None:
        self._source, self._clock = source, clock
        self._lock = anyio.Lock()
        self._pinned: Heads | None = None
        self._at = float("-inf")
        self._told: Heads | None = None
        self._rhythm = BlockClock()
        self._waiting: list[Nudge] = []

    async def pin(self) -> Heads:
        """The heads, at most `PIN_AGE` old."""
        return await self._pin(PIN_AGE)

    def tell(self, nudge: Nudge) -> None:
        """From now on nudge this one whenever there is a new block."""
        self._waiting.append(nudge)

    async def follow(self, pause: float) -> None:
        """One cycle: look, tell those who wait if there is a new block, and wait for the time of the next one."""
        heads: Heads | None = None
        try:
            heads = await self._pin(0.0)
        finally:  # who waits finds out for himself what is wrong
            if heads is None or heads != self._told:
                self._told = heads
                for nudge in self._waiting:
                    nudge.now()
        self._rhythm = self._rhythm.after(heads.latest.number, self._clock())
        await anyio.sleep(self._rhythm.wait(self._clock(), pause))

    async def _pin(self, age: float) -> Heads:
        async with self._lock:
            if self._pinned is None or self._clock() - self._at > age:
                self._pinned = None
                self._pinned = await self._source.pin()
                self._at = self._clock()
            return self._pinned


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a node takes from outside besides its chains. A network that is driven step by step gives its own."""

    clock: Callable[[], float] = time.monotonic
    carrier: Carrier | None = None  # of requests to chains; None: connections of the node's own


WORLD = Surroundings()


@dataclass(frozen=True, slots=True)
class ChainLink:
    facts: ChainDeployment
    rpc: Rpc
    caller: Caller
    heads: SharedHeads
    blocks: ProvenBlocks  # shared by the lanes out of this chain

    @property
    def selector(self) -> ChainSelector:
        return self.facts.selector


def follow(tasks: TaskGroup, links: Iterable[ChainLink], pause: float, log: Log, metrics: Metrics) -> None:
    """Look for new blocks of these chains, each named once or more, for as long as the node runs."""
    for link in {link.selector: link for link in links}.values():
        cycle = partial(link.heads.follow, pause)
        tasks.start_soon(run_cycles, f"heads {link.facts.name}", cycle, Pace(pause=0.0), log, metrics)


def on_new_blocks(*links: ChainLink) -> Nudge:
    """What is nudged whenever one of these chains has a new block."""
    nudge = Nudge()
    for link in links:
        link.heads.tell(nudge)
    return nudge


@asynccontextmanager
async def connect(
    deployment: Deployment,
    selectors: Sequence[ChainSelector],
    urls: RpcUrls,
    store: FinalityStore,
    around: Surroundings = WORLD,
) -> AsyncIterator[Mapping[ChainSelector, ChainLink]]:
    """Links to those chains, closed at the end. Nothing is asked before it is needed."""
    async with AsyncExitStack() as stack:
        links: dict[ChainSelector, ChainLink] = {}
        for selector in selectors:
            chain = deployment.chain(selector)
            places = list(urls.get(selector) or [chain.rpc_url])
            patience = ALONE if len(places) == 1 else AMONG_OTHERS
            rpc = Rpc(
                places,
                chain_id=chain.chain_id,
                genesis=store.genesis(selector),
                carrier=around.carrier,
                timeout=patience,
            )
            await stack.enter_async_context(rpc)
            heads = SharedHeads(FinalityReader(rpc, selector, chain.finality, store), around.clock)
            links[selector] = ChainLink(chain, rpc, Caller(rpc), heads, ProvenBlocks(rpc))
        yield links
