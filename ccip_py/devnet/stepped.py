"""A whole network that moves only when told to: chains, contracts and nodes, with one clock and one undo for all.

    with stepped_network() as network:
        before = network.snapshot()
        sent = network.ccip.send("a", "b", receiver, signer=network.user, data=b"hi", gas_limit=200_000)
        network.run_until(sent, Stage.EXECUTED)
        network.revert(before)

A transaction is mined at once, in a block of its own, one second of chain time after the block before: nothing depends
on the clock of the machine. Everything else happens in the calls below, and is over when they return.
"""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ccip_py.chains.deployment import ChainDeployment, Deployment, LaneDeployment
from ccip_py.deploy import deploy_network, devnet_config
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.keys import dev_account
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.devnet.delivery import FINAL_AFTER, execute_alone, follow, reached
from ccip_py.devnet.hosting import Host
from ccip_py.devnet.monitor_log import monitors_log_to
from ccip_py.devnet.scratch import scratch_folder
from ccip_py.devnet.stepping import SteppedNodes
from ccip_py.errors import BadInput
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.client import Ccip
from ccip_py.sdk.signers import development
from ccip_py.sdk.types import SentMessage, StageReached

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

MAX_FINALITY = 500  # blocks: Anvil mines more only slowly
HEARTBEAT_S = 3_600  # committers renew prices after this


@dataclass(frozen=True, slots=True)
class SteppedOptions:
    """What a stepped network is made of."""

    chains: int = 2  # up to ten
    permissionless_window: int = 3_600  # seconds of chain time before anyone may execute
    executors: int = 1
    monitors: int = 4


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at one moment: the chains' own snapshots, and a copy of what the nodes know."""

    chains: dict[str, str]
    nodes: Path
    finality: int | None


class SteppedNetwork:
    """Made by `stepped_network`. Its chains are named "a", "b", "c" and so on."""

    def __init__(
        self,
        options: SteppedOptions,
        anvils: Sequence[Anvil],
        deployment: Deployment,
        host: Host,
        folder: Path,
    ) -> None:
        self.options = options
        self.deployment = deployment
        self.host = host
        self.ccip = Ccip(deployment)
        self.anvils = dict(zip((chain.name for chain in deployment.chains), anvils, strict=True))
        self.signer, self.strange_signer = development(roles.USERS[0]), development(roles.USERS[-1])
        self.finality: int | None = None  # blocks; None: what the chains call final
        self._folder, self._snapshots = folder, 0
        self.nodes = self._make_nodes()

    def _make_nodes(self) -> SteppedNodes:
        """New nodes, which find in their folder what those before them left."""
        chains = self.deployment.chains
        if self.finality is not None:
            chains = tuple(replace(chain, finality=self.finality) for chain in chains)
        deployment, options = replace(self.deployment, chains=chains), self.options

        async def make() -> SteppedNodes:
            return SteppedNodes(
                deployment, self._folder / "nodes", executors=options.executors, monitors=options.monitors
            )

        return self.host.call(make)

    @cached_property
    def users(self) -> list[LocalAccount]:
        """Holders of every token and of LINK, as eth-account's users know them. Loading that takes a third of a start,
        so the network itself signs for the first and the last of them with `signer` and `strange_signer`."""
        return [dev_account(index) for index in roles.USERS]

    @property
    def user(self) -> LocalAccount:
        """Who sends if nobody else is named."""
        return self.users[0]

    @property
    def stranger(self) -> LocalAccount:
        """Somebody else, who holds as much."""
        return self.users[-1]

    def chain(self, name: str) -> ChainDeployment:
        """Where things are on a chain."""
        return self.deployment.chain_named(name)

    def lane(self, source: str, destination: str) -> LaneDeployment:
        """Where things are on a lane."""
        return self.deployment.lane(self.chain(source).selector, self.chain(destination).selector)

    def close(self) -> None:
        """Take the nodes down and give the connections back."""
        self.host.call(self.nodes.aclose)
        self.ccip.close()

    # --- Time ---

    def mine(self, blocks: int = 1, chain: str | None = None) -> None:
        """Mine empty blocks on every chain, or on one."""
        for anvil in self._named(chain):
            anvil.rpc("anvil_mine", hex(blocks))

    def warp(self, seconds: int) -> None:
        """Let chain time pass on all chains at once; they show the same time afterwards.

        Committers renew prices as they would have in the meantime.
        """
        if seconds < 1:
            raise BadInput(f"time only goes forward: {seconds} s", hint="to go back, revert to a snapshot")
        now = max(anvil.timestamp() for anvil in self.anvils.values()) + seconds
        for anvil in self.anvils.values():
            anvil.set_time(now)
            anvil.rpc("anvil_mine", "0x1")
        if seconds >= HEARTBEAT_S:
            self._attentively(self.nodes.commit)

    def reorg(self, chain: str, depth: int) -> None:
        """Replace the last blocks of a chain by empty ones: what was in them never happened.

        Deeper than finality it is a finality violation: monitors curse the chain, committers stop reading it.
        """
        self.anvils[self.chain(chain).name].reorg(depth)
        self._attentively(self.nodes.commit)
        self.watch()

    def watch(self) -> None:
        """Every monitor looks at everything, twice: evidence counts when it was seen twice."""
        self._attentively(self.nodes.bless)

    # --- Undo ---

    def snapshot(self) -> Snapshot:
        """Remember all chains, and all that nodes know, together."""
        self.host.call(self.nodes.close)
        self._snapshots += 1
        kept = self._folder / f"snapshot-{self._snapshots}"
        shutil.copytree(self._nodes_folder(), kept)
        return Snapshot({name: anvil.snapshot() for name, anvil in self.anvils.items()}, kept, self.finality)

    def revert(self, to: Snapshot) -> None:
        """Go back. The snapshot is used up by this, and so is every one made after it."""
        self.host.call(self.nodes.close)
        for name, anvil in self.anvils.items():
            anvil.revert(to.chains[name])
        shutil.rmtree(self._nodes_folder())
        to.nodes.rename(self._folder / "nodes")
        if to.finality != self.finality or self.nodes.down or self.nodes.mains.routes:
            self._replace_nodes(to.finality)

    def _nodes_folder(self) -> Path:
        folder = self._folder / "nodes"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def use_finality(self, blocks: int | None) -> None:
        """From now on nodes take a block for final after so many more; None: when its chain says so."""
        if blocks == self.finality:
            return
        if blocks is not None and not 1 <= blocks <= MAX_FINALITY:
            raise BadInput(f"finality of 1 to {MAX_FINALITY} blocks, not {blocks}")
        self.host.call(self.nodes.close)
        shutil.rmtree(self._nodes_folder())  # what was final before may not be any more
        if blocks is not None:
            self.mine(blocks)
        self._replace_nodes(blocks)

    def _replace_nodes(self, finality: int | None) -> None:
        self.host.call(self.nodes.aclose)
        self.finality = finality
        self.nodes = self._make_nodes()

    # --- Messages ---

    def run_until(self, sent: SentMessage, stage: Stage = Stage.EXECUTED) -> StageReached:
        """Let nodes work, and blocks pass, until the message has come that far, and no further.

        MessageFailed if its receiver failed and something else was wanted; Stuck, with the reasons, if nothing happens
        any more.
        """
        return reached(follow(self, sent, stage), stage)

    def run_to_end(self, sent: SentMessage) -> StageReached:
        """Let the message be executed, or fail."""
        return follow(self, sent, Stage.EXECUTED).stages()[-1]

    def execute(self, sent: SentMessage) -> StageReached:
        """Let an executor execute this message and no other; where it is then: EXECUTED, FAILED, or still BLESSED if its
        sender's earlier messages come first."""
        return execute_alone(self, sent).stages()[-1]

    def step(self) -> bool:
        """One round of every node that has work; whether anything came of it."""
        done = [self.host.call(each) for each in (self.nodes.commit, self.nodes.bless, self.nodes.execute)]
        return any(done)

    def _attentively(self, work: Callable[[], Awaitable[bool]]) -> bool:
        self.nodes.attentive = True
        try:
            return self.host.call(work)
        finally:
            self.nodes.attentive = False

    def _named(self, chain: str | None) -> list[Anvil]:
        return list(self.anvils.values()) if chain is None else [self.anvils[self.chain(chain).name]]

    def name_of(self, selector: int) -> str:
        """The name of the chain with that selector."""
        return next(chain.name for chain in self.deployment.chains if chain.selector == selector)


@contextmanager
def stepped_network(options: SteppedOptions | None = None) -> Iterator[SteppedNetwork]:
    """Start chains, deploy, and hand over a network at rest; on leaving, stop everything that was started here."""
    options = options or SteppedOptions()
    if not 2 <= options.chains <= len(roles.CHAIN_IDS):
        raise BadInput(f"a network has 2 to {len(roles.CHAIN_IDS)} chains, not {options.chains}")
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        anvils = [
            Anvil(AnvilOptions(chain_id, slots_in_an_epoch=1, accounts=roles.ACCOUNTS))
            for chain_id in roles.CHAIN_IDS[: options.chains]
        ]
        for anvil in anvils:
            stack.callback(anvil.stop)
        with ThreadPoolExecutor(len(anvils)) as threads:
            list(threads.map(Anvil.start, anvils))
        for anvil in anvils:
            anvil.rpc("anvil_setBlockTimestampInterval", 1)
        deployment = _deployed(options, anvils)
        host = Host()
        stack.enter_context(
            monitors_log_to(host, None)
        )  # what they have to say is told by whoever drives them
        stack.enter_context(host)
        network = SteppedNetwork(options, anvils, deployment, host, folder)
        stack.callback(network.close)
        _rest(network)
        yield network


def _deployed(options: SteppedOptions, anvils: Sequence[Anvil]) -> Deployment:
    config = devnet_config(
        [anvil.url for anvil in anvils],
        permissionless_window=options.permissionless_window,
        executors=max(1, options.executors),
    )
    return deploy_network(config)


def _rest(network: SteppedNetwork) -> None:
    """Let every node read what there is, and the chains show the same time."""
    network.mine(FINAL_AFTER + 1)
    network.warp(1)
    network.host.call(network.nodes.read)
