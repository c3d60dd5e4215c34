"""What a network leaves between two runs: nodes' journals are only good with the chains they were written on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ccip_py.cli import terminal
from ccip_py.cli.connect import DEPLOYMENT

UNDER_WAY = "under-way"  # there while a network runs: still there afterwards, if it could not save its chains
NODES = ("pending", "nodes", "committer-*", "monitor-*", "executor-*")


def chains(folder: Path) -> int | None:
    """How many chains are kept there; None if there is no network to go on with."""
    try:
        known = json.loads((folder / DEPLOYMENT).read_text(encoding="utf-8"))
        count = len(known["chains"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return count if any(folder.glob("chain-*.json")) else None


def prepare(folder: Path) -> None:
    """Make a folder ready for a run. Journals of chains that are gone, or that were put back, are dropped."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = (folder / DEPLOYMENT).exists() and any(folder.glob("chain-*.json"))
    if (folder / UNDER_WAY).exists() and whole:
        terminal.say(f"{folder}: the last run was not stopped cleanly; nodes forget what they did in it")
    if (folder / UNDER_WAY).exists() or not whole:
        _forget(folder)
    (folder / UNDER_WAY).touch()


def finished(folder: Path) -> None:
    """The chains are saved: next time everything goes on from here."""
    (folder / UNDER_WAY).unlink(missing_ok=True)


def _forget(folder: Path) -> None:
    for pattern in NODES:
        for path in folder.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)
