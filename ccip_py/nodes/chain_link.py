"""One node's own connection to one chain: endpoints, pinned heads, views."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ccip_py.chains.deployment import ChainDeployment, Deployment
from ccip_py.chains.evm.caller import Caller
from ccip_py.chains.evm.finality import FinalityReader
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import FinalityStore, HeadSource
from ccip_py.protocol.ids import ChainSelector

RpcUrls = Mapping[ChainSelector, Sequence[str]]
"""The node's own endpoints by chain. A chain that is not named is reached where the deployment says."""


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
    deployment: Deployment, selectors: Sequence[ChainSelector], urls: RpcUrls, store: FinalityStore
) -> AsyncIterator[Mapping[ChainSelector, ChainLink]]:
    """Links to those chains, closed at the end. Nothing is asked before it is needed."""
    async with AsyncExitStack() as stack:
        links: dict[ChainSelector, ChainLink] = {}
        for selector in selectors:
            chain = deployment.chain(selector)
            rpc = Rpc(list(urls.get(selector) or [chain.rpc_url]), chain_id=chain.chain_id)
            await stack.enter_async_context(rpc)
            heads = FinalityReader(rpc, selector, chain.finality, store)
            links[selector] = ChainLink(chain, rpc, Caller(rpc), heads)
        yield links
