"""What every node stands on, whatever its task: its memory on disk, its ways to the chains, and its senders there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ccip_py.chains.deployment import Deployment, LaneDeployment
from ccip_py.chains.evm.sender import Sender
from ccip_py.chains.evm.sending import Policy
from ccip_py.chains.evm.transactions import Signer
from ccip_py.protocol.ids import Address, ChainSelector

from .cache import Cache
from .chain_link import ChainLink, RpcUrls, Surroundings, connect
from .journal import Journal
from .log import Event, Log, lane_name
from .metrics import Metrics
from .senders import Watched, make_senders, sender_watcher

OpenJournal = Callable[[Path, bytes], Journal]

NOBODY = Address(bytes(20))
"""Whose journal a node without a key keeps: it signs nothing."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything open, for as long as the node runs."""

    journal: Journal
    cache: Cache
    links: Mapping[ChainSelector, ChainLink]
    senders: Mapping[ChainSelector, Sender]  # by destination; none without a key

    @property
    def watched(self) -> list[Watched]:
        """The senders, with what is needed to see to what they sent."""
        return [Watched(self.links[selector], sender) for selector, sender in self.senders.items()]


@dataclass(frozen=True, slots=True)
class Place:
    """What a node is given besides its task."""

    deployment: Deployment
    signer: Signer | None  # None: dry
    folder: Path  # of the journal and the cache
    urls: RpcUrls
    log: Log
    metrics: Metrics
    open_journal: OpenJournal
    around: Surroundings

    @asynccontextmanager
    async def ground(self, lanes: Sequence[LaneDeployment], fees: Policy) -> AsyncIterator[Ground]:
        """Open what these lanes need, and close it at the end."""
        ends = list(dict.fromkeys(end for lane in lanes for end in (lane.source, lane.destination)))
        async with AsyncExitStack() as stack:
            journal = self.open_journal(self.folder, self.signer.address if self.signer else NOBODY)
            stack.callback(journal.close)
            cache = Cache.open(self.folder / "cache.sqlite")
            stack.callback(cache.close)
            ways = connect(self.deployment, ends, self.urls, journal, self.around)
            links = await stack.enter_async_context(ways)
            watcher = sender_watcher(self.log, self.metrics)
            senders = make_senders(lanes, links, journal, self.signer, fees, watcher)
            names = [lane_name(lane.lane()) for lane in lanes]
            self.log.info(Event.STARTED, lanes=names, dry=self.signer is None)
            stack.callback(self.log.info, Event.STOPPED)
            yield Ground(journal, cache, links, senders)
