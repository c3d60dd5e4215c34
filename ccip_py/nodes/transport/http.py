"""Nodes of different processes: the same envelopes as HTTP bodies.

`GET /session?nonce=…&from=…` answers with the node's current session and the last counter it accepted from
the asker, signed by the node's key over the asker's nonce: so a sender knows that it talks to the member it
means, and a recording of an earlier session is useless. `POST /messages` carries one envelope.

Each peer has a bounded queue here and one worker, which sends all that waits at once: a slow or dead peer delays nobody and
costs bounded memory, and what is said to it is never older than one exchange.
A peer that answers "unknown session" is asked for its session again.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import anyio
from aiohttp import web

from ccip_py.chains.http import Http, HttpFault
from ccip_py.errors import ConfigError

from ..listening import listening
from .envelope import (
    HEADER_BYTES,
    MAX_CONTENT,
    MAX_PAYLOAD,
    SESSION_BYTES,
    Incoming,
    NodeSigner,
    Refusal,
    fitting,
    hello_digest,
    recover,
    seal,
)
from .inbox import MAX_COUNTER, MAX_QUEUED_PER_PEER, Counters, Inbox

REQUEST_TIMEOUT = 5.0
"""Seconds. Peers on one machine or in one data centre answer in milliseconds."""

MAX_ANSWER = 64 * 1024
"""Bytes of a peer's answer."""

RETRY_AFTER = 0.5
"""Seconds a worker waits after a peer could not be reached; what it could not send is kept, the newest of it."""

_STALE = (Refusal.REPLAYED, Refusal.BAD_SIGNATURE)  # what a restarted recipient answers to its old session
_NONCE_BYTES = 32


@dataclass(slots=True)
class _Peer:
    """Another member: where it listens, the session it announced, and what waits to be sent to it."""

    address: bytes
    url: str
    session: bytes | None = None
    queue: deque[bytes] = field(default_factory=lambda: deque(maxlen=MAX_QUEUED_PER_PEER))
    waiting: anyio.Event = field(default_factory=anyio.Event)

    def put_back(self, payloads: Sequence[bytes]) -> None:
        """Before what has come meanwhile. Where that is too much, the oldest go."""
        self.queue = deque((*payloads, *self.queue), maxlen=MAX_QUEUED_PER_PEER)


class HttpTransport:
    """One node's HTTP link. `listen` is "host:port" of its own server; `peers` maps each member to its URL."""

    def __init__(self, signer: NodeSigner, listen: str, peers: Mapping[bytes, str]) -> None:
        self._signer = signer
        self._host, self._port = _host_and_port(listen)
        self._peers = {
            address: _Peer(address, url.rstrip("/"))
            for address, url in peers.items()
            if address != signer.address
        }
        self._counters = Counters()
        self.inbox = Inbox(signer.address, self._peers)

    def send(self, to: bytes, payload: bytes) -> None:
        if len(payload) > MAX_PAYLOAD:
            raise ValueError(f"a payload of {len(payload)} bytes is above the cap of {MAX_PAYLOAD}")
        peer = self._peers[to]
        peer.queue.append(payload)
        peer.waiting.set()

    def broadcast(self, payload: bytes) -> None:
        for address in self._peers:
            self.send(address, payload)

    async def receive(self) -> Incoming:
        return await self.inbox.receive()

    def take(self) -> Incoming | None:
        return self.inbox.take()

    async def run(self) -> None:
        async with (
            listening(self._app(), self._host, self._port),
            Http() as http,
            anyio.create_task_group() as workers,
        ):
            for peer in self._peers.values():
                workers.start_soon(self._carry, http, peer)

    # --- Sending ---

    async def _carry(self, http: Http, peer: _Peer) -> None:
        """Send one peer what is queued for it, in order, for ever."""
        while True:
            if not peer.queue:
                peer.waiting = anyio.Event()
                await peer.waiting.wait()
            payloads = fitting(peer.queue)
            for _ in payloads:
                peer.queue.popleft()
            try:
                delivered = await self._deliver(http, peer, payloads)
            except HttpFault:
                delivered, peer.session = False, None
            if not delivered:
                peer.put_back(payloads)
                await anyio.sleep(RETRY_AFTER)

    async def _deliver(self, http: Http, peer: _Peer, payloads: Sequence[bytes]) -> bool:
        """One exchange; a second one only where the peer has started a new session since."""
        for _ in range(2):
            if peer.session is None:
                peer.session = await self._ask_session(http, peer)
            if peer.session is None:
                return False
            counter = self._counters.next(peer.address)
            raw = seal(self._signer, peer.address, peer.session, counter, payloads)
            url, kind = f"{peer.url}/messages", {"content-type": "application/octet-stream"}
            answer = await http.post(url, raw, kind, seconds=REQUEST_TIMEOUT, limit=MAX_ANSWER)
            if answer.status != 403:
                return True
            peer.session = None
        return False

    async def _ask_session(self, http: Http, peer: _Peer) -> bytes | None:
        """The peer's session, or None if the answer is not signed by the member it should be, or names no counter."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        url = f"{peer.url}/session?nonce={nonce.hex()}&from={self._signer.address.hex()}"
        answer = await http.get(url, seconds=REQUEST_TIMEOUT, limit=MAX_ANSWER)
        body = answer.body
        if answer.status != 200 or len(body) != SESSION_BYTES + 8 + 65:
            return None
        session, last = body[:SESSION_BYTES], int.from_bytes(body[SESSION_BYTES : SESSION_BYTES + 8], "big")
        digest = hello_digest(peer.address, session, last, nonce)
        if last > MAX_COUNTER or recover(digest, body[SESSION_BYTES + 8 :]) != peer.address:
            return None
        self._counters.heard(peer.address, last)
        return session

    # --- Receiving ---

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=HEADER_BYTES + MAX_CONTENT)
        app.add_routes([web.get("/session", self._on_session), web.post("/messages", self._on_message)])
        return app

    async def _on_session(self, request: web.Request) -> web.Response:
        try:
            nonce = bytes.fromhex(request.query["nonce"])
            asker = bytes.fromhex(request.query["from"])
        except (KeyError, ValueError):
            return web.Response(status=400)
        if len(nonce) != _NONCE_BYTES or asker not in self._peers:
            return web.Response(status=400)
        session, last = self.inbox.session, self.inbox.last_counter(asker)
        signature = self._signer.sign_digest(hello_digest(self._signer.address, session, last, nonce))
        return web.Response(body=session + last.to_bytes(8, "big") + signature)

    async def _on_message(self, request: web.Request) -> web.Response:
        refusal = self.inbox.accept(await request.read())
        if refusal is None:
            return web.Response(status=204)
        return web.Response(status=403 if refusal in _STALE else 400)


def _host_and_port(listen: str) -> tuple[str, int]:
    parts = urlsplit(f"//{listen}")
    if parts.hostname is None or parts.port is None:
        raise ConfigError(f"listen: want host:port, got {listen!r}")
    return parts.hostname, parts.port
