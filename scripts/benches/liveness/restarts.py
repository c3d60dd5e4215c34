"""V9: a committer's process is killed and started again; how soon it does its work again, with much behind it too."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import sqlalchemy as sql

from ccip_py.chains.deployment import save_deployment
from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.chains.evm.sending import Attempt, Entry, Intent, State, dump_entry
from ccip_py.deploy import devnet as roles
from ccip_py.devnet.network import Network
from ccip_py.devnet.node_mains import free_ports
from ccip_py.errors import NotYet
from ccip_py.nodes.cache import Cache, CachedMessage, Cursor
from ccip_py.nodes.journal import Journal
from ccip_py.nodes.journal_schema import SENT, SIGNED
from ccip_py.protocol.ids import Address, SeqNr

from .promises import Measured
from .traffic import Traffic

KILLS = 20
HISTORY = 100_000
PROGRAM = (
    "import anyio, sys; from pathlib import Path; from ccip_py.nodes.main import run_node_file\n"
    "anyio.run(run_node_file, Path(sys.argv[1]))"
)


def v9_kills(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """Killed at random times, as a process of its own that has no peers."""
    with tempfile.TemporaryDirectory() as name:
        folder, [port, figures] = Path(name), free_ports(2)
        save_deployment(network.deployment, folder / "deployment.json")
        (folder / "node.toml").write_text(
            f'kind = "committer"\nname = "committer"\ndeployment = "deployment.json"\nfolder = "state"\n'
            f'metrics = "127.0.0.1:{figures}"\n[key]\ndev_index = {roles.COMMITTERS[0]}\n'
            f'[transport]\nlisten = "127.0.0.1:{port}"\npeers = {{}}\n'
        )
        random_ = random.Random(9)
        seconds = [_life(folder, figures, random_.uniform(0, 2)) for _ in range(KILLS)]
        yield Measured.timed("V9", f"killed {KILLS} times: worst start to useful work", 10, max(seconds))
        _age(folder / "state", network)
        seconds = [_life(folder, figures, random_.uniform(0, 2)) for _ in range(KILLS // 2)]
    yield Measured.timed("V9", f"with {HISTORY:,} messages behind it: the same", 5, max(seconds))


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
    journal = Journal.open(folder, KeySigner(dev_key(roles.COMMITTERS[0])).address)
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


def _life(folder: Path, figures: int, after: float) -> float:
    """Start, wait until every loop has done a cycle, live on a little, be killed; the seconds the start took."""
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder / "node.toml")], stderr=subprocess.DEVNULL
    ) as process:
        try:
            while not _ready(figures):
                if process.poll() is not None or time.monotonic() - began > 60:
                    raise NotYet("the committer did not come up")
                time.sleep(0.05)
            seconds = time.monotonic() - began
            time.sleep(after)
        finally:
            process.kill()
    return seconds


def _ready(figures: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{figures}/readyz", trust_env=False, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
