"""The one place where concrete parts meet: what a committer and an executor are made of.

    node = Committer(CommitterConfig(), deployment, signer, transport, folder, prices, rpc_urls)
    await node.run()            until cancelled; build another one on the same folder to start again

Several nodes may run in one process: they share nothing but the interpreter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio.abc import TaskGroup

from ccip_py.chains.deployment import Deployment, LaneDeployment
from ccip_py.chains.evm.logs import LogReader, ProvenLogReader
from ccip_py.chains.evm.transactions import Signer
from ccip_py.chains.http import Http
from ccip_py.commit.config import CommitConfig
from ccip_py.commit.plugin import CommitPlugin
from ccip_py.errors import ConfigError
from ccip_py.protocol.ids import ChainSelector

from .blessing_relay import BlessingRelay
from .chain_link import WORLD, ChainLink, RpcUrls, Surroundings, follow
from .commit_view import CommitEyes, priced_tokens
from .committer import LaneCommitter, hear_peers
from .config import CommitterConfig, ExecutorConfig, LaneName
from .cycle import Pace, run_cycles
from .execution_view import ExecutorEyes
from .executor import LaneExecutor
from .ground import Ground, OpenJournal, Place
from .journal import Journal
from .log import Log, lane_name, node_log
from .market import Market
from .message_stream import MessageStream
from .metrics import Metrics
from .prices import PriceSource
from .seat import Committee, Seat
from .senders import Watched as Watched
from .senders import watch_sent
from .token_data import NoTokenData, TokenDataSource
from .transport.ports import Transport
from .votes import VotePool


class Committer:
    """A committer for every lane that names its key, or for those configured. Without a key it only watches."""

    def __init__(
        self,
        config: CommitterConfig,
        deployment: Deployment,
        signer: Signer | None,
        transport: Transport | None,
        journal_dir: Path,
        prices: PriceSource,
        rpc_urls: RpcUrls,
        *,
        name: str = "committer",
        log: Log | None = None,
        metrics: Metrics | None = None,
        open_journal: OpenJournal = Journal.open,
        around: Surroundings = WORLD,
    ) -> None:
        if (signer is None) != (transport is None):
            raise ConfigError("a committer has a key and a transport, or neither")
        self.log, self.metrics = log or node_log(name), metrics or Metrics()
        self.lanes: dict[tuple[ChainSelector, ChainSelector], LaneCommitter] = {}
        self._config, self._transport, self._prices = config, transport, prices
        self._place = Place(
            deployment, signer, journal_dir, rpc_urls, self.log, self.metrics, open_journal, around
        )

    async def run(self) -> None:
        """Work until cancelled."""
        async with self.opened() as watched, anyio.create_task_group() as tasks:
            self._start(tasks, watched)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Sequence[Watched]]:
        """Everything in place and nothing running: `lanes` can be driven by hand, and what was sent be watched."""
        chosen = self._chosen()
        async with self._place.ground(chosen, self._config.fees) as ground:
            self.lanes = {(each.source, each.destination): self._lane(each, ground) for each in chosen}
            yield ground.watched

    def _start(self, tasks: TaskGroup, watched: Sequence[Watched]) -> None:
        for lane in self.lanes.values():
            lane.start(tasks, self._config.pace)
        ends = (link for lane in self.lanes.values() for link in lane.eyes.ends)
        follow(tasks, ends, self._config.pace.pause, self.log, self.metrics)
        for each in watched:
            watch_sent(tasks, each, self.log, self.metrics)
        transport = self._transport
        if transport is not None:

            async def hear() -> None:
                await hear_peers(transport, self.lanes.values())

            tasks.start_soon(transport.run)
            tasks.start_soon(run_cycles, "peers", hear, Pace(pause=0.0), self.log, self.metrics)

    def _chosen(self) -> list[LaneDeployment]:
        signer, lanes = self._place.signer, lanes_named(self._place.deployment, self._config.lanes)
        if signer is None or self._config.lanes:
            return lanes  # what is named is served, or stood by at: the chain says who the committers are
        address = signer.address
        mine = [lane for lane in lanes if address in lane.committers]
        if not mine:
            raise ConfigError(
                "this key is not a committer of any lane",
                context={"key": address},
                hint="name the lanes under [[committer.lanes]] if it is to join them later",
            )
        return mine

    def _lane(self, facts: LaneDeployment, ground: Ground) -> LaneCommitter:
        lane, name = facts.lane(), lane_name(facts.lane())
        source, destination = ground.links[lane.source], ground.links[lane.destination]
        terms = commit_terms(self._config, facts, destination)
        proven = self._config.prove_logs
        stream = MessageStream(
            lane=lane,
            logs=ProvenLogReader(source.rpc, blocks=source.blocks) if proven else LogReader(source.rpc),
            caller=source.caller,
            cache=ground.cache.lane(f"committer {name} {lane.on_ramp.hex()}"),
            start_block=facts.on_ramp_block,
            whole_messages=False,
        )
        plugin, log = CommitPlugin(terms), self.log.bind(lane=name)
        signer, clock = self._place.signer, self._place.around.clock
        eyes = CommitEyes(terms, facts.config_digest, source, destination, stream, self._prices, clock)
        sender = ground.senders.get(lane.destination)
        made = LaneCommitter(lane, name, eyes, plugin, sender, log, self.metrics)
        if signer is not None and self._transport is not None:
            timing, journal = self._config.timing, ground.journal
            made.seat = Seat(name, plugin, timing, signer, self._transport, journal, log, self.metrics, clock)
            made.join(Committee(facts.config_digest, facts.committers, facts.f))
        return made


class Executor:
    """An executor for every lane, or for those configured. Without a key it only says what it would do."""

    def __init__(
        self,
        config: ExecutorConfig,
        deployment: Deployment,
        signer: Signer | None,
        journal_dir: Path,
        rpc_urls: RpcUrls,
        *,
        name: str = "executor",
        log: Log | None = None,
        metrics: Metrics | None = None,
        open_journal: OpenJournal = Journal.open,
        around: Surroundings = WORLD,
        token_data: TokenDataSource | None = None,
    ) -> None:
        self.log, self.metrics = log or node_log(name), metrics or Metrics()
        self._config, self._token_data = config, token_data or NoTokenData()
        self._place = Place(
            deployment, signer, journal_dir, rpc_urls, self.log, self.metrics, open_journal, around
        )
        self.lanes: dict[tuple[ChainSelector, ChainSelector], LaneExecutor] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        async with self.opened() as watched, anyio.create_task_group() as tasks:
            for lane in self.lanes.values():
                lane.start(tasks, self._config.pace)
            ends = (link for lane in self.lanes.values() for link in lane.eyes.ends)
            follow(tasks, ends, self._config.pace.pause, self.log, self.metrics)
            for each in watched:
                watch_sent(tasks, each, self.log, self.metrics)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Sequence[Watched]]:
        """As a committer's."""
        chosen = lanes_named(self._place.deployment, self._config.lanes)
        async with self._place.ground(chosen, self._config.fees) as ground, Http() as http:
            self.lanes = {(each.source, each.destination): self._lane(each, ground, http) for each in chosen}
            yield ground.watched

    def _lane(self, facts: LaneDeployment, ground: Ground, http: Http) -> LaneExecutor:
        lane, name, clock = facts.lane(), lane_name(facts.lane()), self._place.around.clock
        source, destination = ground.links[lane.source], ground.links[lane.destination]
        kept = ground.cache.lane(f"executor {name} {lane.on_ramp.hex()} {lane.off_ramp.hex()}")
        stream = MessageStream(lane, LogReader(source.rpc), source.caller, kept, facts.on_ramp_block, True)
        commits, attempts = LogReader(destination.rpc), LogReader(destination.rpc)
        sender = ground.senders.get(lane.destination)
        log, config = self.log.bind(lane=name), self._config
        return LaneExecutor(
            lane=lane,
            name=name,
            eyes=ExecutorEyes(lane, facts, source, destination, stream, commits, attempts, kept, clock),
            blessings=BlessingRelay(
                lane, destination, VotePool(config.monitors, log), http, sender, config, log
            ),
            market=Market(config.fee_guard, source, destination, clock),
            sender=sender,
            config=config,
            log=log,
            metrics=self.metrics,
            token_data=self._token_data,
        )


def commit_terms(config: CommitterConfig, lane: LaneDeployment, destination: ChainLink) -> CommitConfig:
    """What the whole committee of a lane must agree on, out of the deployment and the shared settings."""
    return CommitConfig(
        lane=lane.lane(),
        tokens=priced_tokens(destination.facts),
        token_rule=config.token_prices,
        gas_rule=config.gas_price,
        data_availability_ppb=config.data_availability_ppb,
    )


def lanes_named(deployment: Deployment, names: Sequence[LaneName]) -> list[LaneDeployment]:
    """Those lanes of the deployment, or all of them if none is named."""
    if not names:
        return list(deployment.lanes)
    return [deployment.lane(ChainSelector(name.source), ChainSelector(name.destination)) for name in names]
