"""Votes over HTTP: served read-only on loopback, and read from the other monitors.

A peer's word is worth nothing here. Its votes are worth something, because they are signatures; they
are checked where they are used. So a peer can at most be silent, and its answer is bounded in size.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import anyio
from anyio.abc import TaskStatus
from anyio.lowlevel import checkpoint

from ccip_py.risk.http import Http, HttpError, parse_json
from ccip_py.risk.vote import Vote, from_json

# A request line and headers, and an answer from a peer, are not larger than this.
_REQUEST_LIMIT = 8 * 1024
_ANSWER_LIMIT = 4 * 1024 * 1024
# Seconds until a connection is cut: without a whole request at first, and without another one after an answer.
_PATIENCE, _IDLE = 5.0, 30.0
# Of the event loop, from accepting a connection to its transport, and to its end.
_TURNS = 5
# What a single peer may hand over at once: more than fifteen lanes ever have open. Each may cost 50 µs, to find out whose it is.
MAX_VOTES = 1_000

Pages: TypeAlias = Mapping[str, Callable[[], Any]]


async def serve(
    listen: tuple[str, int], pages: Pages, *, task_status: TaskStatus[int] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Answer GET requests for `pages` with JSON until cancelled. Reports the port it listens on."""
    served = _Served(pages)
    with anyio.CancelScope(shield=True):  # whoever is cancelled while it opens would leave it open
        server = await asyncio.get_running_loop().create_server(lambda: _Exchange(served), *listen)
    try:
        task_status.started(server.sockets[0].getsockname()[1])
        await anyio.sleep_forever()
    finally:
        with anyio.CancelScope(shield=True):
            await _hang_up(server, served)


async def _hang_up(server: asyncio.Server, served: "_Served") -> None:
    """Accept nobody any more, and close when those before have their transports: asyncio forgets the others' sockets."""
    for listener in server.sockets:
        asyncio.get_running_loop().remove_reader(listener.fileno())
    served.end()
    for _ in range(_TURNS):
        await checkpoint()
    server.close()


class _Served:
    """What is shown, and who is being shown it."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self._open: set[asyncio.Transport] = set()
        self._over = False

    def began(self, transport: asyncio.Transport) -> None:
        if self._over:
            transport.abort()
        else:
            self._open.add(transport)

    def ended(self, transport: asyncio.Transport) -> None:
        self._open.discard(transport)

    def end(self) -> None:
        """Nobody is left, nor comes any more."""
        self._over = True
        for transport in tuple(self._open):
            transport.abort()


class _Exchange(asyncio.Protocol):
    """Requests one after the other on one connection. A client that is slow or rude is dropped.

    Callbacks and no tasks: an accepted connection whose task is cancelled before it begins is closed by nobody.
    """

    def __init__(self, served: _Served) -> None:
        self._served = served
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._cut_in(_PATIENCE)
        self._served.began(self._transport)

    def data_received(self, data: bytes) -> None:
        """Reads up to the blank line that ends the headers; only the first line matters, and whether there will be
        another request."""
        self._head += data
        while not self._transport.is_closing():
            head, blank, rest = self._head.partition(b"\r\n\r\n")
            if not blank and len(head) < _REQUEST_LIMIT:
                return
            line = head.split(b"\r\n", 1)[0].decode("latin-1")
            last = not blank or not line.startswith("GET ") or b"connection: close" in head.lower()
            self._transport.write(_respond(line, self._served.pages, last))
            self._head = rest
            if last or self._transport.get_write_buffer_size() > _ANSWER_LIMIT:
                self._transport.close()
            self._late.cancel()
            self._cut_in(_IDLE)

    def _cut_in(self, seconds: float) -> None:
        self._late = asyncio.get_running_loop().call_later(seconds, self._transport.abort)

    def connection_lost(self, _: Exception | None) -> None:
        self._late.cancel()
        self._served.ended(self._transport)


def _respond(line: str, pages: Pages, last: bool) -> bytes:
    """Pages are computed when they are asked for. There are no others, and nothing can be changed through them."""
    method, _, rest = line.partition(" ")
    page = pages.get(rest.partition(" ")[0].partition("?")[0])
    if page is None or method != "GET":
        status, body = ("404 Not Found", b"{}") if method == "GET" else ("405 Method Not Allowed", b"{}")
    else:
        status, body = "200 OK", json.dumps(page()).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + (b"Connection: close\r\n" if last else b"") + b"\r\n" + body


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
    """What of a peer's answer has the form of a vote, and not too much of it."""
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
