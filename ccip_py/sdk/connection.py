"""What both clients do alike besides their flows: name endpoints."""

from __future__ import annotations

from collections.abc import Mapping

from ccip_py.chains.deployment import Deployment
from ccip_py.chains.rpc_headers import read_headers
from ccip_py.protocol.ids import ChainSelector
from ccip_py.sdk.book import Book
from ccip_py.sdk.drive import Endpoint, RpcUrl

Routers = Mapping[str, tuple[Endpoint, str]]
"""By the name a chain is to have: its RPC URL or Web3 object, and the Router's address there."""


def endpoints_of(
    network: Deployment | Book, rpc_urls: Mapping[str, Endpoint] | None
) -> dict[ChainSelector, Endpoint]:
    """Where each chain is asked: what the deployment says, or instead of it what the caller does."""
    chains = () if isinstance(network, Book) else network.chains
    given = rpc_urls or {}
    known = {c.name: RpcUrl(c.rpc_url, read_headers(c.rpc_headers)) for c in chains if c.name not in given}
    named: dict[str, Endpoint] = {**known, **given}
    return {chain.selector: named[chain.name] for chain in network.chains if chain.name in named}


def numbered(routers: Routers) -> dict[ChainSelector, Endpoint]:
    """As `discover` calls chains whose selectors are not known yet."""
    return {ChainSelector(key): endpoint for key, (endpoint, _) in enumerate(routers.values())}


def book_of(network: Deployment | Book) -> Book:
    """What is known of the network."""
    return network if isinstance(network, Book) else Book.of(network)
