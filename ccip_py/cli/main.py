"""The commands, put together; and what is the same for all of them: errors, exit codes, help.

Results go to stdout, everything else to stderr. Exit codes: 0 it is done, 1 it failed, 2 it was typed wrong, 130 it
was interrupted. An error is one line with a code, then context and help; its trace is shown with -v only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from typer._click.exceptions import NoArgsIsHelpError

from ccip_py.cli import (
    audit,
    certificate,
    completion,
    curse,
    deploy,
    down,
    lane,
    manual_exec,
    node,
    parse,
    remappings,
    send,
    show,
    status,
    supported_tokens,
    terminal,
    token,
    up,
)
from ccip_py.cli.command import ENVIRONMENT, Command, Group

INTERRUPTED = 130
COMPLETE = "_CCIP_COMPLETE"  # set by shells that want to know what could come next


app = typer.Typer(
    name="ccip",
    cls=Group,
    help="A CCIP network on your machine, and the tools to use this one or any other.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"{ENVIRONMENT} Start with: ccip up",
)
_COMMANDS: dict[str, dict[str, Callable[..., None]]] = {
    "A network of your own": {"up": up.up, "down": down.down, "status": status.status},
    "Messages": {
        "send": send.send,
        "show": show.show,
        "manual-exec": manual_exec.manual_exec,
        "verify": certificate.verify,
    },
    "Lanes and tokens": {
        "lane": lane.lane,
        "token": token.token,
        "get-supported-tokens": supported_tokens.get_supported_tokens,
        "parse": parse.parse,
    },
    "Operating": {
        "deploy": deploy.deploy,
        "curse": curse.curse,
        "uncurse": curse.uncurse,
        "audit": audit.audit,
    },
}
for _panel, _functions in _COMMANDS.items():
    for _name, _function in _functions.items():
        app.command(_name, cls=Command, rich_help_panel=_panel)(_function)
app.add_typer(node.app, name="node", rich_help_panel="Operating")
app.command("remappings", cls=Command, rich_help_panel="Other")(remappings.remappings)
app.command("completion", cls=Command, rich_help_panel="Other")(completion.completion)


def _version(wanted: bool) -> None:
    if wanted:
        from ccip_py import __version__

        print(f"ccip {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", envvar="CCIP_VERBOSE", help="Show traces of errors.")
    ] = False,
    color: Annotated[
        terminal.Color, typer.Option(envvar="CCIP_COLOR", help="Colour: on terminals, always, or never.")
    ] = terminal.Color.AUTO,
) -> None:
    del version
    terminal.configure(verbose, color)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    terminal.configure(False, terminal.Color.AUTO)
    if COMPLETE in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    command = typer.main.get_command(app)
    try:
        code = command.main(given, prog_name="ccip", complete_var=COMPLETE, standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:
            terminal.say("interrupted")
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        terminal.say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain about it once more at its own end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except NoArgsIsHelpError:
        return 2  # the help was shown instead
    except Exception as problem:
        return terminal.failed(problem, as_json=_wants_json(given))


def _wants_json(given: Sequence[str]) -> bool:
    """Also where it went wrong too early for the option to be read."""
    return "--json" in given or os.environ.get("CCIP_JSON", "").lower() in (
        "1",
        "true",
        "t",
        "yes",
        "y",
        "on",
    )


def run() -> None:
    """The console script."""
    sys.exit(main())


if __name__ == "__main__":
    run()
