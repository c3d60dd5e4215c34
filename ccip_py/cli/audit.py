"""`ccip audit`: decide the safety invariants from the chains alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ccip_py.cli import options, terminal

if TYPE_CHECKING:
    from pathlib import Path

    from ccip_py.audit.verdict import Verdict


def audit(
    deployment: options.Deployment = None,
    rpc: options.Rpc = [],  # noqa: B006  (typer copies it)
    as_json: options.Json = False,
) -> None:
    """Decide the safety invariants from the chains alone, all from their first block; exit 1 if one is broken."""
    from ccip_py.audit.main import as_data, as_text
    from ccip_py.cli.connect import deployment_path, urls

    with terminal.waiting("reading every chain from its first block"):
        verdict = _judge(deployment_path(deployment), urls(rpc))
    terminal.result(as_data(verdict), [as_text(verdict)], as_json)
    if not verdict.holds:
        raise typer.Exit(1)


def _judge(deployment: Path, urls: dict[str, str]) -> Verdict:
    """The verdict; CcipError if the chains could not be read, so that nothing is decided."""
    from ccip_py.audit.deployment import BadDeployment
    from ccip_py.audit.reading import ChainMoved
    from ccip_py.audit.rpc import EndpointError
    from ccip_py.audit.verdict import audit as decide
    from ccip_py.audit.words import Unreadable
    from ccip_py.errors import ConfigError, EndpointDown

    try:
        return decide(deployment, urls)
    except BadDeployment as wrong:
        raise ConfigError(
            str(wrong), hint="give the deployment.json that the network was deployed to"
        ) from wrong
    except (EndpointError, Unreadable, ChainMoved) as wrong:
        raise EndpointDown(
            f"nothing was decided: {wrong}", hint="give endpoints that answer: --rpc NAME=URL"
        ) from wrong
