"""How each node of the box is put together: its key, its folder, its connections, its peers."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ccip_py.chains.deployment import ChainDeployment, Deployment, LaneDeployment
from ccip_py.chains.evm.keys import KeySigner
from ccip_py.chains.evm.transactions import Signer
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.devnet import devnet_config
from ccip_py.nodes.chain_link import WORLD, Surroundings
from ccip_py.nodes.config import CommitterConfig, ExecutorConfig
from ccip_py.nodes.cycle import Pace
from ccip_py.nodes.keys import patient_dev_signer
from ccip_py.nodes.log import Log, node_log
from ccip_py.nodes.prices import PriceTable, Token
from ccip_py.nodes.transport.in_process import Hub, InProcessTransport
from ccip_py.nodes.wire import Committer, Executor
from ccip_py.protocol.ids import ChainSelector
from ccip_py.risk import config as risk
from ccip_py.risk.main import run as run_monitor

PAUSE_S, MONITORS_PAUSE_S = 0.35, 0.5  # between two looks of a node
LANES_AT_FULL_PACE = 6  # three chains, each with every other: beyond that nodes look less often
PORTS = range(10_000, 32_768)  # connections get theirs above, on every usual system
MAX_PRICE_AGE_S = 90_000  # as the fee quoters have it


class NodeMains:
    """What runs each node, for as often as it is started. Nothing is kept between two starts but its folder."""

    def __init__(
        self,
        deployment: Deployment,
        folder: Path,
        monitor_ports: Sequence[int],
        around: Surroundings = WORLD,
    ) -> None:
        self.routes: dict[tuple[str, ChainSelector], str] = {}
        self.replaced: list[LaneDeployment] = []  # lanes: monitors know what these did to tokens
        self.outside_limit: int | None = None  # tokens minted outside the protocol: beyond it monitors curse
        self.credulous: set[str] = set()  # committers that believe their endpoint without proof: for drills
        self.hub = Hub()
        self.deployment = deployment
        self._folder = folder
        self._monitor_ports = monitor_ports
        self._around = around
        self._prices = prices(deployment)

    # Running until cancelled

    async def committer(self, index: int) -> None:
        """Run committer number `index` until cancelled."""
        with self._log(f"committer {index}") as log:
            signer = await self._signer(roles.COMMITTEE[index], log)
            node, _ = self.make_committer(index, signer, log)
            await node.run()

    async def executor(self, index: int) -> None:
        """Run executor number `index` until cancelled."""
        with self._log(f"executor {index}") as log:
            signer = await self._signer(roles.EXECUTORS[index], log)
            await self.make_executor(f"executor {index}", signer, log, self.monitor_urls()).run()

    async def monitor(self, index: int) -> None:
        """Run risk monitor number `index` until cancelled. It gets plain data and shares nothing with the others."""
        await run_monitor(self.monitor_config(index))

    # Made, not run

    def make_committer(self, index: int, signer: Signer, log: Log) -> tuple[Committer, InProcessTransport]:
        """Committer number `index`, and its place among its peers."""
        name = f"committer {index}"
        transport = InProcessTransport(self.hub, signer, self.deployment.lanes[0].committers)
        node = Committer(
            CommitterConfig(prove_logs=name not in self.credulous, pace=self._pace()),
            self.deployment,
            signer,
            transport,
            self._folder_of(name),
            PriceTable(self._prices),
            self._urls(name),
            name=name,
            log=log,
            around=self._around,
        )
        return node, transport

    def make_executor(
        self, name: str, signer: Signer | None, log: Log, monitors: Sequence[str] = ()
    ) -> Executor:
        """The executor of that name; without a signer it only looks."""
        return Executor(
            ExecutorConfig(monitors=tuple(monitors), pace=self._pace()),
            self.deployment,
            signer,
            self._folder_of(name),
            self._urls(name),
            name=name,
            log=log,
            around=self._around,
        )

    def monitor_urls(self) -> list[str]:
        """Where the monitors serve their votes."""
        return [f"http://127.0.0.1:{port}" for port in self._monitor_ports]

    def monitor_config(self, index: int) -> risk.Config:
        """The configuration that this monitor's operator would have written."""
        name = f"monitor {index}"
        own = self.monitor_urls()[index]
        return risk.Config(
            name=name,
            directory=self._folder_of(name),
            listen=("127.0.0.1", self._monitor_ports[index]),
            peers=tuple(url for url in self.monitor_urls() if url != own),
            bless=risk.KeySource(dev_key_index=roles.BLESSERS[index]),
            curse=risk.KeySource(dev_key_index=roles.CURSERS[index]),
            relay=risk.KeySource(dev_key_index=roles.RELAYERS[index]),
            chains=tuple(
                risk.Chain(
                    name=chain.name,
                    selector=chain.selector,
                    chain_id=chain.chain_id,
                    endpoints=(
                        risk.Rpc(self.routes.get((name, chain.selector), chain.rpc_url)),
                        risk.Rpc(chain.rpc_url),
                    ),
                    finality=None if isinstance(chain.finality, str) else chain.finality,
                    start_block=chain.start_block,
                    rmn=chain.rmn,
                    rmn_proxy=chain.rmn_proxy,
                    absence_grace=8,
                    router=chain.router,
                    registry=chain.token_admin_registry,
                    pools=tuple(
                        risk.Pool(t.pool, t.address, t.decimals, outside_limit=self.outside_limit)
                        for t in chain.tokens
                    ),
                    prices=price_bounds(self.deployment, chain),
                )
                for chain in self.deployment.chains
            ),
            lanes=monitored_lanes(self.deployment.lanes, self.replaced),
            poll_seconds=MONITORS_PAUSE_S * self._crowd(),
            simulated_independence=True,
        )

    def _urls(self, name: str) -> dict[ChainSelector, list[str]]:
        return {
            chain.selector: [self.routes.get((name, chain.selector), chain.rpc_url)]
            for chain in self.deployment.chains
        }

    def _crowd(self) -> float:
        """How much more there is to look at than a machine of two cores looks at without getting late."""
        return max(1.0, len(self.deployment.lanes) / LANES_AT_FULL_PACE)

    def _pace(self) -> Pace:
        return Pace(pause=PAUSE_S * self._crowd())

    async def _signer(self, index: int, log: Log) -> KeySigner:
        """The key, once every chain has proved to be local. A busy machine may leave one without an answer for long."""
        signers = [await patient_dev_signer(index, *chain, log) for chain in self._urls_by_id().items()]
        return signers[0]

    def _urls_by_id(self) -> dict[int, str]:
        return {chain.chain_id: chain.rpc_url for chain in self.deployment.chains}

    def _folder_of(self, name: str) -> Path:
        folder = self._folder / name.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def _log(self, name: str) -> Iterator[Log]:
        with (self._folder_of(name) / "log.jsonl").open("a", buffering=1, encoding="utf-8") as stream:
            yield node_log(name, stream=stream)


def monitored_lanes(
    lanes: Sequence[LaneDeployment], replaced: Sequence[LaneDeployment]
) -> tuple[risk.Lane, ...]:
    """What monitors watch: the lanes of today and those they replaced. One whose successor goes on from it still
    has messages to be blessed; one that was severed says nothing any more, and is retired."""
    followed = {lane.previous_commit_store for lane in (*lanes, *replaced)}
    return tuple(
        risk.Lane(
            lane.source,
            lane.destination,
            lane.on_ramp,
            lane.commit_store,
            lane.off_ramp,
            retired=lane in replaced and lane.commit_store not in followed,
        )
        for lane in (*lanes, *replaced)
    )


def prices(deployment: Deployment) -> dict[Token, int]:
    """The devnet's fixed prices, USD·1e18 for 1e18 smallest units, of everything a committer reports."""
    config = devnet_config([chain.rpc_url for chain in deployment.chains])
    table: dict[Token, int] = {}
    for chain, terms in zip(deployment.chains, config.chains, strict=True):
        table[chain.selector, chain.wrapped_native] = terms.native_usd
        table[chain.selector, chain.link] = terms.link_usd
        for token in config.tokens:
            place = chain.token(token.symbol)
            table[chain.selector, place.address] = token.usd * 10 ** (18 - place.decimals)
    return table


def price_bounds(deployment: Deployment, chain: ChainDeployment) -> tuple[risk.PriceBound, ...]:
    """What the monitors take for sane on one chain: from half to twice of what the devnet reports."""
    return tuple(
        risk.PriceBound(f"0x{token.hex()}", chain.fee_quoter, usd // 2, usd * 2, MAX_PRICE_AGE_S, token)
        for (selector, token), usd in prices(deployment).items()
        if selector == chain.selector
    )


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different. They lie below those that connections get by themselves, so that
    a node which is stopped finds its port free when it starts again."""
    chance, found = random.SystemRandom(), set[int]()
    while len(found) < count:
        port = chance.choice(PORTS)
        if _is_free(port):
            found.add(port)
    return list(found)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
