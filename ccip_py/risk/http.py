"""HTTP/1.1, as little of it as a monitor needs: one request, one bounded answer.

Connections stay open between requests, because a monitor asks the same few hosts all day, several times
a second. Every request ends within the timeout and within `limit` bytes, so that no endpoint or peer can
hold a monitor up or fill its memory; `parse_json` sees to it that none can end its process. Whatever an
answer says, it is an answer to be checked like any other: nothing here has to be right for a root to be.

Written on asyncio's streams, because at a few requests per block and chain a general library was half of
what an idle monitor cost.
"""

import asyncio
import json
import re
import ssl
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

import anyio

Headers: TypeAlias = tuple[tuple[str, str], ...]

# A block with a thousand messages and all its receipts stays well below.
ANSWER_LIMIT = 64 * 1024 * 1024
# Of what stands before an answer, or of a line in it.
_HEAD_LIMIT = 256 * 1024
# Brackets that may be open at once. What we ask for nests about ten deep.
JSON_DEPTH = 200
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_NEITHER_BRACKET_NOR_QUOTE = bytes(set(_NO_BRACKET) - set(b'"'))


class HttpError(Exception):
    """No answer, or none that could be used."""


def parse_json(body: bytes) -> Any:
    """The value of an answer. ValueError if it is no JSON in UTF-8, or nests too deep.

    CPython's parser is only stopped by the recursion limit, and a library in the process may have raised that (py_ecc
    does, to 100,000): fifty kilobytes of "[" would then overflow the C stack. So the nesting is looked at first.
    """
    text = body.decode()
    # Fewer brackets than that can't be that deep.
    if body.count(b"[") + body.count(b"{") > JSON_DEPTH and _nests_too_deep(body):
        raise ValueError("JSON nested too deep, or not closed")
    return json.loads(text)


def _nests_too_deep(body: bytes) -> bool:
    """Takes away the innermost pairs of brackets, again and again, until none is left.

    Whole answers at once, because a block's receipts have ten thousands of brackets. Each turn takes away a level, or
    two; what is not closed never goes away.
    """
    brackets = _brackets(body)
    for _ in range(JSON_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return bool(brackets)


def _brackets(body: bytes) -> bytes:
    """All brackets but those in strings. Without a backslash, every second quote ends a string."""
    if b"\\" in body:
        return _STRING.sub(b"", body).translate(None, _NO_BRACKET)
    return b"".join(body.translate(None, _NEITHER_BRACKET_NOR_QUOTE).split(b'"')[::2])


@dataclass(frozen=True, slots=True)
class _Request:
    """Where it goes, and all of its head but the length."""

    origin: tuple[str, str, int]  # scheme, host, port
    head: bytes


@dataclass(frozen=True, slots=True)
class _Stream:
    """One open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def abort(self) -> None:
        self.writer.transport.abort()


class _Gone(Exception):
    """The host closed the connection before it answered anything."""


class Http:
    """Requests to any number of hosts, with idle connections kept for the next one."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._idle: dict[tuple[str, str, int], list[_Stream]] = {}

    async def aclose(self) -> None:
        """Close every idle connection, also when the monitor was cancelled: none is left to the garbage collector."""
        idle, self._idle = self._idle, {}
        for streams in idle.values():
            for stream in streams:
                stream.abort()
        with anyio.CancelScope(shield=True):
            await anyio.lowlevel.checkpoint()  # asyncio closes the sockets in its next turn

    async def get(self, url: str, limit: int = ANSWER_LIMIT) -> bytes:
        return await self._send(_request("GET", url, ()), b"", limit)

    async def post_json(
        self, url: str, body: bytes, headers: Headers = (), limit: int = ANSWER_LIMIT
    ) -> bytes:
        return await self._send(_request("POST", url, headers), body, limit)

    async def _send(self, request: _Request, body: bytes, limit: int) -> bytes:
        message = b"%sContent-Length: %d\r\n\r\n%s" % (request.head, len(body), body)
        try:
            with anyio.fail_after(self._timeout):
                while idle := self._idle.get(request.origin):
                    # The host may have closed it meanwhile. All our requests can be repeated.
                    try:
                        return await self._exchange(idle.pop(), request.origin, message, limit)
                    except _Gone:
                        continue
                return await self._exchange(await _connect(request.origin), request.origin, message, limit)
        except (OSError, TimeoutError, EOFError, _Gone) as error:
            raise HttpError(f"{type(error).__name__} {error}".strip("_ ")) from error
        except (ValueError, asyncio.LimitOverrunError) as error:
            raise HttpError(f"not HTTP: {error}") from error

    async def _exchange(
        self, stream: _Stream, origin: tuple[str, str, int], message: bytes, limit: int
    ) -> bytes:
        """One request and its answer. The connection is kept only if both are complete."""
        kept = False
        try:
            stream.writer.write(message)
            await stream.writer.drain()
            answer, kept = await _answer(stream.reader, limit)
            return answer
        finally:
            if kept:
                self._idle.setdefault(origin, []).append(stream)
            else:
                stream.abort()


@lru_cache(maxsize=256)
def _request(method: str, url: str, headers: Headers) -> _Request:
    """The same few are sent all day. A name and password in the URL become a header."""
    parts = urlsplit(url)
    if parts.hostname is None or parts.scheme not in ("http", "https"):
        raise HttpError("no http address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: {parts.netloc.rpartition('@')[2]}",
        "Accept: application/json",
    ]
    if method == "POST":
        lines.append("Content-Type: application/json")
    lines += [f"{name}: {value}" for name, value in (*_authorization(parts), *headers)]
    origin = parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    return _Request(origin, "".join(f"{line}\r\n" for line in lines).encode("latin-1"))


def _authorization(parts: SplitResult) -> Headers:
    if parts.username is None:
        return ()
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return (("Authorization", "Basic " + b64encode(pair.encode()).decode()),)


async def _connect(origin: tuple[str, str, int]) -> _Stream:
    scheme, host, port = origin
    context = ssl.create_default_context() if scheme == "https" else None
    return _Stream(*await asyncio.open_connection(host, port, ssl=context, limit=_HEAD_LIMIT))


# ANSWERS


async def _answer(reader: asyncio.StreamReader, limit: int) -> tuple[bytes, bool]:
    """The body of an answer, and whether the connection can be used again."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        raise EOFError("closed within an answer") if error.partial else _Gone("closed") from error
    version, status, fields = _parsed(head)
    if status != 200:
        raise HttpError(f"status {status}")
    kept = version == "HTTP/1.1" and "close" not in fields.get("connection", "").lower()
    if "chunked" in fields.get("transfer-encoding", "").lower():
        return await _chunks(reader, limit), kept
    if "content-length" in fields:
        return await _exactly(reader, int(fields["content-length"]), limit), kept
    return await _rest(reader, limit), False


def _parsed(head: bytes) -> tuple[str, int, dict[str, str]]:
    """Version, status, and the fields by their names in small letters."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, status = first.split(" ", 2)[:2]
    if not version.startswith("HTTP/1."):
        raise ValueError(f"{version[:20]!r}")
    fields = (line.partition(":") for line in lines)
    return version, int(status), {name.strip().lower(): value.strip() for name, _, value in fields}


async def _exactly(reader: asyncio.StreamReader, length: int, limit: int) -> bytes:
    if not 0 <= length <= limit:
        raise HttpError(f"an answer of more than {limit} bytes")
    return await reader.readexactly(length)


async def _chunks(reader: asyncio.StreamReader, limit: int) -> bytes:
    """Each behind its length in a line of its own; one without length is the last, and fields may follow it."""
    body = bytearray()
    while length := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        body += (await _exactly(reader, length + 2, limit - len(body) + 2))[:-2]
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return bytes(body)


async def _rest(reader: asyncio.StreamReader, limit: int) -> bytes:
    """Until the host closes."""
    body = bytearray()
    while some := await reader.read(_HEAD_LIMIT):
        body += some
        if len(body) > limit:
            raise HttpError(f"an answer of more than {limit} bytes")
    return bytes(body)
