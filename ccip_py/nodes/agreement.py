"""One node's part in one committee: performs what the pure engine wants done, in order.

The engine decides; this file owns the key, the journal, the clock and the wire. Everything an input causes happens
before the next input, without waiting for anybody, so there is nothing to lock. A record that fails stops the
node: nothing after it may happen.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol

from ccip_py.ocr import engine as pure
from ccip_py.ocr import patience
from ccip_py.ocr.attest import AttestedReport
from ccip_py.ocr.messages import Message, Slot, seal
from ccip_py.ocr.misbehaviour import Misbehaviour
from ccip_py.ocr.plugin import Outcome, View
from ccip_py.ocr.state import (
    Attested,
    Broadcast,
    Durable,
    Effect,
    Engine,
    FreshView,
    Input,
    OwnSignature,
    Received,
    RecordEpoch,
    Rejected,
    SendTo,
    Sign,
    Tick,
    Transmit,
)
from ccip_py.protocol.keccak import keccak

from .cycle import Nudge
from .journal import Journal
from .log import Event, Log, Stage
from .metrics import Metrics
from .transport.envelope import NodeSigner

LONGEST_SLEEP = 5.0  # seconds


class Wire(Protocol):
    """The committee's members as this engine reaches them. Never waits, never fails."""

    def send(self, to: bytes, payload: bytes) -> None: ...

    def broadcast(self, payload: bytes) -> None: ...


class Agreement(Generic[View, Outcome]):
    """A running engine. `transmit` is called when it is this node's turn to send a report."""

    def __init__(
        self,
        engine: Engine[View, Outcome],
        signer: NodeSigner,
        journal: Journal,
        wire: Wire,
        transmit: Callable[[AttestedReport], None],
        log: Log,
        metrics: Metrics,
        name: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._signer, self._journal, self._wire = signer, journal, wire
        self._transmit, self._log, self._metrics, self._clock = transmit, log, metrics, clock
        self._lane = name
        self._inputs: deque[Input[View]] = deque()
        self._changed = Nudge()
        self._sleeps_until = 0.0
        self._over = False
        self._state, effects = pure.start(engine, _durable(journal, engine.config.digest), clock())
        self._perform(effects)
        self._drain()

    @property
    def session(self) -> bytes:
        """What marks this committee's messages."""
        return self._engine.config.session

    @property
    def epoch(self) -> int:
        return self._state.epoch

    @property
    def leader(self) -> int:
        """Index of the member that leads now."""
        return self._engine.config.leader(self._state.epoch)

    @property
    def wakes_at(self) -> float:
        """When time itself can next change something, by this agreement's clock."""
        return pure.wake_at(self._engine, self._state)

    def end(self) -> None:
        """Fall silent for good: the committee is not the lane's any more."""
        self._over = True
        self._changed.now()

    def see(self, view: View | None) -> None:
        """A fresh reading of the chains; None while they cannot be seen."""
        self._feed(FreshView(view))

    def hear(self, raw: bytes) -> None:
        """Bytes from a peer."""
        self._feed(Received(raw))

    async def next_tick(self) -> None:
        """Wait until time itself can change something, then let it."""
        self._sleeps_until = min(self.wakes_at, self._clock() + LONGEST_SLEEP)
        await self._changed.wait(max(0.0, self._sleeps_until - self._clock()))
        self.tick()

    def tick(self) -> None:
        """Let the time that has passed take effect."""
        if self._clock() >= self.wakes_at:
            self._feed(Tick(self._clock()))

    # --- One input, and all that follows from it ---

    def _feed(self, happened: Input[View]) -> None:
        """The clock first: an input must not be judged by the time of the one before it."""
        if self._over:
            return
        if not isinstance(happened, Tick):
            self._inputs.append(Tick(self._clock()))
        self._inputs.append(happened)
        self._drain()
        if self.wakes_at < self._sleeps_until:
            self._changed.now()

    def _drain(self) -> None:
        while self._inputs:
            self._state, effects = pure.step(self._engine, self._state, self._inputs.popleft())
            self._perform(effects)

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case RecordEpoch(epoch):
                    self._journal.record_epoch(self._engine.config.digest, epoch)
                    self._tell_epoch()
                case Sign():
                    self._sign(effect)
                case Broadcast(message):
                    raw = self._seal(message)
                    self._wire.broadcast(raw)
                    self._inputs.append(Received(raw))
                case SendTo(to, message):
                    self._send(to, message)
                case Attested(attested):
                    self._metrics.attested.labels(self._lane).inc()
                    self._log.info(
                        Event.ATTESTED,
                        stage=Stage.SIGN,
                        **_slot(attested.slot),
                        report=keccak(attested.report),
                    )
                case Transmit(attested):
                    self._transmit(attested)
                case Rejected(sender, why):
                    self._metrics.refused.labels(self._lane, why).inc()
                    self._log.debug(Event.PEER_REFUSED, sender=sender, why=why)
                case Misbehaviour(proof):
                    self._journal.keep_proof(self._engine.config.digest, proof.culprit, repr(proof))
                    self._metrics.proofs.labels(self._lane).inc()
                    self._log.error(Event.MISBEHAVIOUR, stage=Stage.AGREE, proof=repr(proof))

    def _tell_epoch(self) -> None:
        """Who leads now, and how long a node waits for it: a patience that has grown says that rounds do not fit."""
        waits = patience.progress_time(self._engine, self._state)
        self._metrics.epoch.labels(self._lane).set(self._state.epoch)
        self._metrics.patience.labels(self._lane).set(waits)
        self._log.info(
            Event.EPOCH, stage=Stage.AGREE, epoch=self._state.epoch, leader=self.leader, patience=waits
        )

    def _sign(self, wanted: Sign) -> None:
        """Disk first, key second."""
        report_hash = keccak(wanted.report)
        digest, slot = self._engine.config.digest, wanted.slot
        if not self._journal.record_signing(digest, slot.epoch, slot.round, report_hash):
            self._log.warning(Event.SIGNING_REFUSED, stage=Stage.SIGN, **_slot(slot), report=report_hash)
            return
        signature = self._signer.sign_digest(wanted.digest)
        self._metrics.signed.labels(self._lane).inc()
        self._log.info(Event.SIGNED, stage=Stage.SIGN, **_slot(slot), report=report_hash)
        self._inputs.append(OwnSignature(slot, signature))

    def _send(self, to: int, message: Message) -> None:
        raw = self._seal(message)
        if to == self._engine.me:
            self._inputs.append(Received(raw))
        else:
            self._wire.send(self._engine.config.signers[to], raw)

    def _seal(self, message: Message) -> bytes:
        return seal(self._engine.config, self._engine.me, message, self._signer.sign_digest)


def _durable(journal: Journal, config_digest: bytes) -> Durable:
    """What the engine must be given back after a restart."""
    signed = journal.last_signed(config_digest)
    if signed is None:
        return Durable(epoch=journal.epoch(config_digest))
    return Durable(journal.epoch(config_digest), Slot(signed.epoch, signed.round), signed.report_hash)


def _slot(slot: Slot) -> dict[str, int]:
    return {"epoch": slot.epoch, "round": slot.round}
