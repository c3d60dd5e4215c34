"""One node's own connection to one chain: endpoints, pinned heads, views."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import anyio

from ccip_py.chains.deployment import ChainDeployment, Deployment
from ccip_py.chains.evm.caller import Caller
from ccip_py.chains.evm.endpoint import Target
from ccip_py.chains.evm.finality import FinalityReader
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.http import Carrier
from ccip_py.chains.ports import FinalityStore, Heads, HeadSource
from ccip_py.protocol.ids import ChainSelector

RpcUrls = Mapping[ChainSelector, Sequence[str | Target]]
"""The node's own endpoints by chain. A chain that is not named is reached where the deployment says."""


ALONE, AMONG_OTHERS = 10.0, 4.0
"""Seconds that an endpoint may take to answer: less where another one can be asked instead."""

PIN_AGE = 0.3
"""Seconds for which one look at a chain's heads serves all loops of a node: far below any block time."""


class SharedHeads:
    """One look at the heads for everybody who asks at about the same time."""

    def __init__(self, source: HeadSource, clock: Callable[[], float] = time.monotonic) -> None:
        self._source, self._clock = source, clock
        self._lock = anyio.Lock()
        self._pinned: Heads | None = None
        self._at = 0.0

    async def pin(self) -> Heads:
        async with self._lock:
            if self._pinned is None or self._clock() - self._at > PIN_AGE:
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
    heads: HeadSource

    @property
    def selector(self) -> ChainSelector:
        return self.facts.selector


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
            rpc = Rpc(places, chain_id=chain.chain_id, carrier=around.carrier, timeout=patience)
            await stack.enter_async_context(rpc)
            heads = SharedHeads(FinalityReader(rpc, selector, chain.finality, store), around.clock)
            links[selector] = ChainLink(chain, rpc, Caller(rpc), heads)
        yield links
