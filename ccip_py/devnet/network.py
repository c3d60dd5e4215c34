"""The whole network in one box: chains, contracts, committers, monitors, executors, running in the background.

    with start_network(progress=print) as network:
        sent = network.ccip.send("a", "b", receiver, signer=network.user, data=b"hi", gas_limit=200_000)
        network.ccip.wait(sent)

Every node has its own key, its own connection to each chain and its own folder, and can be stopped and started
again. Two chains differ in block time and finality depth, because identical twins hide bugs. The monitors' two
endpoints are two connections to one Anvil: their independence is simulated, and they say so.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount

from ccip_py.chains.deployment import (
    ChainDeployment,
    Deployment,
    LaneDeployment,
    load_deployment,
    save_deployment,
)
from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.deploy import artifacts, deploy_network, devnet_config
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.abi import creation_data
from ccip_py.deploy.admin import Console
from ccip_py.deploy.keys import dev_account, party
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.devnet.hosting import Host, HostedNode
from ccip_py.devnet.monitor_log import monitors_log_to
from ccip_py.devnet.node_mains import NodeMains, free_ports
from ccip_py.errors import NotYet
from ccip_py.protocol.blessing import curse_subject
from ccip_py.protocol.ids import Address
from ccip_py.sdk.client import Ccip
from ccip_py.sdk.evm import Function, as_address, read, transact

IS_CURSED = Function("isCursed", ("bytes16",), ("bool",))
POLL_S = 0.1

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Options:
    """What a network in a box is made of. Times in seconds."""

    block_times: tuple[int, ...] = (1, 2)  # one chain per entry
    epochs: tuple[int, ...] = (1, 2)  # a block is final after twice as many blocks
    permissionless_window: int = 15
    committers: int = 4
    executors: int = 1
    monitors: int = 4
    folder: Path | None = None  # where nodes keep their journals; None: a temporary one
    ports: tuple[int, ...] = ()  # one per chain, 0 is any free one; empty: any free ones
    state: Path | None = None  # where chains and deployment are kept between runs, beside the nodes' journals


class Network:
    """A running network. Made by `start_network`."""

    def __init__(
        self,
        options: Options,
        anvils: Sequence[Anvil],
        deployment: Deployment,
        host: Host,
        folder: Path,
    ) -> None:
        self.options = options
        self.deployment = deployment
        self.ccip = Ccip(deployment)
        self.anvils = dict(zip((chain.name for chain in deployment.chains), anvils, strict=True))
        self.users = [dev_account(index) for index in roles.USERS]  # holders of every token and of LINK
        self.user, self.stranger = self.users[0], self.users[-1]
        self.executor_account = dev_account(roles.EXECUTORS[0])
        self._host = host
        self.mains = NodeMains(deployment, folder, free_ports(options.monitors))
        self.committers = [self._add(self.mains.committer, i) for i in range(options.committers)]
        self.monitors = [self._add(self.mains.monitor, i) for i in range(options.monitors)]
        self.executors = [self._add(self.mains.executor, i) for i in range(options.executors)]

    def _add(self, main: Callable[[int], Any], index: int) -> HostedNode:
        return self._host.add(f"{main.__name__} {index}", lambda: main(index))

    # Nodes

    @property
    def nodes(self) -> list[HostedNode]:
        """All of them, in the order a message meets them."""
        return [*self.committers, *self.monitors, *self.executors]

    def start(self) -> None:
        """Start every node that is not running."""
        for node in self.nodes:
            node.start()

    def check(self) -> None:
        """Raise NodeDied if a node ended by itself."""
        self._host.check()

    def route(self, node: str, chain: str, url: str) -> None:
        """From its next start on, the node reaches the chain through `url`: for putting a proxy in between."""
        self.mains.routes[node, self.chain(chain).selector] = url

    def redeployed(self, deployment: Deployment) -> None:
        """From their next start on, nodes serve this deployment: a lane was replaced, or something came to it."""
        self.ccip.close()
        self.mains.replaced += [lane for lane in self.deployment.lanes if lane not in deployment.lanes]
        self.deployment, self.ccip = deployment, Ccip(deployment)
        self.mains.deployment = deployment

    @property
    def host(self) -> Host:
        """The event loop that the nodes run in."""
        return self._host

    def committer_keys(self) -> list[KeySigner]:
        """What a thief of all committers' keys would hold."""
        return [KeySigner(dev_key(index)) for index in roles.COMMITTEE[: self.options.committers]]

    def committer_account(self, index: int) -> LocalAccount:
        """A committer's account, for playing a corrupt one."""
        return dev_account(roles.COMMITTEE[index])

    # Chains

    def chain(self, name: str) -> ChainDeployment:
        """Where things are on a chain."""
        return self.deployment.chain_named(name)

    def lane(self, source: str, destination: str) -> LaneDeployment:
        """Where things are on a lane."""
        return self.deployment.lane(self.chain(source).selector, self.chain(destination).selector)

    def owner_console(self, chain: str) -> Console:
        """What `ccip_py.deploy.admin` asks for, to act on a chain as the owner of all contracts."""
        return Console(self.chain(chain), party(f"anvil:{roles.OWNER}"))

    def deploy(self, chain: str, contract: str, *arguments: Any) -> Address:
        """Deploy a compiled contract as the user would; its address."""
        data = creation_data(artifacts.load(contract), arguments)
        flow = transact(self.chain(chain).selector, self.user, None, data)
        _, receipt = self.ccip.driver.run(flow)
        return as_address(receipt["contractAddress"])

    def read(self, chain: str, to: Address, function: Function, *arguments: Any) -> Any:
        """Call a view; its first value."""
        return self.ccip.driver.run(read(self.chain(chain).selector, to, function, *arguments))[0]

    def is_cursed(self, on: str, subject: str) -> bool:
        """Whether messages between the two chains are stopped on `on`."""
        return bool(self.read(on, self.chain(on).rmn, IS_CURSED, curse_subject(self.chain(subject).selector)))

    # Waiting. Everything here waits for a chain, with a limit, and says what for.

    def wait_until(self, what: str, holds: Callable[[], bool], *, timeout: float = 60.0) -> None:
        """Poll until `holds()`; NotYet after `timeout` seconds, NodeDied if a node dies meanwhile."""
        deadline = time.monotonic() + timeout
        while not holds():
            self.check()
            if time.monotonic() > deadline:
                raise NotYet(f"waited {timeout:g} s in vain: {what}")
            time.sleep(POLL_S)

    def wait_until_final(self, chain: str, block: int) -> None:
        """Until the block is final on its chain."""
        anvil = self.anvils[chain]
        self.wait_until(
            f"block {block} of {chain} is final", lambda: anvil.block_number("finalized") >= block
        )

    def wait_until_time(self, chain: str, timestamp: int) -> None:
        """Until the chain's clock has passed `timestamp`."""
        anvil = self.anvils[chain]
        self.wait_until(f"{chain} is later than {timestamp}", lambda: anvil.timestamp() > timestamp)


@contextmanager
def start_network(
    options: Options | None = None, *, progress: Progress = _silent, start_nodes: bool = True
) -> Iterator[Network]:
    """Start chains, deploy, start all nodes; on leaving, stop everything that was started here."""
    options = options or Options()
    with ExitStack() as stack:
        folder = (
            options.folder
            or options.state
            or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ccip-")))
        )
        anvils = [stack.enter_context(Anvil(option)) for option in chain_options(options)]
        for anvil, seconds, epoch in zip(anvils, options.block_times, options.epochs, strict=True):
            progress(
                f"chain {anvil.options.chain_id}: a block every {seconds} s, final after {2 * epoch} blocks, {anvil.url}"
            )
        began = time.monotonic()
        deployment = resumed(options, anvils) or deploy_fast(options, anvils, progress)
        keep_time(options, anvils)
        progress(f"{len(deployment.lanes)} lanes deployed and verified in {time.monotonic() - began:.1f} s")
        host = Host()
        stack.enter_context(monitors_log_to(host, folder / "monitors.log"))
        stack.enter_context(host)
        network = Network(options, anvils, deployment, host, folder)
        stack.callback(lambda: network.ccip.close())  # of the last deployment
        if start_nodes:
            network.start()
            progress(
                f"{len(network.committers)} committers (3 of 4 sign), {len(network.monitors)} risk monitors "
                f"(3 bless, 2 curse; independence simulated), {len(network.executors)} executor"
            )
        yield network


def chain_options(options: Options) -> list[AnvilOptions]:
    """How each chain is started: it mines at once while contracts are deployed, and by the clock afterwards."""
    ports = options.ports or (0,) * len(options.epochs)
    return [
        AnvilOptions(
            chain_id=chain_id,
            slots_in_an_epoch=epoch,
            accounts=roles.ACCOUNTS,
            port=port,
            load_state=_kept(options, chain_id, only_if_there=True),
            dump_state=_kept(options, chain_id),
        )
        for chain_id, epoch, port in zip(roles.CHAIN_IDS, options.epochs, ports, strict=False)
    ]


def _kept(options: Options, chain_id: int, *, only_if_there: bool = False) -> Path | None:
    """Where a chain's state lies."""
    if options.state is None:
        return None
    path = options.state / f"chain-{chain_id}.json"
    return path if path.exists() or not only_if_there else None


def resumed(options: Options, anvils: Sequence[Anvil]) -> Deployment | None:
    """The deployment of the run before, if its chains were loaded; with their URLs of today."""
    if options.state is None or any(anvil.options.load_state is None for anvil in anvils):
        return None
    path = options.state / "deployment.json"
    if not path.exists():
        return None
    known = load_deployment(path)
    chains = (replace(c, rpc_url=anvil.url) for c, anvil in zip(known.chains, anvils, strict=True))
    return replace(known, chains=tuple(chains))


def deploy_fast(options: Options, anvils: Sequence[Anvil], progress: Progress) -> Deployment:
    """Deploy with a block per transaction."""
    config = devnet_config(
        [anvil.url for anvil in anvils],
        permissionless_window=options.permissionless_window,
        executors=max(1, options.executors),
        committers=options.committers,
    )
    deployment = deploy_network(config, progress=progress)
    if options.state is not None:
        save_deployment(deployment, options.state / "deployment.json")
    return deployment


def keep_time(options: Options, anvils: Sequence[Anvil]) -> None:
    """From now on each chain mines by its own clock."""
    for anvil, seconds in zip(anvils, options.block_times, strict=True):
        anvil.automine(False)
        anvil.set_block_time(seconds)
