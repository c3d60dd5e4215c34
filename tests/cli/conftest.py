"""One running network for all commands, and a way to run them as a shell would."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ccip_py.chains.deployment import save_deployment
from ccip_py.cli.main import main
from ccip_py.devnet.network import Network, Options, start_network
from ccip_py.protocol.codec.evm import checksum


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Jobs of the background ignore interrupts, and so do their children, unless told otherwise."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Ran:
        code = main([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return Ran(code, said.out, said.err)

    return run


def in_a_process(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> Ran:
    """Run a command as a process of its own, without a terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "ccip_py.cli", *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class Running:
    """A network that runs, its file, and contracts to send to."""

    network: Network
    file: Path
    inbox: str
    greedy: str


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("network")
    with start_network(Options(block_times=(1, 1), epochs=(1, 1))) as network:
        save_deployment(network.deployment, folder / "deployment.json")
        router = network.chain("b").router
        inbox, greedy = (checksum(network.deploy("b", name, router)) for name in ("Inbox", "GreedyInbox"))
        yield Running(network, folder / "deployment.json", inbox, greedy)


@pytest.fixture
def on(cli: Run, running: Running, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`cli`, with the running network as its default."""
    monkeypatch.setenv("CCIP_DEPLOYMENT", str(running.file))
    return cli
