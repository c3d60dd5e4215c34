"""What a running network says of itself: `.ccip/run.json`, for other commands and other programs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccip_py.cli.connect import DEPLOYMENT, RUN_FOLDER
from ccip_py.errors import BadInput

RUN = "run.json"


@dataclass(frozen=True, slots=True)
class Running:
    """One `ccip up`: its process, told from a later one of the same number by when it started."""

    pid: int
    born: str
    folder: Path
    plain: dict[str, Any]

    @property
    def alive(self) -> bool:
        return birth(self.pid) == self.born


def birth(pid: int) -> str:
    """When a process started, as its system counts; empty if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        state, *rest = stat.rpartition(")")[2].split()
        return "" if state in "ZX" else rest[18]  # ended, though nobody has asked how yet
    except (OSError, IndexError):
        return _without_proc(pid)


def _without_proc(pid: int) -> str:
    """Systems without /proc: alive or not is all that is known."""
    if Path("/proc/self").exists():
        return ""
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "alive"


def write(folder: Path, plain: dict[str, Any]) -> Path:
    """Say that we run."""
    path, beside = folder / RUN, folder / f"{RUN}.new"
    beside.write_text(json.dumps({"pid": os.getpid(), "born": birth(os.getpid()), **plain}, indent=2) + "\n")
    beside.replace(path)  # whole or not at all: others wait for this file
    return path


def read(folder: Path = RUN_FOLDER) -> Running | None:
    """The network of this folder, running or not any more; None if there never was one."""
    try:
        plain = json.loads((folder / RUN).read_text(encoding="utf-8"))
        return Running(int(plain["pid"]), str(plain["born"]), folder, plain)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{folder / RUN} is not what `ccip up` writes", hint="remove it") from None


def remove(folder: Path) -> None:
    """Say that we do not run any more."""
    (folder / RUN).unlink(missing_ok=True)


def deployment_of(folder: Path) -> Path:
    return folder / DEPLOYMENT
