"""Exchanges over connections that stay open: an answer within its bounds, or HttpFault, whatever the host does."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.streams.tls
import pytest
from anyio.abc import ByteStream, SocketAttribute

from ccip_py.chains.http import BodyTooLarge, Http, HttpFault

pytestmark = pytest.mark.anyio

Serve = Callable[[ByteStream], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


class Host:
    """A listener that does to each connection what the test says, and remembers what it was sent."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connections = 0
        self.heard: list[bytes] = []

    async def request(self, stream: ByteStream) -> bytes:
        """One whole request with its body."""
        raw = b""
        while b"\r\n\r\n" not in raw:
            raw += await stream.receive()
        head, _, body = raw.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += await stream.receive()
        self.heard.append(head + b"\r\n\r\n" + body)
        return body


@asynccontextmanager
async def host(serve: Callable[[Host, ByteStream], Awaitable[None]]) -> AsyncIterator[Host]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    made = Host(f"http://127.0.0.1:{port}")

    async def handle(stream: ByteStream) -> None:
        made.connections += 1
        async with stream:
            try:
                await serve(made, stream)
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        yield made
        tasks.cancel_scope.cancel()


def always(answer: bytes) -> Callable[[Host, ByteStream], Awaitable[None]]:
    async def serve(told: Host, stream: ByteStream) -> None:
        while True:
            await told.request(stream)
            await stream.send(answer)

    return serve


def once(answer: bytes) -> Callable[[Host, ByteStream], Awaitable[None]]:
    """One answer per connection, then it is closed."""

    async def serve(told: Host, stream: ByteStream) -> None:
        await told.request(stream)
        if answer:
            await stream.send(answer)

    return serve


async def post(http: Http, url: str, limit: int = 1000, seconds: float = 10.0) -> bytes:
    return (await http.post(url, b"[]", seconds=seconds, limit=limit)).body


async def test_one_connection_serves_one_request_after_the_other() -> None:
    async with host(always(OK)) as told, Http() as http:
        assert [await post(http, told.url) for _ in range(3)] == [b"hi"] * 3

        assert told.connections == 1


async def test_requests_at_the_same_time_do_not_share_a_connection() -> None:
    async with host(always(OK)) as told, Http() as http:
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(post, http, told.url)

        assert told.connections == 3


async def test_what_is_answered_after_the_closing_is_closed_as_well() -> None:
    asked, may_answer, closed = anyio.Event(), anyio.Event(), anyio.Event()

    async def serve(told: Host, stream: ByteStream) -> None:
        await told.request(stream)
        asked.set()
        await may_answer.wait()
        await stream.send(OK)
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
        closed.set()

    async with host(serve) as told, Http() as http, anyio.create_task_group() as tasks:
        tasks.start_soon(post, http, told.url)
        await asked.wait()
        await http.aclose()
        may_answer.set()
        with anyio.fail_after(10):
            await closed.wait()


async def test_a_connection_that_the_host_closed_meanwhile_is_replaced() -> None:
    async with host(once(OK)) as told, Http() as http:
        assert [await post(http, told.url) for _ in range(3)] == [b"hi"] * 3

        assert told.connections == 3


async def test_the_body_may_come_in_chunks_or_end_with_the_connection() -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n"
    async with host(always(chunked)) as told, Http() as http:
        assert await post(http, told.url) == b"hi"
    async with host(once(b"HTTP/1.0 200 OK\r\n\r\nhi")) as told, Http() as http:
        assert await post(http, told.url) == b"hi"


async def test_a_redirect_is_an_answer_and_nobody_else_is_asked() -> None:
    moved = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    async with host(always(moved)) as told, Http() as http:
        assert (await http.post(told.url, b"[]", seconds=5, limit=10)).status == 302


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhi\r\n",
        b"\x00" * 99,
    ],
)
async def test_what_is_not_a_whole_answer_is_a_fault(answer: bytes) -> None:
    async with host(once(answer)) as told, Http() as http:
        with pytest.raises(HttpFault):
            await post(http, told.url)


async def test_a_body_above_the_limit_is_not_read_to_its_end() -> None:
    async def endless(told: Host, stream: ByteStream) -> None:
        await told.request(stream)
        await stream.send(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
        while True:
            await stream.send(b"x" * 65536)

    async with host(endless) as told, Http() as http:
        with pytest.raises(BodyTooLarge):
            await post(http, told.url, limit=100_000)


async def test_an_endless_head_is_a_fault() -> None:
    async def endless(told: Host, stream: ByteStream) -> None:
        await told.request(stream)
        await stream.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            await stream.send(b"x: y\r\n" * 1000)

    async with host(endless) as told, Http() as http:
        with pytest.raises(HttpFault):
            await post(http, told.url)


async def test_a_host_that_hangs_costs_its_time_and_the_connection() -> None:
    async def hang(told: Host, stream: ByteStream) -> None:
        await told.request(stream)
        await anyio.sleep_forever()

    async with host(hang) as told, Http() as http:
        with pytest.raises(HttpFault, match="no answer within"):
            await post(http, told.url, seconds=0.05)


async def test_two_answers_to_one_question_are_not_taken_for_the_next_one() -> None:
    async with host(always(OK + OK)) as told, Http() as http:
        await post(http, told.url)
        await post(http, told.url)

        assert told.connections == 2


async def test_credentials_of_the_url_and_given_headers_are_sent_but_never_shown() -> None:
    async with host(always(OK)) as told, Http() as http:
        place = told.url.replace("//", "//user:p%40ss@")
        await http.post(place, b"[]", {"x-key": "hunter2"}, seconds=5, limit=10)
        await http.post(place, b"[]", {"Authorization": "Bearer token"}, seconds=5, limit=10)
        with pytest.raises(HttpFault) as caught:
            await http.post(place, b"[]", {"x-key": "hunter2\r\nx: y"}, seconds=5, limit=10)

    first, second = told.heard
    assert b"authorization: Basic dXNlcjpwQHNz" in first
    assert b"x-key: hunter2" in first
    assert second.lower().count(b"authorization") == 1
    assert b"Bearer token" in second
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1", "http://", "http://[", "http://127.0.0.1:x", "http://.", "http://127.0.0.1/a b", ""],
)
async def test_what_is_no_address_is_a_fault(url: str) -> None:
    async with Http() as http:
        with pytest.raises(HttpFault):
            await post(http, url)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A folder with `cert` for 127.0.0.1, signed by itself, and its `key`."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 2"
    )
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "cert"]
    subprocess.run([*command.split(), *files], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


async def test_a_certificate_that_nobody_vouches_for_is_a_fault(certificate: Path) -> None:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate / "cert", certificate / "key")

    async def serve(told: Host, stream: ByteStream) -> None:
        try:
            secured = await anyio.streams.tls.TLSStream.wrap(stream, server_side=True, ssl_context=own)
            await always(OK)(told, secured)
        except ssl.SSLError:
            return

    async with host(serve) as told:
        url = told.url.replace("http:", "https:")
        async with Http() as http:
            with pytest.raises(HttpFault, match="CERTIFICATE"):
                await post(http, url)
        trusting = ssl.create_default_context(cafile=str(certificate / "cert"))
        async with Http(tls=trusting) as http:
            assert await post(http, url) == b"hi"
