"""A small HTTP server that leaves no socket behind, whenever it is cancelled.

Two moments are delicate. While a listening socket opens, nobody knows of it yet: that is not interrupted. And asyncio
forgets a connection that it has accepted if the server is closed before it got a transport: so first nobody is
accepted any more, and the server is closed when those before have theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from aiohttp import web
from anyio.lowlevel import checkpoint

TURNS = 3  # of the event loop, from accepting a connection to its transport


@asynccontextmanager
async def listening(
    app: web.Application, host: str, port: int, *, patience: float = 60.0
) -> AsyncIterator[int]:
    """Serve while the body runs; the port, which is chosen if 0 is asked for. At the end, answers under way get
    `patience` seconds."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=patience)
    await runner.setup()
    try:
        with anyio.CancelScope(shield=True):
            server = await asyncio.get_running_loop().create_server(_factory(runner), host, port)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            with anyio.CancelScope(shield=True):
                await _hang_up(server)
    finally:
        with anyio.CancelScope(shield=True):
            await runner.cleanup()


def _factory(runner: web.AppRunner) -> web.Server:
    if runner.server is None:
        raise RuntimeError("the runner is not set up")
    return runner.server


async def _hang_up(server: asyncio.Server) -> None:
    for listener in server.sockets:
        asyncio.get_running_loop().remove_reader(listener.fileno())
    for _ in range(TURNS):
        await checkpoint()
    server.close()
