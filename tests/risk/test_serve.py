"""Pages over HTTP: several on a connection, to whoever asks properly, and to nobody for long."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import pytest

from ccip_py.risk import serve as module
from ccip_py.risk.http import Http, HttpError
from ccip_py.risk.serve import serve

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def served(page: object = "hello") -> AsyncIterator[int]:
    async with anyio.create_task_group() as group:
        yield await group.start(serve, ("127.0.0.1", 0), {"/page": lambda: page})
        group.cancel_scope.cancel()


async def say(port: int, *parts: bytes) -> bytes:
    """All that comes back on one connection until the other side closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_one_connection_serves_many_requests() -> None:
    async with served() as port:
        http, url = Http(10), f"http://127.0.0.1:{port}"

        assert [await http.get(f"{url}/page") for _ in range(3)] == [b'"hello"'] * 3
        with pytest.raises(HttpError, match="404"):
            await http.get(f"{url}/keys")

        assert sum(len(streams) for streams in http._idle.values()) <= 1
        await http.aclose()


async def test_closes_when_it_is_asked_to() -> None:
    async with served() as port:
        said = await say(port, b"GET /page HTTP/1.1\r\n", b"Connection: close\r\n\r\n")

    assert said.startswith(b"HTTP/1.1 200 OK")
    assert said.endswith(b'"hello"')


async def test_requests_that_come_together_are_answered_in_turn() -> None:
    async with served() as port:
        said = await say(
            port,
            b"GET /page HTTP/1.1\r\n\r\nGET /no HTTP/1.1\r\n\r\nGET /page HTTP/1.1\r\nconnection: close\r\n\r\n",
        )

    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"200", b"404", b"200"]


@pytest.mark.parametrize("request_", [b"POST /page HTTP/1.1\r\n\r\n", b"GET /" + b"x" * 9_000])
async def test_nothing_can_be_written_and_a_request_is_short(request_: bytes) -> None:
    async with served() as port:
        said = await say(port, request_)

    assert said.startswith((b"HTTP/1.1 405", b"HTTP/1.1 404"))


async def test_who_asks_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    async with served() as port:
        with anyio.fail_after(30):
            assert await say(port, b"GET /page") == b""


async def test_who_asks_nothing_more_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IDLE", 0.01)
    async with served() as port:
        with anyio.fail_after(30):
            assert (await say(port, b"GET /page HTTP/1.1\r\n\r\n")).endswith(b'"hello"')


async def ask_without_end(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"GET /page HTTP/1.1\r\n\r\n" * 50)
        await writer.drain()
        await anyio.lowlevel.checkpoint()


async def test_who_asks_and_never_reads_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ANSWER_LIMIT", 10**6)
    monkeypatch.setattr(module, "_IDLE", 0.05)
    async with served("x" * 10**6) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        with anyio.fail_after(30):
            with pytest.raises(ConnectionError):
                await ask_without_end(writer)
        writer.transport.abort()
