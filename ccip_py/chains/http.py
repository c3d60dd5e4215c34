"""HTTP/1.1 as a node needs it: one request, one bounded answer, over connections that stay open.

httptools tells where an answer ends and asyncio moves the bytes. A node asks the same few hosts several times a second,
all day, so what one exchange costs is a good part of what a quiet node costs: this is a twentieth of a general client's
price. Promises: every exchange ends within `seconds` and within `limit` bytes, as an `Answer` or as an `HttpFault`;
certificates are checked; redirects are answers like any other; nothing of a URL but scheme, host and port is ever in an error.

    async with Http() as http:
        answer = await http.post("https://user:secret@host/path", body, seconds=10, limit=2**20)

A request that fails on a connection that was kept is repeated once on a new one, since hosts close idle connections:
send only what may arrive twice.
"""

import asyncio
import re
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

import anyio
from httptools import HttpParserError, HttpResponseParser

IDLE = 8
"""Connections kept open per host between requests."""

CHUNK = 256 * 1024
"""Bytes per read."""

MAX_HEAD = 64 * 1024
"""Bytes of an answer besides its body: the head, and what tells chunks apart."""

_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*")


class HttpFault(Exception):
    """No answer, or none that is HTTP."""


class BodyTooLarge(HttpFault):
    """The answer is longer than the limit."""


class _Gone(Exception):
    """The host closed the connection before it answered anything."""


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
    """An open stream."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def close(self) -> None:
        """At once, whatever is still on its way."""
        self.writer.transport.abort()


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
                connection.close()
        with anyio.CancelScope(shield=True):
            await anyio.lowlevel.checkpoint()  # the event loop closes the sockets in its next turn

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
                head = _head(method, target, tuple(headers.items()))
                message = b"%scontent-length: %d\r\n\r\n%s" % (head, len(body), body)
                return await self._try(target, message, limit)
        except TimeoutError as late:
            raise HttpFault(f"no answer within {seconds:g} s") from late
        except HttpParserError as odd:
            raise HttpFault(f"not HTTP: {odd}") from odd
        except _Gone:
            raise HttpFault("closed without an answer") from None
        except (OSError, UnicodeError) as broken:
            raise HttpFault(f"{type(broken).__name__} {broken}".strip()) from broken

    async def _try(self, target: _Target, message: bytes, limit: int) -> Answer:
        idle = self._idle.get(target.origin)
        if idle:
            try:
                return await self._exchange(idle.pop(), target, message, limit)
            except (_Gone, ConnectionError):  # it was closed meanwhile
                pass
        return await self._exchange(await self._connect(target), target, message, limit)

    async def _exchange(self, connection: _Connection, target: _Target, message: bytes, limit: int) -> Answer:
        """One request and its answer. The connection is kept only if both are complete."""
        kept = False
        try:
            connection.writer.write(message)
            await connection.writer.drain()
            reading = await _read(connection.reader, limit)
            kept = reading.kept
        finally:
            idle = self._idle.setdefault(target.origin, [])
            if kept and len(idle) < IDLE and not self._closed:
                idle.append(connection)
            else:
                connection.close()
        return Answer(reading.status, bytes(reading.body))

    async def _connect(self, target: _Target) -> _Connection:
        if target.tls:
            self._tls = self._tls or ssl.create_default_context()
        tls = self._tls if target.tls else None
        return _Connection(*await asyncio.open_connection(target.host, target.port, ssl=tls))


# Answers


class _Reading:
    """What the parser, which calls the methods `on_…`, makes of the bytes of one answer."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.complete = False
        self._begun = 0
        self._head_ended = self._length_is_told = self._goes_on = False
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Raises HttpParserError where it is not HTTP."""
        self._parser.feed_data(data)

    @property
    def status(self) -> int:
        return int(self._parser.get_status_code())

    @property
    def ends_with_connection(self) -> bool:
        """Nobody said how long the body is, so what has come when the host closes is all of it."""
        return self._head_ended and not self._length_is_told

    @property
    def kept(self) -> bool:
        """The connection can be used again: both ends want it, and nothing came that was not asked for."""
        return self._goes_on and self._begun == 1

    def on_message_begin(self) -> None:
        self._begun += 1

    def on_header(self, name: bytes, _: bytes) -> None:
        self._length_is_told |= name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        self._head_ended = True

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.complete, self._goes_on = True, bool(self._parser.should_keep_alive())


async def _read(reader: asyncio.StreamReader, limit: int) -> _Reading:
    reading, received = _Reading(), 0
    while not reading.complete:
        data = await reader.read(CHUNK)
        if not data and reading.ends_with_connection:
            break
        if not data:
            raise HttpFault("closed within an answer") if received else _Gone
        received += len(data)
        reading.feed(data)
        if len(reading.body) > limit:
            raise BodyTooLarge(f"more than {limit} bytes")
        if received - len(reading.body) > MAX_HEAD:
            raise HttpFault(f"a head of more than {MAX_HEAD} bytes")
    return reading


# Requests


@lru_cache(maxsize=256)
def _head(method: str, target: _Target, headers: tuple[tuple[str, str], ...]) -> bytes:
    """All of a request that does not depend on its body. The same few are sent all day."""
    given = {name.lower() for name, _ in headers}
    fields = [*(line for line in target.headers if line[0] not in given), *headers]
    lines = [f"{name}: {value}".encode("latin-1") for name, value in fields]
    if not all(map(_FIELD.fullmatch, lines)):  # does not say which: a header may be a secret
        raise HttpFault("a header that HTTP has no place for")
    return b"\r\n".join([f"{method} {target.path} HTTP/1.1".encode("ascii"), *lines, b""])


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
    if not path.isprintable() or " " in path:
        raise HttpFault("no URL that can be asked")
    tls = parts.scheme == "https"
    return _Target(parts.hostname, port or (443 if tls else 80), tls, path, tuple(headers))
