"""Folders for what a stepped network writes and nobody keeps: in memory where there is room, and gone at the end.

A process that is killed leaves its folder behind. Whoever starts next takes it away: every folder holds a lock that its
process has for as long as it lives, so a lock that can be had belongs to nobody any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NAME, BEING_MADE = "ccip-scratch-", "ccip-made-"
LOCK = ".lock"
ROOM = 64 * 2**20  # bytes; a network needs about 10 MB


@contextmanager
def scratch_folder(place: Path | None = None) -> Iterator[Path]:
    """A new folder, removed on leaving; and those of the dead are removed on entering."""
    place = place or _fast_place()
    _remove_those_of_the_dead(place)
    made = Path(tempfile.mkdtemp(prefix=BEING_MADE, dir=place))
    with (made / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = made.rename(
            place / made.name.replace(BEING_MADE, NAME)
        )  # before it was locked nobody knew it
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_those_of_the_dead(place: Path) -> None:
    for folder in place.glob(f"{NAME}*"):
        with (
            suppress(OSError),
            (folder / LOCK).open("r+") as lock,
        ):  # another user's, or held, or gone meanwhile
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def _fast_place() -> Path:
    """Memory, where there is a folder of it with room."""
    memory = Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return memory if usable else Path(tempfile.gettempdir())
