"""Every node of a network as a process of its own: its configuration file, its log, its end."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ccip_py.chains.deployment import load_deployment, save_deployment
from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.deploy import devnet as roles
from ccip_py.devnet.node_mains import free_ports, prices
from ccip_py.devnet.process import GuardedProcess
from ccip_py.errors import CcipError
from ccip_py.protocol.codec.evm import checksum
from ccip_py.risk.config_toml import as_toml

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
            (self._folder / f"monitor-{index}.toml").write_text(self._monitor(index), encoding="utf-8")

    def names(self) -> list[str]:
        """Every node, in the order a message meets them."""
        return list(self._running)

    def _configurations(self) -> Iterator[tuple[str, str, str]]:
        """(name, kind, TOML) of every node."""
        ports = free_ports(len(roles.COMMITTERS))
        for index in range(len(roles.COMMITTERS)):
            yield f"committer-{index}", "committer", self._committer(index, ports)
        for index in range(self._network.options.monitors):
            yield f"monitor-{index}", "monitor", self._monitor(index)
        for index in range(self._network.options.executors):
            yield f"executor-{index}", "executor", self._executor(index)

    def _committer(self, index: int, ports: list[int]) -> str:
        keys = [checksum(KeySigner(dev_key(one)).address) for one in roles.COMMITTERS]
        peers = [
            f'"{key}" = "http://127.0.0.1:{port}"'
            for place, (key, port) in enumerate(zip(keys, ports, strict=True))
            if place != index
        ]
        fixed = [
            f'[[prices.fixed]]\nchain = {chain}\ntoken = "{checksum(token)}"\nusd = {usd}'
            for (chain, token), usd in prices(self._network.deployment).items()
        ]
        listen = f'[transport]\nlisten = "127.0.0.1:{ports[index]}"\n[transport.peers]'
        name = f"committer-{index}"
        return "\n".join([_node("committer", name, roles.COMMITTERS[index]), listen, *peers, *fixed]) + "\n"

    def _executor(self, index: int) -> str:
        monitors = json.dumps(self._network.mains.monitor_urls())
        name = f"executor-{index}"
        return f"{_node('executor', name, roles.EXECUTORS[index])}\n[executor]\nmonitors = {monitors}\n"

    def _monitor(self, index: int) -> str:
        config = self._network.mains.monitor_config(index)
        return as_toml(replace(config, directory=Path(f"monitor-{index}")))


def _node(kind: str, name: str, key: int) -> str:
    return (
        f'kind = "{kind}"\nname = "{name}"\ndeployment = "deployment.json"\nfolder = "{name}"\n'
        f"[key]\ndev_index = {key}"
    )
