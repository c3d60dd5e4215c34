"""V9: a committer's process is killed and started again; how soon it does its work again."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from ccip_py.chains.deployment import save_deployment
from ccip_py.deploy import devnet as roles
from ccip_py.devnet.network import Network
from ccip_py.devnet.node_mains import free_ports

from .promises import Measured
from .traffic import Traffic

KILLS = 10
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


def _life(folder: Path, figures: int, after: float) -> float:
    """Start, wait until every loop has done a cycle, live on a little, be killed; the seconds the start took."""
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder / "node.toml")], stderr=subprocess.DEVNULL
    ) as process:
        try:
            while not _ready(figures):
                if process.poll() is not None or time.monotonic() - began > 60:
                    raise RuntimeError("the committer did not come up")
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
