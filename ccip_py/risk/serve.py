"""Votes over HTTP: served read-only on loopback, and read from the other monitors.

A peer's word is worth nothing here. Its votes are worth something, because they are signatures; they
are checked where they are used. So a peer can at most be silent, and its answer is bounded in size.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import anyio
from anyio.abc import ByteStream, TaskStatus

from ccip_py.risk.http import Http, HttpError, parse_json
from ccip_py.risk.vote import Vote, from_json

# A request line and headers, and an answer from a peer, are not larger than this.
_REQUEST_LIMIT = 8 * 1024
_ANSWER_LIMIT = 4 * 1024 * 1024
# What a single peer may hand over at once; far more than a lane ever has open.
MAX_VOTES = 5_000

Pages: TypeAlias = Mapping[str, Callable[[], Any]]


async def serve(
    listen: tuple[str, int], pages: Pages, *, task_status: TaskStatus[int] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Answer GET requests for `pages` with JSON until cancelled. Reports the port it listens on."""
    host, port = listen
    async with await anyio.create_tcp_listener(local_host=host, local_port=port) as listener:
        task_status.started(listener.extra(anyio.abc.SocketAttribute.local_port))
        await listener.serve(lambda stream: _handle(stream, pages))


async def _handle(stream: ByteStream, pages: Pages) -> None:
    """One request per connection. A client that is slow or rude is dropped."""
    async with stream:
        try:
            with anyio.fail_after(5):
                await stream.send(_respond(await _request_line(stream), pages))
        except (TimeoutError, anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return


async def _request_line(stream: ByteStream) -> str:
    """Reads up to the blank line that ends the headers; only the first line matters."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _REQUEST_LIMIT:
        head += await stream.receive()
    return head.split(b"\r\n", 1)[0].decode("latin-1")


def _respond(line: str, pages: Pages) -> bytes:
    method, _, rest = line.partition(" ")
    page = pages.get(rest.partition(" ")[0].partition("?")[0])
    if page is None or method != "GET":
        status, body = ("404 Not Found", b"{}") if method == "GET" else ("405 Method Not Allowed", b"{}")
    else:
        status, body = "200 OK", json.dumps(page()).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


async def ask_peers(http: Http, peers: Sequence[str]) -> list[Vote]:
    """All votes that the peers serve right now. A peer that is down or talks nonsense adds nothing."""
    votes: list[Vote] = []

    async def ask(peer: str) -> None:
        votes.extend(await _votes_of(http, peer))

    async with anyio.create_task_group() as group:
        for peer in peers:
            group.start_soon(ask, peer)
    return votes


async def _votes_of(http: Http, peer: str) -> list[Vote]:
    try:
        raw = parse_json(await http.get(f"{peer}/votes", _ANSWER_LIMIT))
    except (HttpError, ValueError):
        return []
    votes = []
    for one in raw[:MAX_VOTES] if isinstance(raw, list) else ():
        try:
            votes.append(from_json(one))
        except ValueError:
            continue
    return votes
