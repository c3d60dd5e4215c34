"""`ccip up`: a whole network on this machine, until it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from ccip_py.cli import kept, options, run_file, terminal
from ccip_py.cli.connect import DEPLOYMENT, RUN_FOLDER

if TYPE_CHECKING:
    from types import FrameType

    from ccip_py.cli.fleet import Fleet
    from ccip_py.devnet.network import Network, Options
    from ccip_py.errors import Refused

FEWEST_CHAINS, MOST_CHAINS = 2, 10  # each with every other: up to ninety lanes
FIRST_PORT, PORT_STEP = 8545, 1000
BLOCK_TIMES, EPOCHS = (1, 2), (1, 2, 3)  # in turn: identical twins hide bugs

Chains = Annotated[
    Optional[int],  # noqa: UP045  (typer reads it at run time)
    typer.Option(
        metavar="N",
        help="How many chains; left out: 2, or as many as --state holds.",
        min=FEWEST_CHAINS,
        max=MOST_CHAINS,
        show_default=False,
    ),
]
Port = Annotated[
    list[int],
    typer.Option(
        metavar="PORT", help="One for each chain, in order; 0: any free one; left out: 8545, 9545, …"
    ),
]
BlockTime = Annotated[
    list[int], typer.Option(metavar="SECONDS", help="Between two blocks, one for each chain.", min=1)
]
Processes = Annotated[bool, typer.Option("--processes", help="Every node as a process of its own.")]
State = Annotated[
    Optional[Path],  # noqa: UP045  (typer reads it at run time)
    typer.Option(
        metavar="FOLDER",
        help="Keep everything in this folder, and go on from there next time.",
        show_default=False,
    ),
]
Detach = Annotated[bool, typer.Option("--detach", help="Return when it runs; `ccip down` ends it.")]
WINDOW_S = 15
BANNER = "\n— it runs —\n"
"""After this comes what a person copies; before it, in the log of `--detach`, what was reported on the way."""


def up(
    chains: Chains = None,
    port: Port = [],  # noqa: B006  (typer copies it)
    block_time: BlockTime = [],  # noqa: B006
    processes: Processes = False,
    state: State = None,
    detach: Detach = False,
    timeout: options.Timeout = 60,
    as_json: options.Json = False,
) -> None:
    """Start chains, contracts, committers, risk monitors and an executor, and keep them running.

    Ctrl-C ends it, or `ccip down` from elsewhere. Commands in the same folder find it by themselves.
    """
    from ccip_py.errors import Refused

    known = run_file.read()
    if known is not None and known.alive:
        raise Refused(
            f"a network of this folder runs already (process {known.pid})",
            code="ALREADY_UP",
            hint="`ccip status` shows it, `ccip down` ends it; another folder can have its own",
        )
    count = _count(chains, state)
    for name, given in (("--port", port), ("--block-time", block_time)):
        if given and len(given) != count:
            raise typer.BadParameter(f"one for each of the {count} chains, got {len(given)}", param_hint=name)
    if detach:
        _detach(timeout, as_json)
        return
    terminal.say("starting a network; loading the nodes takes a moment")
    _run(_options(count, port, block_time, state), processes, as_json)


def _count(chains: int | None, state: Path | None) -> int:
    """How many chains: what is kept decides, and is not contradicted."""
    held = kept.chains(state) if state is not None else None
    if held is None:
        return FEWEST_CHAINS if chains is None else chains
    if chains not in (None, held):
        raise typer.BadParameter(
            f"{state} holds a network of {held} chains; leave it out to go on with them, or name another folder",
            param_hint="--chains",
        )
    return held


def _options(chains: int, port: list[int], block_time: list[int], state: Path | None) -> Options:
    from ccip_py.devnet.network import Options

    RUN_FOLDER.mkdir(exist_ok=True)
    return Options(
        block_times=tuple(block_time) or tuple(islice(cycle(BLOCK_TIMES), chains)),
        epochs=tuple(islice(cycle(EPOCHS), chains)),
        permissionless_window=WINDOW_S,
        ports=tuple(port) or tuple(_free_or_any(FIRST_PORT + PORT_STEP * place) for place in range(chains)),
        state=state,
    )


def _free_or_any(port: int) -> int:
    """The port people expect, unless something listens there."""
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def _run(wanted: Options, processes: bool, as_json: bool) -> None:
    from contextlib import ExitStack

    from ccip_py.chains.deployment import save_deployment
    from ccip_py.cli.fleet import Fleet
    from ccip_py.devnet.network import start_network

    home = wanted.state or RUN_FOLDER
    with ExitStack() as stack:
        stop = _stop_on_signals()
        kept.prepare(home)
        stack.callback(kept.finished, home)  # last of all: the chains have stopped by then
        network = stack.enter_context(start_network(wanted, progress=terminal.say, start_nodes=not processes))
        fleet = stack.enter_context(Fleet(network, home / "nodes")) if processes else None
        save_deployment(network.deployment, RUN_FOLDER / DEPLOYMENT)
        stack.callback((RUN_FOLDER / DEPLOYMENT).unlink, missing_ok=True)
        document = _document(network, fleet)
        terminal.result(document, _banner(network, processes), as_json)
        run_file.write(RUN_FOLDER, document)  # last: who waits for this file then shows what was said before
        stack.callback(run_file.remove, RUN_FOLDER)
        while not stop.wait(0.5):
            network.check()
            if fleet is not None:
                fleet.check()
        terminal.say("stopping")


def _stop_on_signals() -> threading.Event:
    """Ctrl-C, `ccip down`, or the end of the terminal: each ends it cleanly."""
    stop = threading.Event()

    def wanted(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, wanted)
    return stop


def _document(network: Network, fleet: Fleet | None) -> dict[str, Any]:
    from ccip_py.protocol.codec.evm import checksum

    return {
        "deployment": str((RUN_FOLDER / DEPLOYMENT).resolve()),
        "state": str(network.options.state) if network.options.state else None,
        "nodes": fleet.names() if fleet is not None else [node.name for node in network.nodes],
        "in_processes": fleet is not None,
        "chains": [
            {
                "name": chain.name,
                "chain_id": chain.chain_id,
                "selector": str(chain.selector),
                "rpc_url": chain.rpc_url,
                "router": checksum(chain.router),
            }
            for chain in network.deployment.chains
        ],
        "accounts": [user.address for user in network.users],
    }


def _banner(network: Network, processes: bool) -> Iterator[str]:
    """What a person copies: chains, an account, and a first line for each tool."""
    from ccip_py.chains.evm.keys import DEV_MNEMONIC
    from ccip_py.protocol.codec.evm import checksum

    a, b = network.deployment.chains[:2]
    router = checksum(a.router)
    user = network.user.address
    bold = terminal.paint
    yield BANNER.strip("\n")
    for chain in network.deployment.chains:
        tokens = ", ".join(token.symbol for token in chain.tokens)
        yield f"{bold(f'chain {chain.name}', 'bold')}  {chain.rpc_url}  id {chain.chain_id}  selector {chain.selector}"
        yield f"         router {checksum(chain.router)}  tokens {tokens}, LINK"
    yield f"account  {user}  (anvil:0; anvil:1 to anvil:3 hold tokens too)"
    yield f"mnemonic {DEV_MNEMONIC}"
    yield f"file     {RUN_FOLDER / DEPLOYMENT}" + (
        "   every node is a process of its own" if processes else ""
    )
    yield ""
    yield bold("send tokens, and follow them", "bold")
    yield f"  ccip send -s {a.name} -D {b.name} --to {user} --token BMT=1.5 --wait"
    yield bold("in Python", "bold")
    yield f"  from ccip_py import Ccip; print(Ccip.connect('{RUN_FOLDER / DEPLOYMENT}').lanes())"
    yield bold("with cast", "bold")
    yield f"  cast call --rpc-url {a.rpc_url} {router} 'getOnRamp(uint64)(address)' {b.selector}"
    yield bold("with the official client", "bold")
    yield (
        f"  ccip-cli lane -s {a.chain_id} -d {b.chain_id} -r {router} --rpc {a.rpc_url} --rpc {b.rpc_url} --no-api"
    )
    yield ""
    yield "Ctrl-C stops it."


def _detach(timeout: float, as_json: bool) -> None:
    """Start the same command in a session of its own, and wait until it says that it runs."""
    from ccip_py.errors import NotYet

    RUN_FOLDER.mkdir(exist_ok=True)
    log = RUN_FOLDER / "up.log"
    arguments = [argument for argument in sys.argv[1:] if argument not in ("--detach", "--json")]
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "ccip_py.cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={
                name: value for name, value in os.environ.items() if name not in ("CCIP_DETACH", "CCIP_JSON")
            },
        )
    deadline = time.monotonic() + timeout
    with terminal.waiting("waiting for the network") as update:
        while not _runs(child.pid):
            if child.poll() is not None:
                raise _not_up(log)
            if time.monotonic() > deadline:
                child.terminate()
                raise NotYet(f"the network was not up after {timeout:g} s", code="TIMEOUT", hint=f"see {log}")
            update(f"waiting for the network (its log: {log})")
            time.sleep(0.1)
    known = run_file.read()
    text = log.read_text(encoding="utf-8", errors="replace")
    banner = (
        text[text.rfind(BANNER) + len(BANNER) :].replace("Ctrl-C stops it.", "`ccip down` stops it.").rstrip()
    )
    terminal.result(known.plain if known else {}, [banner], as_json)


def _runs(pid: int) -> bool:
    """Whether that process says that its network runs. What a run before left behind says nothing."""
    known = run_file.read()
    return known is not None and known.pid == pid and known.alive


def _not_up(log: Path) -> Refused:
    """Its last words: from the line that names an error on."""
    from ccip_py.errors import Refused

    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    error = next((place for place, line in enumerate(said) if line.startswith("error[")), len(said) - 3)
    return Refused(
        "the network did not start; it said: " + " / ".join(line.strip() for line in said[max(0, error) :]),
        code="NOT_UP",
        hint=f"its whole log: {log}",
    )
