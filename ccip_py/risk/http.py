"""HTTP/1.1, as little of it as a monitor needs: one request, one bounded answer.

Connections stay open between requests, because a monitor asks the same few hosts all day, several times
a second. Every request ends within the timeout and within `limit` bytes, so that no endpoint or peer can
hold a monitor up or fill its memory; `parse_json` sees to it that none can end its process. Whatever an
answer says, it is an answer to be checked like any other: nothing here has to be right for a root to be.

httptools speaks the protocol and asyncio moves the bytes: at a few requests per block and chain, parsing in
Python was half of what an idle monitor cost.
"""

import asyncio
import json
import re
import ssl
from base64 import b64encode
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

import anyio
from httptools import HttpParserError, HttpResponseParser

Headers: TypeAlias = tuple[tuple[str, str], ...]

# A block with a thousand messages and all its receipts stays well below. Where one exceeds it, receipts are asked for one
# by one: a transaction of 16.8 million gas, which is the most since the Osaka fork, logs 45,000 times at most, in 20 MB.
ANSWER_LIMIT = 64 * 1024 * 1024
# What may come besides the body: the head, and what tells chunks apart.
_HEAD_LIMIT = 256 * 1024
# Bytes per read.
_AT_ONCE = 256 * 1024
# Brackets that may be open at once. What we ask for nests about ten deep.
JSON_DEPTH = 200
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_NEITHER_BRACKET_NOR_QUOTE = bytes(set(_NO_BRACKET) - set(b'"'))


class HttpError(Exception):
    """No answer, or none that could be used."""


class TooLarge(HttpError):
    """The answer is longer than what was asked for may be."""


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
        except HttpParserError as error:
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


@cache
def _authorities() -> ssl.SSLContext:
    """The system's. Loading them takes 50 ms, so once is enough."""
    return ssl.create_default_context()


async def _connect(origin: tuple[str, str, int]) -> _Stream:
    scheme, host, port = origin
    context = _authorities() if scheme == "https" else None
    return _Stream(*await asyncio.open_connection(host, port, ssl=context))


# ANSWERS


class _Answer:
    """What the parser, which calls these methods, makes of the bytes that come back."""

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
        """Nobody said how long the body is, so that what has come by the end is all of it."""
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


async def _answer(reader: asyncio.StreamReader, limit: int) -> tuple[bytes, bool]:
    """The body of an answer, and whether the connection can be used again."""
    answer, received = _Answer(), 0
    while not answer.complete:
        data = await reader.read(_AT_ONCE)
        if not data and answer.ends_with_connection:
            break
        if not data:
            raise EOFError("closed within an answer") if received else _Gone("closed")
        received += len(data)
        answer.feed(data)
        if max(len(answer.body), received - _HEAD_LIMIT) > limit:
            raise TooLarge(f"an answer of more than {limit} bytes")
    if answer.status != 200:
        raise HttpError(f"status {answer.status}")
    return bytes(answer.body), answer.kept
