"""`ccip deploy`: a network from its configuration, planned first, resumable, verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ccip_py.cli import options, terminal

if TYPE_CHECKING:
    from ccip_py.deploy.config import NetworkConfig
    from ccip_py.deploy.existing import Replacing

Config = Annotated[Path, typer.Argument(help="The network as TOML; examples/network.toml explains it.")]
Out = Annotated[
    Path, typer.Option(metavar="FILE", help="Where to write the result; its journal lies beside it.")
]
PlanOnly = Annotated[bool, typer.Option("--plan", help="Show the steps that are left, and do nothing.")]
VerifyOnly = Annotated[bool, typer.Option("--verify", help="Read the network back, compare, and do nothing.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Act without asking, also on chains that are not local.")
]


Replace = Annotated[
    str,
    typer.Option(help="SOURCE:DEST, a lane that gets new contracts under the same Routers.", metavar="A:B"),
]
Sever = Annotated[
    bool,
    typer.Option(
        help="With --replace: share nothing with the old lane and shut it, after a finality violation."
    ),
]


def deploy(
    config: Config,
    out: Out = Path("deployment.json"),
    plan: PlanOnly = False,
    verify: VerifyOnly = False,
    replace: Replace = "",
    sever: Sever = False,
    yes: Yes = False,
    timeout: options.Timeout = 180,
    as_json: options.Json = False,
) -> None:
    """Deploy a network, or go on where it stopped; a plan is shown first.

    What is there already is kept: a chain, a lane or a token that the configuration has more is added.
    """
    import anyio

    from ccip_py.deploy.network import deploy_to_file, plan_for
    from ccip_py.deploy.plan import describe, summary
    from ccip_py.deploy.toml import load_config

    if plan and verify:
        raise typer.BadParameter("--plan or --verify, not both")
    network = load_config(config)
    if verify:
        _verify(network, out, as_json)
        return
    replacing = _replacing(replace, sever)
    with terminal.waiting("reading what the chains hold already"):
        todo = anyio.run(plan_for, network, out, replacing)
    if plan:
        terminal.result(todo.steps, describe(todo.steps) if todo.steps else ["nothing to do"], as_json)
        return
    for line in summary(todo):
        terminal.say(line)
    _confirm(yes, [chain.chain_id for chain in network.chains], bool(todo.steps))
    deployed = deploy_to_file(network, out, terminal.say, replacing=replacing, patience_s=timeout)
    terminal.result({"deployment": str(out), "lanes": len(deployed.lanes)}, [str(out)], as_json)


def _verify(network: NetworkConfig, out: Path, as_json: bool) -> None:
    """Exit 1 if the chains do not say what the configuration does."""
    import anyio

    from ccip_py.chains.deployment import load_deployment
    from ccip_py.deploy.network import not_as_wanted, verify_network

    with terminal.waiting("reading the network back"):
        wrong = anyio.run(verify_network, network, load_deployment(out))
    text = not_as_wanted(wrong) if wrong else "everything is as the configuration says"
    terminal.result({"as_wanted": not wrong, "findings": [str(one) for one in wrong]}, [text], as_json)
    if wrong:
        raise typer.Exit(1)


def _replacing(lane: str, sever: bool) -> Replacing | None:
    from ccip_py.deploy.existing import Replacing

    if not lane:
        if sever:
            raise typer.BadParameter("--sever says how to --replace a lane")
        return None
    source, colon, destination = lane.partition(":")
    if not colon:
        raise typer.BadParameter(f"want SOURCE:DEST, got {lane}", param_hint="--replace")
    return Replacing(source, destination, sever)


def _confirm(yes: bool, chain_ids: list[int], something: bool) -> None:
    """Ask before spending real money; without a terminal, only --yes is an answer."""
    from ccip_py.chains.evm.keys import LOCAL_CHAIN_IDS
    from ccip_py.cli.connect import interactive
    from ccip_py.errors import Refused

    if yes or not something or all(chain in LOCAL_CHAIN_IDS for chain in chain_ids):
        return
    if not interactive():
        raise Refused("these are not local chains, and nobody is here to be asked", hint="pass --yes")
    if not typer.confirm("Go on?", err=True):
        raise typer.Abort
