"""What a node counts, in a registry of its own, and the small page that shows it.

`/metrics` for Prometheus, `/healthz` (every loop beat recently), `/readyz` (every loop has finished a cycle).
Loopback only, unless the operator says otherwise by naming another address.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import anyio
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from .listening import listening

STALLED_AFTER = 60.0
"""Seconds without a beat after which a loop counts as stalled. The longest cycle timeout is shorter."""


class Metrics:
    """One node's registry. Two nodes of one process never share a figure."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.registry = CollectorRegistry()
        self._clock = clock
        self._beats: dict[str, float] = {}
        self._finished: set[str] = set()
        own = self.registry
        self.heartbeat = Gauge(
            "ccip_loop_heartbeat_seconds", "When a loop last began a cycle", ["loop"], registry=own
        )
        self.cycle_seconds = Histogram("ccip_cycle_seconds", "How long cycles take", ["loop"], registry=own)
        self.failures = Counter(
            "ccip_cycle_failures", "Cycles that ended in an error", ["loop", "error"], registry=own
        )
        self.signed = Counter("ccip_reports_signed", "Reports signed", ["lane"], registry=own)
        self.epoch = Gauge("ccip_epoch", "The epoch of a lane's agreement", ["lane"], registry=own)
        self.patience = Gauge(
            "ccip_epoch_patience_seconds", "How long a leader may get nowhere", ["lane"], registry=own
        )
        self.attested = Counter("ccip_reports_attested", "Reports with a quorum", ["lane"], registry=own)
        self.sent = Counter(
            "ccip_transactions", "Transactions handed to the sender", ["lane", "kind"], registry=own
        )
        self.transactions = Counter(
            "ccip_transaction_events", "What becomes of transactions", ["chain", "event"], registry=own
        )
        self.balance = Gauge("ccip_balance", "What the key can pay with, in coins", ["chain"], registry=own)
        self.reached = Gauge(
            "ccip_sequence_number", "How far a lane has come", ["lane", "stage"], registry=own
        )
        self.proofs = Counter(
            "ccip_misbehaviour_proofs", "Members proved to have lied", ["lane"], registry=own
        )
        self.refused = Counter(
            "ccip_peer_messages_refused", "Peer messages refused", ["lane", "why"], registry=own
        )

    def expect(self, loop: str) -> None:
        """Name a loop before its first cycle, so that a loop that never starts is seen."""
        self._beats[loop] = self._clock()

    def beat(self, loop: str) -> None:
        """A cycle of this loop begins."""
        self._beats[loop] = self._clock()
        self.heartbeat.labels(loop).set(time.time())

    def finished(self, loop: str, seconds: float) -> None:
        """A cycle of this loop ended without an error."""
        self._finished.add(loop)
        self.cycle_seconds.labels(loop).observe(seconds)

    def stalled(self) -> list[str]:
        """The loops that have not begun a cycle for too long."""
        now = self._clock()
        return sorted(loop for loop, beat in self._beats.items() if now - beat > STALLED_AFTER)

    def waiting(self) -> list[str]:
        """The loops that have not yet finished one cycle."""
        return sorted(set(self._beats) - self._finished)


async def serve_metrics(metrics: Metrics, host: str, port: int) -> None:
    """Show the figures until cancelled."""

    async def figures(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(metrics.registry), content_type="text/plain")

    def check(problems: Callable[[], list[str]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(_: web.Request) -> web.Response:
            wrong = problems()
            return web.Response(status=503 if wrong else 200, text="\n".join(wrong) or "ok")

        return answer

    app = web.Application()
    app.add_routes(
        [
            web.get("/metrics", figures),
            web.get("/healthz", check(metrics.stalled)),
            web.get("/readyz", check(metrics.waiting)),
        ]
    )
    async with listening(app, host, port):
        await anyio.sleep_forever()
