"""A node follows its deployment file: when a lane is added or replaced there, it starts over with what the file says.

So one run of the deploy tool is enough, and nobody goes round restarting nodes. The tool writes the file at once, never
half of it; a file that cannot be read, or that does not go with the node's own, is waited out, and the node goes on with what
it knows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anyio
from anyio import to_thread

from ccip_py.chains.deployment import Deployment, load_deployment
from ccip_py.errors import ConfigError

from .log import Event, Log

LOOK_EVERY = 5.0  # seconds


async def replaced(
    path: Path, known: Deployment, log: Log, check: Callable[[Deployment], None] = lambda _: None
) -> Deployment:
    """Wait until the file describes another deployment than `known` that `check` finds nothing wrong with."""
    seen = _stamp(path)
    while True:
        await anyio.sleep(LOOK_EVERY)
        now = _stamp(path)
        if now == seen:
            continue
        seen = now
        try:
            found = await to_thread.run_sync(load_deployment, path)
            check(found)
        except ConfigError as unreadable:
            log.warning(Event.DEPLOYMENT_UNREADABLE, error=str(unreadable))
            continue
        if found != known:
            log.info(Event.DEPLOYMENT_CHANGED, path=str(path))
            return found


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Differs whenever the file was written again; None while it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
