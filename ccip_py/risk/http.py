"""HTTP/1.1, as little of it as a monitor needs: one request, one bounded answer.

h11 speaks the protocol, anyio moves the bytes. Connections stay open between requests, because a
monitor asks the same few hosts all day. Every request ends within the timeout and within `limit`
bytes, so that no endpoint or peer can hold a monitor up or fill its memory; `parse_json` sees to it
that none can end its process.
"""

import json
import re
import ssl
from typing import Any
from urllib.parse import urlsplit

import anyio
import h11
from anyio.abc import ByteStream

# A block with a thousand messages and all its receipts stays well below.
ANSWER_LIMIT = 64 * 1024 * 1024
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


class Http:
    """Requests to any number of hosts, with idle connections kept for the next one."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._idle: dict[str, list[ByteStream]] = {}

    async def aclose(self) -> None:
        """Close every idle connection, also when the monitor was cancelled: none is left to the garbage collector."""
        idle, self._idle = self._idle, {}
        with anyio.CancelScope(shield=True):
            for streams in idle.values():
                for stream in streams:
                    await anyio.aclose_forcefully(stream)

    async def get(self, url: str, limit: int = ANSWER_LIMIT) -> bytes:
        return await self._request("GET", url, b"", limit)

    async def post_json(self, url: str, body: bytes, limit: int = ANSWER_LIMIT) -> bytes:
        return await self._request("POST", url, body, limit)

    async def _request(self, method: str, url: str, body: bytes, limit: int) -> bytes:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        message = _message(method, target, parts.netloc.rpartition("@")[2], body)
        try:
            with anyio.fail_after(self._timeout):
                idle = self._idle.get(origin)
                if idle:
                    # The host may have closed it meanwhile. All our requests can be repeated.
                    try:
                        return await self._exchange(idle.pop(), origin, message, limit)
                    except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                        pass
                return await self._exchange(await _connect(url), origin, message, limit)
        except (OSError, TimeoutError, anyio.EndOfStream, anyio.BrokenResourceError) as error:
            raise HttpError(f"{type(error).__name__} {error}".strip()) from error
        except h11.RemoteProtocolError as error:
            raise HttpError(f"not HTTP: {error}") from error

    async def _exchange(self, stream: ByteStream, origin: str, message: list[h11.Event], limit: int) -> bytes:
        """One request and its answer. The stream is kept only if both are complete."""
        connection = h11.Connection(h11.CLIENT)
        kept = False
        try:
            await stream.send(b"".join(connection.send(event) or b"" for event in message))
            answer = await _answer(stream, connection, limit)
            kept = connection.their_state is h11.DONE and connection.our_state is h11.DONE
            return answer
        finally:
            if kept:
                self._idle.setdefault(origin, []).append(stream)
            else:
                with anyio.CancelScope(shield=True):
                    await anyio.aclose_forcefully(stream)


def _message(method: str, target: str, host: str, body: bytes) -> list[h11.Event]:
    headers = [("Host", host), ("Accept", "application/json"), ("Content-Length", str(len(body)))]
    if body:
        headers.append(("Content-Type", "application/json"))
    return [
        h11.Request(method=method, target=target, headers=headers),
        h11.Data(data=body),
        h11.EndOfMessage(),
    ]


async def _answer(stream: ByteStream, connection: h11.Connection, limit: int) -> bytes:
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            try:
                connection.receive_data(await stream.receive(256 * 1024))
            except anyio.EndOfStream:
                if connection.their_state is h11.SEND_RESPONSE:
                    raise
                connection.receive_data(b"")
        elif isinstance(event, h11.Response):
            if event.status_code != 200:
                raise HttpError(f"status {event.status_code}")
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > limit:
                raise HttpError(f"an answer of more than {limit} bytes")
        elif isinstance(event, h11.EndOfMessage):
            return bytes(body)
        elif isinstance(event, h11.ConnectionClosed):
            raise HttpError("closed without an answer")


async def _connect(url: str) -> ByteStream:
    parts = urlsplit(url)
    if parts.hostname is None or parts.scheme not in ("http", "https"):
        raise HttpError(f"{url!r} is no http address")
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return await anyio.connect_tcp(parts.hostname, parts.port or 443, ssl_context=context)
    return await anyio.connect_tcp(parts.hostname, parts.port or 80)
