"""An answer from a stranger cannot end the process, whatever recursion limit some library has set."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from ccip_py.risk.http import Http, parse_json
from ccip_py.risk.rpc import Endpoint, EndpointDown
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
            await Endpoint(url, http).call("eth_chainId")

    await http.aclose()


@pytest.mark.anyio
@pytest.mark.usefixtures("generous_limit")
async def test_a_peer_that_nests_too_deep_adds_nothing() -> None:
    http = Http(10)

    async with a_host_that_says(DEEP) as url:
        assert await ask_peers(http, [url]) == []

    await http.aclose()


@pytest.mark.anyio
async def test_closing_closes_every_idle_connection_even_when_cancelled() -> None:
    closed: list[int] = []

    class Stream:
        def __init__(self, number: int) -> None:
            self.number = number

        async def aclose(self) -> None:
            closed.append(self.number)
            await anyio.lowlevel.checkpoint()

    http = Http(1.0)
    http._idle = {"http://one": [Stream(1), Stream(2)], "http://two": [Stream(3)]}  # type: ignore[list-item]
    with anyio.CancelScope() as scope:
        scope.cancel()
        await http.aclose()

    assert closed == [1, 2, 3]
