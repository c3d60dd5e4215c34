"""V9: a node's process is killed and started again; how soon it does its work again, with much behind it too."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sql

from ccip_py.chains.deployment import save_deployment
from ccip_py.chains.evm.sending import Attempt, Entry, Intent, State, dump_entry
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.keys import dev_address
from ccip_py.devnet.hosting import HostedNode
from ccip_py.devnet.network import Network
from ccip_py.devnet.node_files import committer_file, executor_file, monitor_file
from ccip_py.devnet.node_mains import free_ports
from ccip_py.errors import NotYet
from ccip_py.nodes.cache import Cache, CachedMessage, Cursor
from ccip_py.nodes.journal import Journal
from ccip_py.nodes.journal_schema import SENT, SIGNED
from ccip_py.protocol.ids import Address, SeqNr

from .promises import Measured, stopped
from .traffic import Traffic

KILLS = 20  # of each kind of node
HISTORY = 100_000
UP_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Subject:
    """A node as a process of its own, in the place of one that the network hosts."""

    kind: str
    instead: HostedNode
    config: Path
    page: str  # shows whether it is at work
    at_work: Callable[[httpx.Response], bool]

    def works(self) -> bool:
        try:
            return self.at_work(httpx.get(self.page, trust_env=False, timeout=2))
        except httpx.HTTPError:
            return False


def v9_kills(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """Killed at random times. Useful work: every loop of a committer or executor, or a monitor, has done a cycle."""
    chance = random.Random(9)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_deployment(network.deployment, folder / "deployment.json")
        for subject in _subjects(network, folder):
            with stopped(subject.instead):
                seconds = [_life(subject, chance.uniform(0, 2)) for _ in range(KILLS)]
                what = f"a {subject.kind} killed {KILLS} times: worst start to useful work"
                yield Measured.timed("V9", what, 10, max(seconds))
                if subject.kind == "committer":
                    _age(folder / "committer-0", network)
                    seconds = [_life(subject, chance.uniform(0, 2)) for _ in range(KILLS // 2)]
                    what = f"the same with {HISTORY:,} messages behind it"
                    yield Measured.timed("V9", what, 5, max(seconds))


def _subjects(network: Network, folder: Path) -> Iterator[Subject]:
    """One of each kind. The committer has no peers, so whatever it says counts nowhere."""
    listen, figures, more_figures = free_ports(3)
    files = {
        "committer": f'metrics = "127.0.0.1:{figures}"\n' + committer_file(network.deployment, 0, listen, {}),
        "executor": f'metrics = "127.0.0.1:{more_figures}"\n'
        + executor_file(0, network.mains.monitor_urls()),
        "monitor": monitor_file(network.mains.monitor_config(0)),
    }
    for kind, text in files.items():
        (folder / f"{kind}.toml").write_text(text, encoding="utf-8")

    def ready(answer: httpx.Response) -> bool:
        return answer.status_code == 200

    def cycled(answer: httpx.Response) -> bool:
        status: dict[str, Any] = answer.json()
        return int(status["cycles"]) > 0

    for kind, node, url, at_work in (
        ("committer", network.committers[0], f"http://127.0.0.1:{figures}/readyz", ready),
        ("executor", network.executors[0], f"http://127.0.0.1:{more_figures}/readyz", ready),
        ("monitor", network.monitors[0], f"{network.mains.monitor_urls()[0]}/status", cycled),
    ):
        yield Subject(kind, node, folder / f"{kind}.toml", url, at_work)


def _age(folder: Path, network: Network) -> None:
    """Put into the folder what a node would have kept of so many messages, had each been a report of its own."""
    random_, digest = random.Random(9), network.deployment.lanes[0].config_digest
    cache = Cache.open(folder / "cache.sqlite")
    lane = cache.lane("a lane of long ago")
    lane.append(
        [CachedMessage(SeqNr(n), random_.randbytes(32), b"") for n in range(1, HISTORY + 1)],
        Cursor(1, SeqNr(HISTORY + 1)),
    )
    cache.close()
    entry = Entry(
        1, 1, Intent(Address(bytes(20)), bytes(1_500), 1), (Attempt(1, 1, 1),), State.FINAL, True, 1
    )
    chain, text = str(network.deployment.chains[1].selector), dump_entry(entry)
    journal = Journal.open(folder, dev_address(roles.COMMITTERS[0]))
    try:
        with journal.transaction() as connection:
            numbers = range(HISTORY)
            connection.execute(
                sql.insert(SIGNED),
                [
                    {
                        "config_digest": digest[:-1] + b"\0",
                        "epoch": 1 + n // 255,
                        "round": 1 + n % 255,
                        "report_hash": random_.randbytes(32),
                    }
                    for n in numbers
                ],
            )
            connection.execute(
                sql.insert(SENT),
                [{"chain": chain, "id": 10_000 + n, "open": False, "entry": text} for n in numbers],
            )
    finally:
        journal.close()


def _life(subject: Subject, after: float) -> float:
    """Start, wait until it is at work, live on a little, be killed; the seconds the start took."""
    command = [sys.executable, "-m", "ccip_py.cli", "node", subject.kind, "--config", str(subject.config)]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not subject.works():
                if process.poll() is not None or time.monotonic() - began > UP_WITHIN_S:
                    raise NotYet(f"the {subject.kind} did not come up")
                time.sleep(0.05)
            seconds = time.monotonic() - began
            time.sleep(after)
        finally:
            process.kill()
    return seconds
