"""Every node of a network as a process of its own, to be watched, stopped, frozen, killed and started again.

    with Fleet(network, folder) as fleet:
        fleet.start_all()
        fleet.kill("committer 0")
        fleet.start("committer 0")

A node's files stay where they are; what it has persisted is all it knows when started again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio
import httpx

from ccip_py.chains.deployment import save_deployment
from ccip_py.devnet.network import Network
from ccip_py.devnet.node_files import committer_file, executor_file, monitor_file
from ccip_py.devnet.node_mains import free_ports
from ccip_py.errors import BadInput
from ccip_py.nodes.config import load_node_file
from ccip_py.nodes.main import NOTHING_CHANGED, accept_history

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
END_TIMEOUT_S = 10.0

Route = Callable[[str, str], str]  # node, chain's name → URL
Between = Callable[[int, int], int]  # asking committer, asked committer → port


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used up and holds."""

    cpu_seconds: float
    memory_bytes: int


@dataclass(slots=True)
class _Member:
    kind: str
    config: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None
    spent: float = 0.0  # CPU seconds of earlier lives, as far as they were seen
    frozen: bool = False


class Fleet:
    """The nodes of a network. They end on leaving, or with this process."""

    def __init__(
        self,
        network: Network,
        folder: Path,
        route: Route | None = None,
        *,
        second: Route | None = None,
        ports: Sequence[int] | None = None,
        between: Between | None = None,
        credulous: Collection[int] = (),
        shown: bool = False,
    ) -> None:
        """`route` and `between` put something in the way to chains and between committers, who listen on `ports`.

        A monitor asks two endpoints: `second` is the way to the other one, where nothing lies unless it says so.
        `shown`: committers and executors have pages with their figures, so that `at_work` can be asked.
        """
        self.network = network
        self._folder = folder.resolve()
        self._members: dict[str, _Member] = {}
        self._route, self._second = route or self._straight, second or self._straight
        self._shown, self._pages = shown, dict[str, str]()
        self._ports = list(ports or free_ports(network.options.committers))
        self._between = between or (lambda _asker, asked: self._ports[asked])
        self._credulous = frozenset(credulous)
        self._write_configurations()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self._members:
            self.stop(name)

    @property
    def names(self) -> list[str]:
        """Every node, in the order a message meets them."""
        return list(self._members)

    def of_kind(self, kind: str) -> list[str]:
        """The committers, the monitors or the executors."""
        return [name for name, member in self._members.items() if member.kind == kind]

    # Life and death

    def start_all(self) -> None:
        """Start what is not running."""
        for name in self._members:
            self.start(name)

    def start(self, name: str) -> None:
        """Start a node; nothing happens if it runs."""
        member = self._members[name]
        if self.running(name):
            return
        command = [sys.executable, "-m", "ccip_py.chaos.member", member.kind, str(member.config)]
        with member.log.open("ab") as log:
            member.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, and each node gets a fair share of the machine
            )

    def running(self, name: str) -> bool:
        """Whether its process is there, frozen or not."""
        process = self._members[name].process
        return process is not None and process.poll() is None

    def kill(self, name: str) -> None:
        """SIGKILL: it gets no say."""
        self._end(name, signal.SIGKILL)

    def stop(self, name: str) -> None:
        """SIGTERM, and wait."""
        self._end(name, signal.SIGTERM)

    def freeze(self, name: str) -> None:
        """SIGSTOP: it is there, and does nothing."""
        member = self._members[name]
        if member.process is not None and self.running(name):
            member.process.send_signal(signal.SIGSTOP)
            member.frozen = True

    def thaw(self, name: str) -> None:
        """SIGCONT."""
        member = self._members[name]
        if member.process is not None and member.frozen and self.running(name):
            member.process.send_signal(signal.SIGCONT)
        member.frozen = False

    def ended(self) -> list[str]:
        """Nodes that ended without being told to."""
        return [
            name
            for name, member in self._members.items()
            if member.process is not None and not self.running(name)
        ]

    def last_words(self, name: str, lines: int = 12) -> str:
        """The end of its log."""
        said = self._members[name].log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(said[-lines:])

    def _end(self, name: str, how: signal.Signals) -> None:
        member = self._members[name]
        process = member.process
        if process is None:
            return
        member.spent = self.usage(name).cpu_seconds
        self.thaw(name)
        if process.poll() is None:
            process.send_signal(how)
        try:
            process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()
        member.process = None

    def accept_history(self, name: str, chain: str) -> bool:
        """What a node's operator does once a change of final blocks was reviewed; whether it had noticed any."""
        self.stop(name)
        try:
            anyio.run(accept_history, load_node_file(self._members[name].config), chain)
        except BadInput as too_early:
            if too_early.code != NOTHING_CHANGED:
                raise
            return False
        finally:
            self.start(name)
        return True

    # Watching

    def usage(self, name: str) -> Usage:
        """CPU over all its lives, and memory now."""
        member = self._members[name]
        if member.process is None:
            return Usage(member.spent, 0)
        now = process_usage(member.process.pid)
        return Usage(member.spent + now.cpu_seconds, now.memory_bytes)

    def at_work(self, name: str) -> bool:
        """Whether every loop of the node has done its work once since it was started."""
        try:
            answer = httpx.get(self._pages[name], trust_env=False, timeout=2)
        except httpx.HTTPError:
            return False
        if self._members[name].kind == "monitor":
            return bool(answer.json()["cycles"])
        return answer.status_code == 200

    # Configuration

    def _write_configurations(self) -> None:
        network, deployment = self.network, self.network.deployment
        self._folder.mkdir(parents=True, exist_ok=True)
        save_deployment(deployment, self._folder / "deployment.json")
        for index in range(network.options.committers):
            self._add("committer", f"committer {index}", self._committer(index))
        for index, url in enumerate(network.mains.monitor_urls()):
            name = f"monitor {index}"
            two = {chain: [*first, self._second(name, chain)] for chain, first in self._urls(name).items()}
            self._add("monitor", name, monitor_file(network.mains.monitor_config(index), two))
            self._pages[name] = f"{url}/status"
        for index in range(network.options.executors):
            name = f"executor {index}"
            self._add("executor", name, executor_file(index, network.mains.monitor_urls(), self._urls(name)))

    def _committer(self, index: int) -> str:
        others = {place: self._between(index, place) for place in range(len(self._ports)) if place != index}
        urls = self._urls(f"committer {index}")
        credulous = index in self._credulous
        port = self._ports[index]
        return committer_file(self.network.deployment, index, port, others, urls, credulous=credulous)

    def _straight(self, _node: str, chain: str) -> str:
        return self.network.chain(chain).rpc_url

    def _urls(self, name: str) -> dict[str, list[str]]:
        return {chain.name: [self._route(name, chain.name)] for chain in self.network.deployment.chains}

    def _add(self, kind: str, name: str, text: str) -> None:
        if self._shown and kind != "monitor":
            [port] = free_ports(1)
            text = f'metrics = "127.0.0.1:{port}"\n{text}'
            self._pages[name] = f"http://127.0.0.1:{port}/readyz"
        path = self._folder / f"{name.replace(' ', '-')}.toml"
        path.write_text(text, encoding="utf-8")
        self._members[name] = _Member(kind, path, path.with_suffix(".log"))


def process_usage(pid: int) -> Usage:
    """From /proc; nothing if the process is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return Usage(0.0, 0)
    return Usage((int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * PAGE)


def chain_process(network: Network, chain: str) -> int:
    """The process id of a chain: the Anvil below us that has its chain id."""
    wanted = [b"--chain-id", str(network.chain(chain).chain_id).encode()]
    below = {os.getpid()}
    found = 0
    for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            parent = int((entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent in below:
            below.add(int(entry.name))
            is_anvil = b"anvil" in command[0] and all(part in command for part in wanted)
            found = int(entry.name) if is_anvil else found
    return found
