"""`ccip node`: one node as a process: a committer, an executor, or a risk monitor; and what its operator decides for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ccip_py.cli import options, terminal
from ccip_py.cli.command import Command, Group

app = typer.Typer(
    cls=Group,
    help="Run one node, from its configuration file.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Config = Annotated[
    Path,
    typer.Option("--config", "-c", metavar="FILE", help="The node's TOML file.", exists=True),
]


@app.command("committer", cls=Command)
def committer(config: Config) -> None:
    """Observe, agree, sign and commit. Runs until SIGTERM or SIGINT; dry without a key."""
    _run(config, "committer")


@app.command("executor", cls=Command)
def executor(config: Config) -> None:
    """Execute what is committed and blessed. Runs until SIGTERM or SIGINT; dry without a key."""
    _run(config, "executor")


@app.command("monitor", cls=Command)
def monitor(config: Config) -> None:
    """Bless and curse: the same program as `ccip-risk run`, which shares no code with the rest."""
    from ccip_py.risk.main import main

    raise typer.Exit(main(["run", "--config", str(config)]))


@app.command("accept-history", cls=Command)
def accept_history(
    chain: Annotated[str, typer.Argument(help="The chain, by its name in the deployment.")],
    config: Config,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept without asking.")] = False,
    as_json: options.Json = False,
) -> None:
    """Let a committer or an executor, which must not run, believe a chain again whose final blocks changed."""
    import anyio

    from ccip_py.nodes.config import load_node_file
    from ccip_py.nodes.main import accept_history

    def consent(violation: str) -> None:
        terminal.say(violation)
        if not yes:
            _ask("Is everything that was committed of this chain still there, or are its lanes replaced?")

    record = anyio.run(accept_history, load_node_file(config), chain, consent)
    line = f"{chain} is believed again from block {record.number} on, 0x{record.hash.hex()}"
    terminal.result({"chain": chain, "block": record.number, "hash": record.hash}, [line], as_json)


def _ask(question: str) -> None:
    from ccip_py.cli.connect import interactive
    from ccip_py.errors import Refused

    if not interactive():
        raise Refused("a history is accepted by somebody, and nobody is here to be asked", hint="pass --yes")
    if not typer.confirm(question, err=True):
        raise typer.Abort


def _run(path: Path, kind: str) -> None:
    import anyio

    from ccip_py.errors import ConfigError
    from ccip_py.nodes.config import load_node_file
    from ccip_py.nodes.main import run_node_file

    found = load_node_file(path).kind
    if found != kind:
        raise ConfigError(f"{path} describes a node of kind {found}, not {kind}", hint=f"ccip node {found}")
    terminal.say(f"{kind} of {path} starts; its log follows on {sys.stderr.name}")
    anyio.run(run_node_file, path)
