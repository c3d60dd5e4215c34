"""What every command and group of commands is like: options from the environment, and help without noise."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption

ENVIRONMENT = "Every option can be given in the environment: --timeout is CCIP_TIMEOUT."


class Command(TyperCommand):
    """A command whose every option can also be given in the environment, as CCIP_<OPTION>.

    The help says that once, and not beside each option.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "epilog": ENVIRONMENT})
        for option in self.params:
            if isinstance(option, TyperOption):
                option.envvar = option.envvar or _variable(option)
                option.show_envvar = False

    def get_params(self, ctx: Any) -> Any:
        return _without_types_of_flags(super().get_params(ctx))


class Group(TyperGroup):
    """Commands together; its help is that of a command."""

    def get_params(self, ctx: Any) -> Any:
        return _without_types_of_flags(super().get_params(ctx))


def _variable(option: TyperOption) -> str:
    """What the option is called in the environment: as it is typed, not as the code calls it."""
    typed = max(option.opts, key=len)
    return "CCIP_" + typed.lstrip("-").replace("-", "_").upper()


def _without_types_of_flags(params: list[Any]) -> list[Any]:
    """`--json`, not `--json <bool>`, which looks as if something had to follow."""
    for option in params:
        if isinstance(option, TyperOption) and option.is_flag and option.metavar is None:
            option.metavar = ""
    return params
