"""A fault proxy between every node and every endpoint that it asks, in an event loop of their own."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from ccip_py.chaos.fleet import Route
from ccip_py.devnet.hosting import Host
from ccip_py.devnet.network import Network
from ccip_py.testing.faults import Fault, FaultProxy


class Proxies:
    """Made on demand, by node, chain and which of the node's endpoints it is. They end on leaving."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._stack = ExitStack()
        self._proxies: dict[tuple[str, str, int], FaultProxy] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def route(self, network: Network, endpoint: int = 0) -> Route:
        """Where each node finds each chain: behind a proxy of its own. Monitors have a second endpoint, 1."""

        def url(node: str, chain: str) -> str:
            return self.between(node, chain, network, endpoint).url

        return url

    def between(self, node: str, chain: str, network: Network, endpoint: int = 0) -> FaultProxy:
        """The proxy between a node and an endpoint of a chain."""
        if (node, chain, endpoint) not in self._proxies:
            proxy = FaultProxy(network.chain(chain).rpc_url)
            self._stack.enter_context(self._host.portal.wrap_async_context_manager(proxy))
            self._proxies[node, chain, endpoint] = proxy
        return self._proxies[node, chain, endpoint]

    def set(self, node: str, chain: str, *faults: Fault) -> None:
        """From now on exactly these faults lie between them, at the first endpoint."""
        self._host.portal.call(self._proxies[node, chain, 0].set, *faults)

    def calls_by_role(self) -> Counter[str]:
        """How many JSON-RPC calls all nodes of a role have made through proxies."""
        calls: Counter[str] = Counter()
        for (node, *_), proxy in self._proxies.items():
            calls[node.split()[0]] += sum(proxy.calls.values())
        return calls
