"""Every node of a network as a process of its own: its configuration file, its log, its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ccip_py.chains.deployment import load_deployment, save_deployment
from ccip_py.deploy import devnet as roles
from ccip_py.devnet.node_files import committer_file, executor_file, monitor_file
from ccip_py.devnet.node_mains import free_ports
from ccip_py.devnet.process import GuardedProcess
from ccip_py.errors import CcipError

if TYPE_CHECKING:
    from ccip_py.devnet.network import Network

_TO_LOG = 'log=$1; shift; exec "$@" >>"$log" 2>&1'


class NodeGone(CcipError):
    """A node's process ended by itself."""

    default_code = "NODE_GONE"


class Fleet:
    """The nodes of a network. They start on entering, and end on leaving or when this process does."""

    def __init__(self, network: Network, folder: Path) -> None:
        self._network = network
        self._folder = folder.resolve()
        self._running: dict[str, GuardedProcess] = {}
        self._written = 0  # when the nodes' deployment file was

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        save_deployment(self._network.deployment, self._file)
        self._written = self._file.stat().st_mtime_ns
        for name, kind, text in self._configurations():
            path = self._folder / f"{name}.toml"
            path.write_text(text, encoding="utf-8")
            node = [sys.executable, "-m", "ccip_py.cli", "node", kind, "--config", str(path)]
            log = str(self._folder / f"{name}.log")
            self._running[name] = GuardedProcess(["/bin/sh", "-c", _TO_LOG, "node", log, *node])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._running.values()):
            process.stop()

    def check(self) -> None:
        """NodeGone for the first process that ended. A lane that was replaced in the nodes' deployment file is told
        to the monitors, too: committers and executors read that file, monitors have their own."""
        self._follow()
        for name, process in self._running.items():
            if not process.running():
                raise NodeGone(f"{name} ended by itself", hint=f"see {self._folder / f'{name}.log'}")

    @property
    def _file(self) -> Path:
        return self._folder / "deployment.json"

    def _follow(self) -> None:
        written = self._file.stat().st_mtime_ns
        if written == self._written:
            return
        self._written = written
        deployment = load_deployment(self._file)
        if deployment == self._network.deployment:
            return
        self._network.redeployed(deployment)
        for index in range(self._network.options.monitors):
            text = monitor_file(self._network.mains.monitor_config(index))
            (self._folder / f"monitor-{index}.toml").write_text(text, encoding="utf-8")

    def names(self) -> list[str]:
        """Every node, in the order a message meets them."""
        return list(self._running)

    def _configurations(self) -> Iterator[tuple[str, str, str]]:
        """(name, kind, TOML) of every node."""
        network, ports = self._network, dict(enumerate(free_ports(len(roles.COMMITTERS))))
        for index, port in ports.items():
            others = {place: there for place, there in ports.items() if place != index}
            text = committer_file(network.deployment, index, port, others)
            yield f"committer-{index}", "committer", text
        for index in range(network.options.monitors):
            yield f"monitor-{index}", "monitor", monitor_file(network.mains.monitor_config(index))
        for index in range(network.options.executors):
            yield f"executor-{index}", "executor", executor_file(index, network.mains.monitor_urls())
