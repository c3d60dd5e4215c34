"""An answer from a stranger cannot end the process, whatever recursion limit some library has set."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from ccip_py.risk.http import Http, HttpError, parse_json
from ccip_py.risk.rpc import Endpoint, EndpointDown, Target
from ccip_py.risk.serve import ask_peers

DEEP = b"[" * 300_000


@pytest.fixture
def generous_limit() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    yield
    sys.setrecursionlimit(before)


@asynccontextmanager
async def a_host_that_says(body: bytes) -> AsyncIterator[str]:
    """Answers every request with the same body."""

    async def answer(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listener.serve, answer)
        yield f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        group.cancel_scope.cancel()


@pytest.mark.parametrize(
    "body",
    [
        b'["' + b"]" * 300 + b'",' + b"[" * 300,  # closed within a string only
        b'["\\"' + b"]" * 300 + b'",' + b"[" * 300,  # a quote within the string
    ],
)
def test_strings_do_not_hide_how_deep_it_is(body: bytes) -> None:
    with pytest.raises(ValueError, match="too deep"):
        parse_json(body)


def test_many_brackets_beside_each_other_or_in_strings_are_fine() -> None:
    body = b"[" + b",".join([b'{"a": ["[[{{"]}'] * 300) + b"]"

    assert parse_json(body) == [{"a": ["[[{{"]}] * 300


@pytest.mark.usefixtures("generous_limit")
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_nesting_that_would_overflow_the_stack_is_a_value_error(opening: bytes) -> None:
    with pytest.raises(ValueError, match="too deep"):
        parse_json(opening * 200_000)

    assert sys.getrecursionlimit() == 100_000


def test_ordinary_answers_are_parsed() -> None:
    assert parse_json(b'[{"id": 1, "result": {"logs": []}}]') == [{"id": 1, "result": {"logs": []}}]


@pytest.mark.anyio
@pytest.mark.usefixtures("generous_limit")
async def test_an_endpoint_that_nests_too_deep_counts_as_down() -> None:
    http = Http(10)

    async with a_host_that_says(DEEP) as url:
        with pytest.raises(EndpointDown, match="too deep"):
            await Endpoint(Target("host", url), http).call("eth_chainId")

    await http.aclose()


@pytest.mark.anyio
@pytest.mark.usefixtures("generous_limit")
async def test_a_peer_that_nests_too_deep_adds_nothing() -> None:
    http = Http(10)

    async with a_host_that_says(DEEP) as url:
        assert await ask_peers(http, [url]) == []

    await http.aclose()


# REQUESTS AND ANSWERS


class Host:
    """Answers each request on a connection with the next of some bytes; None closes instead, and so does their end."""

    def __init__(self, *answers: bytes | None, closing: bool = False) -> None:
        self.connections = 0
        self.heads: list[bytes] = []
        self._answers = iter(answers)
        self._closing = closing

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(re.findall(rb"Content-Length: (\d+)", head)[0]))
                self.heads.append(head)
                answer = next(self._answers, None)
                if answer is not None:
                    writer.write(answer)
                    await writer.drain()
                if answer is None or self._closing:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()


@asynccontextmanager
async def asking(host: Host, seconds: float = 10.0) -> AsyncIterator[tuple[Http, str]]:
    http = Http(seconds)
    async with host.open() as url:
        try:
            yield http, url
        finally:
            await http.aclose()


def plain(body: bytes, *fields: bytes) -> bytes:
    lines = (b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *fields)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;note=x\r\nab\r\n3\r\ncde\r\n0\r\nTrailer: y\r\n\r\n"


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [plain(b"abcde"), plain(b"abcde", b"content-TYPE: text"), CHUNKED])
async def test_a_connection_is_used_again_after_a_complete_answer(answer: bytes) -> None:
    host = Host(answer, answer, answer)

    async with asking(host) as (http, url):
        assert [await http.post_json(url, b"{}") for _ in range(3)] == [b"abcde"] * 3

    assert host.connections == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [plain(b"abcde", b"Connection: close"), b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nabcde", b"HTTP/1.1 200 OK\r\n\r\nabcde"],
)  # fmt: skip
async def test_it_is_not_where_the_host_says_so_or_does(answer: bytes) -> None:
    host = Host(answer, answer, closing=True)

    async with asking(host) as (http, url):
        assert [await http.post_json(url, b"{}") for _ in range(2)] == [b"abcde"] * 2

    assert host.connections == 2


@pytest.mark.anyio
async def test_a_connection_that_the_host_closed_meanwhile_is_no_failure() -> None:
    host = Host(plain(b"1"), None, plain(b"2"))

    async with asking(host) as (http, url):
        assert await http.post_json(url, b"{}") == b"1"
        assert await http.post_json(url, b"{}") == b"2"

    assert host.connections == 2


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (b"HTTP/1.1 429 Too Many Requests\r\n\r\n", "status 429"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "not HTTP"),
        (plain(b"a" * 101), "more than 100 bytes"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc", "closed within an answer"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 101, "more than 100 bytes"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"33\r\n" + b"a" * 51 + b"\r\n33\r\n" + b"a" * 51, "more than"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nlots\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000, "more than"),
        (b"HTTP/1.1 200 OK\r\n", "closed within an answer"),
        (plain(b"1") + b"HTTP/1.1 nonsense", "not HTTP"),
        (None, "Gone"),
    ],
)  # fmt: skip
async def test_what_is_no_whole_and_bounded_answer_is_an_error(answer: bytes | None, complaint: str) -> None:
    async with asking(Host(answer, closing=True)) as (http, url):
        with pytest.raises(HttpError, match=complaint):
            await http.post_json(url, b"{}", limit=100)


@pytest.mark.anyio
async def test_a_host_that_is_silent_is_given_up() -> None:
    async with asking(Host(b""), seconds=0.05) as (http, url):
        with pytest.raises(HttpError, match="Timeout"):
            await http.post_json(url, b"{}")


@pytest.mark.anyio
async def test_nobody_there_is_an_error_and_so_is_no_address() -> None:
    http = Http(10)

    for url in ("http://127.0.0.1:9", "ftp://127.0.0.1", "http:///path"):
        with pytest.raises(HttpError):
            await http.get(url)


@pytest.mark.anyio
async def test_says_who_asks_and_to_whom() -> None:
    host = Host(plain(b"[]"))

    async with asking(host) as (http, url):
        there = url.removeprefix("http://")
        await http.post_json(f"http://me:p%40ss@{there}/rpc?x=1", b"{}", headers=(("X-Key", "secret"),))

    first, *fields = host.heads[0].decode().split("\r\n")
    assert first == "POST /rpc?x=1 HTTP/1.1"
    assert {f"Host: {there}", "Authorization: Basic bWU6cEBzcw==", "X-Key: secret"} <= set(fields)


@pytest.mark.anyio
async def test_closing_closes_every_idle_connection_even_when_cancelled() -> None:
    async with asking(Host(plain(b"1"))) as (http, url):
        await http.get(url)
        (streams,) = http._idle.values()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await http.aclose()

        assert all(stream.writer.transport.is_closing() for stream in streams)
        assert http._idle == {}
