"""What both clients do alike besides their flows: name endpoints, and tell when tracking is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ccip_py.chains.deployment import Deployment
from ccip_py.chains.rpc_headers import read_headers
from ccip_py.errors import NotYet
from ccip_py.protocol.ids import ChainSelector
from ccip_py.protocol.journey import Stage
from ccip_py.sdk import track
from ccip_py.sdk.book import Book
from ccip_py.sdk.drive import Endpoint, RpcUrl
from ccip_py.sdk.types import SentMessage, StageReached

POLL_S = 0.4
END = frozenset({Stage.EXECUTED, Stage.FAILED})
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


def new_stages(before: track.Trace, after: track.Trace) -> Iterator[StageReached]:
    """What a look has added."""
    known = before.stages()
    yield from (stage for stage in after.stages() if stage not in known)


def too_late(sent: SentMessage, trace: track.Trace, until: Stage, timeout: float) -> NotYet:
    """What a caller is told whose patience ended."""
    return NotYet(
        f"the message did not reach {until.name} in {timeout:g} s; it is {trace.stage.name}",
        context={"message_id": bytes(sent.message_id), "sequence_number": sent.sequence_number},
        hint="it is not lost: track it again later, or execute it by hand once it is blessed",
    )


def arrived(trace: track.Trace, until: Stage) -> bool:
    """Whether tracking is over."""
    reached = {stage.stage for stage in trace.stages()}
    return until in reached or bool(reached & END)
