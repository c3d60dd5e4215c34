"""`ccip completion`: what a shell needs to complete our commands."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    """Shells we can speak to."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Whose completion to print.")]) -> None:
    """Print a completion script.

    bash: ccip completion bash >> ~/.bashrc
    """
    from typer._completion_shared import get_completion_script

    print(get_completion_script(prog_name="ccip", complete_var="_CCIP_COMPLETE", shell=shell.value))
