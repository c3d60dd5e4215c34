"""Whenever a server ends, nothing that it accepted stays open: whoever just came is the one who is forgotten."""

from __future__ import annotations

import gc
import socket
import warnings
from collections.abc import Awaitable, Callable

import anyio
import pytest
from aiohttp import web
from anyio.lowlevel import checkpoint

from ccip_py.nodes.listening import listening
from ccip_py.risk.serve import serve

Turns = Callable[[int], Awaitable[None]]


async def come_and_wait(port: int, turns: int) -> list[socket.socket]:
    """Three clients connect; then the server gets so many turns of the event loop."""
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    for _ in range(turns):
        await checkpoint()
    return clients


async def of_nodes(turns: int) -> None:
    async with listening(web.Application(), "127.0.0.1", 0) as port:
        clients = await come_and_wait(port, turns)
    for client in clients:
        client.close()


async def of_monitors(turns: int) -> None:
    async with anyio.create_task_group() as tasks:
        port = await tasks.start(serve, ("127.0.0.1", 0), {})
        clients = await come_and_wait(port, turns)
        tasks.cancel_scope.cancel()
    for client in clients:
        client.close()


async def interrupted(turns: int) -> None:
    """Cancelled while it opens."""

    async def run() -> None:
        async with listening(web.Application(), "127.0.0.1", 0):
            await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        for _ in range(turns):
            await checkpoint()
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("turns", range(7))
@pytest.mark.parametrize("server", [of_nodes, of_monitors, interrupted])
def test_nothing_stays_open(server: Turns, turns: int) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        anyio.run(server, turns)
        gc.collect()

    assert [str(each.message) for each in seen] == []


def test_the_port_answers() -> None:
    async def ask() -> bytes:
        async with listening(web.Application(), "127.0.0.1", 0) as port:
            stream = await anyio.connect_tcp("127.0.0.1", port)
            async with stream:
                await stream.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return await stream.receive()

    assert b" 404 " in anyio.run(ask)
