"""HTTP/1.1 as a node needs it: one request, one bounded answer, over connections that stay open.

h11 speaks the protocol and anyio moves the bytes. A node asks the same few hosts several times a second, all day, so what
one exchange costs is a good part of what a quiet node costs: this is a tenth of a general client's price. Promises:
every exchange ends within `seconds` and within `limit` bytes, as an `Answer` or as an `HttpFault`; certificates are
checked; redirects are answers like any other; nothing of a URL but scheme, host and port is ever in an error.

    async with Http() as http:
        answer = await http.post("https://user:secret@host/path", body, seconds=10, limit=2**20)

A request that fails on a connection that was kept is repeated once on a new one, since hosts close idle connections:
send only what may arrive twice.
"""

import ssl
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

import anyio
import h11
from anyio.abc import ByteStream

IDLE = 8
"""Connections kept open per host between requests."""

CHUNK = 256 * 1024
"""Bytes per read."""

_GONE = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, ConnectionError)
_BOTH_DONE = {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}


class HttpFault(Exception):
    """No answer, or none that is HTTP."""


class BodyTooLarge(HttpFault):
    """The answer is longer than the limit."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever the status says."""

    status: int
    body: bytes


class Carrier(Protocol):
    """What carries exchanges with chains: connections (`Http`), or whatever stands in for them where a whole
    network is driven by hand. Raises HttpFault and nothing else."""

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, seconds: float, limit: int
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class _Target:
    """A URL, taken apart once."""

    host: str
    port: int
    tls: bool
    path: str
    headers: tuple[tuple[str, str], ...]

    @property
    def origin(self) -> tuple[str, int, bool]:
        return self.host, self.port, self.tls


@dataclass(frozen=True, slots=True)
class _Connection:
    """An open stream and where the conversation on it stands."""

    stream: ByteStream
    state: h11.Connection


class Http:
    """Requests to any number of hosts. Close it, or use it as a context manager."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """`tls` says whom to trust instead of the system's authorities."""
        self._idle: dict[tuple[str, int, bool], list[_Connection]] = {}
        self._tls = tls  # else made when first needed: loading the authorities takes 50 ms
        self._closed = False

    async def __aenter__(self) -> Self:
        self._closed = False
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what is idle, also when cancelled, and from now on whatever becomes so: the garbage collector gets nothing."""
        self._closed = True
        idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                await _close(connection)

    async def get(self, url: str, *, seconds: float, limit: int) -> Answer:
        """The answer to a GET."""
        return await self.request("GET", url, {}, b"", seconds=seconds, limit=limit)

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, seconds: float, limit: int
    ) -> Answer:
        """The answer to a POST of JSON, or of what `headers` call it."""
        given = {"content-type": "application/json", **(headers or {})}
        return await self.request("POST", url, given, body, seconds=seconds, limit=limit)

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float, limit: int
    ) -> Answer:
        """One exchange; HttpFault or BodyTooLarge if it comes to no answer."""
        target = _target(url)
        try:
            with anyio.fail_after(seconds):
                return await self._try(target, _message(method, target, headers, body), limit)
        except TimeoutError as late:
            raise HttpFault(f"no answer within {seconds:g} s") from late
        except h11.RemoteProtocolError as odd:
            raise HttpFault(f"not HTTP: {odd}") from odd
        except h11.LocalProtocolError:  # which quotes the header
            raise HttpFault("a header that HTTP has no place for") from None
        except (OSError, UnicodeError, *_GONE) as broken:
            raise HttpFault(f"{type(broken).__name__} {broken}".strip()) from broken

    async def _try(self, target: _Target, message: tuple[h11.Event, ...], limit: int) -> Answer:
        idle = self._idle.get(target.origin)
        if idle:
            with suppress(*_GONE):  # it was closed meanwhile
                return await self._exchange(idle.pop(), target, message, limit)
        return await self._exchange(await self._connect(target), target, message, limit)

    async def _exchange(
        self, connection: _Connection, target: _Target, message: tuple[h11.Event, ...], limit: int
    ) -> Answer:
        """One request and its answer. The connection is kept only if both are complete."""
        kept = False
        try:
            send = connection.state.send
            await connection.stream.send(b"".join(send(event) or b"" for event in message))
            answer = await _answer(connection, limit)
            kept = connection.state.states == _BOTH_DONE and not connection.state.trailing_data[0]
        finally:
            idle = self._idle.setdefault(target.origin, [])
            if kept and len(idle) < IDLE and not self._closed:
                connection.state.start_next_cycle()
                idle.append(connection)
            else:
                await _close(connection)
        return answer

    async def _connect(self, target: _Target) -> _Connection:
        stream: ByteStream
        if target.tls:
            self._tls = self._tls or ssl.create_default_context()
            stream = await anyio.connect_tcp(
                target.host, target.port, tls=True, ssl_context=self._tls, tls_standard_compatible=False
            )
        else:
            stream = await anyio.connect_tcp(target.host, target.port)
        return _Connection(stream, h11.Connection(h11.CLIENT))


async def _close(connection: _Connection) -> None:
    with anyio.CancelScope(shield=True):
        await anyio.aclose_forcefully(connection.stream)


async def _answer(connection: _Connection, limit: int) -> Answer:
    status, body = 0, bytearray()
    while True:
        event = connection.state.next_event()
        if event is h11.NEED_DATA:
            connection.state.receive_data(await _more(connection))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > limit:
                raise BodyTooLarge(f"more than {limit} bytes")
        elif isinstance(event, h11.EndOfMessage):
            return Answer(status, bytes(body))
        elif isinstance(event, h11.ConnectionClosed):
            raise HttpFault("closed without an answer")


async def _more(connection: _Connection) -> bytes:
    """The next bytes; none at the end of a body whose length nobody announced."""
    try:
        return await connection.stream.receive(CHUNK)
    except anyio.EndOfStream:
        if connection.state.their_state is h11.SEND_RESPONSE:
            raise
        return b""


def _message(method: str, target: _Target, headers: Mapping[str, str], body: bytes) -> tuple[h11.Event, ...]:
    given = {name.lower() for name in headers}
    lines = [line for line in target.headers if line[0] not in given]
    lines += [(name, value) for name, value in headers.items()]
    lines.append(("content-length", str(len(body))))
    request = h11.Request(method=method, target=target.path, headers=lines)
    return (request, h11.Data(data=body), h11.EndOfMessage()) if body else (request, h11.EndOfMessage())


@lru_cache(maxsize=256)
def _target(url: str) -> _Target:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise HttpFault("no URL that can be asked") from None
    if parts.hostname is None or parts.scheme not in ("http", "https"):
        raise HttpFault("no http or https URL")
    headers = [("host", parts.netloc.rpartition("@")[2]), ("accept", "*/*")]
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers.append(("authorization", "Basic " + b64encode(pair.encode()).decode()))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    tls = parts.scheme == "https"
    return _Target(parts.hostname, port or (443 if tls else 80), tls, path, tuple(headers))
