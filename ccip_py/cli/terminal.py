"""What a command says, and where: results to stdout, the rest to stderr; text for people, or one JSON document.

Colour and moving things only on a terminal, and never against NO_COLOR. In JSON integers above 2^53 are strings,
because most readers of JSON would round them; bytes are hex.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, StrEnum
from typing import Any

EXACT_IN_JSON = 2**53
TYPED_WRONG = frozenset(
    {
        "BAD_INPUT",
        "BAD_AMOUNT",
        "CANNOT_ENCODE",
        "CONFIG_ERROR",
        "UNKNOWN_CHAIN",
        "UNKNOWN_LANE",
        "UNKNOWN_TOKEN",
        "USAGE",
        "NO_NETWORK",
        "NOT_A_CERTIFICATE",
    }
)
"""Errors that a different command line would cure: exit code 2."""

_QUIET_S = 1.0  # waits that are over sooner need no line of their own


class Color(StrEnum):
    """When to use colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(slots=True)
class _Settings:
    verbose: bool = False
    color: Color = Color.AUTO


_settings = _Settings()


def configure(verbose: bool, color: Color) -> None:
    """What the options before the command say."""
    _settings.verbose, _settings.color = verbose, color


def colored(stream: Any) -> bool:
    """Whether to write escapes to this stream."""
    if _settings.color is not Color.AUTO:
        return _settings.color is Color.ALWAYS
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def paint(text: str, style: str, stream: Any = None) -> str:
    """Text in one of a few styles, where colour is wanted."""
    codes = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "dim": "2"}
    return f"\x1b[{codes[style]}m{text}\x1b[0m" if colored(stream or sys.stdout) else text


def say(text: str) -> None:
    """A line on stderr: progress, warnings, hints."""
    print(text, file=sys.stderr, flush=True)


def result(document: Any, lines: Iterable[str], as_json: bool) -> None:
    """The command's result, as one JSON document or as lines."""
    if as_json:
        print(json.dumps(plain(document), indent=2), flush=True)
        return
    for line in lines:
        print(line)
    sys.stdout.flush()


def plain(value: Any) -> Any:
    """As JSON takes it."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int):
        return str(value) if abs(value) > EXACT_IN_JSON else int(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> Iterator[str]:
    """Columns, aligned, with a bold head."""
    wide = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    yield paint("  ".join(cell.ljust(w) for cell, w in zip(head, wide, strict=True)).rstrip(), "bold")
    for row in rows:
        yield "  ".join(cell.ljust(w) for cell, w in zip(row, wide, strict=True)).rstrip()


@contextmanager
def waiting(what: str) -> Iterator[Callable[[str], None]]:
    """Show what is being waited for: a spinner on a terminal, else a line for each thing that takes longer."""
    if not colored(sys.stderr):
        patient = _Patient(what)
        try:
            yield patient.say
        finally:
            patient.end()
        return
    from rich.console import Console

    with Console(stderr=True).status(what) as spinner:
        yield spinner.update


@contextmanager
def slow(endpoint: str) -> Iterator[None]:
    """Around a request: say whom it waits for, if it takes long."""
    patient = _Patient(f"waiting for {endpoint} to answer")
    try:
        yield
    finally:
        patient.end()


class _Patient:
    """Says what it waits for, once per thing, if it still does after a while: whoever waits may be busy waiting."""

    def __init__(self, what: str) -> None:
        self._what = ""
        self._later: threading.Timer | None = None
        self.say(what)

    def say(self, what: str) -> None:
        if what == self._what:
            return
        self.end()
        later = threading.Timer(_QUIET_S, say, (what,))
        later.daemon = True
        later.start()
        self._what, self._later = what, later

    def end(self) -> None:
        if self._later is not None:
            self._later.cancel()


def failed(problem: Exception, as_json: bool) -> int:
    """Show an error, and its exit code."""
    code, message, context, hint, retryable = _described(problem)
    if as_json:
        document = {
            "code": code,
            "message": message,
            "context": context,
            "hint": hint,
            "retryable": retryable,
        }
        print(json.dumps({"error": plain(document)}, indent=2), flush=True)
    else:
        say(f"{paint('error', 'red', sys.stderr)}[{code}]: {message}")
        for name, value in context.items():
            say(f"  context: {name} = {plain(value)}")
        if hint:
            say(f"  help: {hint}")
        if retryable:
            say("  note: may be different when tried again")
    if _settings.verbose:
        import traceback

        traceback.print_exception(problem)
    return 2 if code in TYPED_WRONG else 1


def _described(problem: Exception) -> tuple[str, str, Mapping[str, object], str, bool]:
    from typer.exceptions import TyperException

    from ccip_py.errors import CcipError

    if isinstance(problem, CcipError):
        return problem.code, problem.message, problem.context, problem.hint, problem.retryable
    if isinstance(problem, TyperException):
        return "USAGE", *_usage(problem)
    if isinstance(problem, OSError) and problem.filename is not None:
        return (
            "FILE",
            f"{problem.filename}: {problem.strerror}",
            {},
            "another path, or other rights to it",
            False,
        )
    known = f"{type(problem).__name__}: {problem}"
    return "BUG", known, {}, "this is a bug of ccip; -v shows where", False


def _usage(problem: Exception) -> tuple[str, Mapping[str, object], str, bool]:
    message = str(getattr(problem, "format_message", lambda: str(problem))())
    close = getattr(problem, "possibilities", None)
    message = message.partition(" (Possible options")[0]
    context = getattr(problem, "ctx", None)
    command = context.command_path if context is not None else "ccip"
    nearest = f"similar: {', '.join(close)}; " if close else ""
    return message, {}, f"{nearest}{command} --help", False
