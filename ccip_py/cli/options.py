"""Options that several commands share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

NETWORK = "Which network"
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Deployment = Annotated[
    Optional[Path],  # noqa: UP045  (typer reads it at run time)
    typer.Option(
        "--deployment",
        "-d",
        help="The network's file; default: deployment.json here, or that of `ccip up`.",
        show_default=False,
        metavar="FILE",
        rich_help_panel=NETWORK,
    ),
]
Rpc = Annotated[
    list[str],
    typer.Option(
        "--rpc",
        help="Instead of the file's URL of that chain. May be repeated.",
        metavar="NAME=URL",
        rich_help_panel=NETWORK,
    ),
]
Router = Annotated[
    list[str],
    typer.Option(
        "--router",
        help="For networks without a file: one for each chain.",
        metavar="NAME=URL@ROUTER",
        rich_help_panel=NETWORK,
    ),
]
Key = Annotated[
    str,
    typer.Option(
        "--key",
        help="Who signs: keystore:PATH, or anvil:N on local chains. Never the key itself.",
        metavar="REFERENCE",
    ),
]
Timeout = Annotated[
    float, typer.Option("--timeout", help="How long to wait for anything.", min=0.1, metavar="SECONDS")
]
Reference = Annotated[str, typer.Argument(help="A transaction that sent messages, or a message id.")]
LogIndex = Annotated[
    int,
    typer.Option(
        "--log-index", help="Which message of the transaction, from 0; -1: the only one.", metavar="N"
    ),
]
