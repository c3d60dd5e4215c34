"""A simulated shell: performs the engine's effects as the rules in `ocr.state` say, on a disk that may fail."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from ccip_py.commit.agree import Outcome
from ccip_py.commit.view import View
from ccip_py.ocr import engine as pure
from ccip_py.ocr.attest import AttestedReport
from ccip_py.ocr.messages import Kind, Message, Slot, seal
from ccip_py.ocr.misbehaviour import Misbehaviour
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
    SendTo,
    Sign,
    State,
    Tick,
    Transmit,
)

from .checks import Checks
from .keys import Key, hash_in_use


class Crash(Exception):
    """The process died at a write."""


@dataclass
class Disk:
    """A journal. `crash_rate`: how likely a write kills the process, before or after it took effect."""

    rng: random.Random
    crash_rate: float = 0.0
    epoch: int = 0
    signed: dict[Slot, bytes] = field(default_factory=dict)

    def record_epoch(self, epoch: int) -> None:
        self._write(lambda: setattr(self, "epoch", max(self.epoch, epoch)))

    def record_signing(self, slot: Slot, report_hash: bytes) -> None:
        self._write(lambda: self.signed.setdefault(slot, report_hash))

    def durable(self) -> Durable:
        last = max(self.signed, default=None)
        return Durable(self.epoch, last, self.signed[last] if last else b"")

    def _write(self, change: Callable[[], object]) -> None:
        dies = self.rng.random() < self.crash_rate
        if dies and self.rng.random() < 0.5:
            raise Crash
        change()
        if dies:
            raise Crash


class Node:
    """One honest member. Faulty ones override `say`."""

    signs_before_recording = False  # a planted bug

    def __init__(
        self,
        engine: Engine[View, Outcome],
        key: Key,
        disk: Disk,
        checks: Checks,
        post: Callable[[int, int, bytes], None],
        submit: Callable[[AttestedReport], None],
        seat: int,
    ) -> None:
        self.seat = seat  # its place among all nodes of the history
        self.engine, self.key, self.disk, self.checks = engine, key, disk, checks
        self.post, self.submit = post, submit
        self.me = engine.me
        self.honest = True
        self.state: State[View, Outcome] | None = None
        self.spoken_in = 0

    # --- Life ---

    def boot(self, now: float) -> None:
        durable = self.disk.durable()
        if self.honest:
            self.checks.on_restart(durable.epoch, self.spoken_in)
        self.state, effects = pure.start(self.engine, durable, now)
        self._perform(effects, now)

    def feed(self, happened: Input[View], now: float) -> None:
        """One input and all that follows from it within the node. Raises Crash."""
        self._step(Tick(now), now)
        if not isinstance(happened, Tick):
            self._step(happened, now)
        if self.honest and self.state is not None:
            self.checks.on_wishes(self.state.wishes)

    def _step(self, happened: Input[View], now: float) -> None:
        if self.state is not None:
            self.state, effects = pure.step(self.engine, self.state, happened)
            self._perform(effects, now)

    def see(self, view: View, now: float) -> None:
        if self.honest:
            self.checks.on_view(view)
        self.feed(FreshView(view), now)

    def wake_at(self) -> float:
        return pure.wake_at(self.engine, self.state) if self.state else float("inf")

    # --- Effects ---

    def _perform(self, effects: list[Effect], now: float) -> None:
        for effect in effects:
            match effect:
                case RecordEpoch(epoch):
                    self.disk.record_epoch(epoch)
                case Sign():
                    self._sign(effect, now)
                case Broadcast(message):
                    for to in range(self.engine.config.n):
                        self._deliver(to, message, now)
                case SendTo(to, message):
                    self._deliver(to, message, now)
                case Attested(attested) if self.honest:
                    self.checks.on_attested(attested, now)
                case Transmit(attested):
                    self.submit(attested)
                case Misbehaviour(proof) if self.honest:
                    self.checks.on_proof(proof)

    def _sign(self, wanted: Sign, now: float) -> None:
        if not self.signs_before_recording:
            self.disk.record_signing(wanted.slot, hash_in_use(wanted.report))
        signature = self.key.sign(wanted.digest)
        if self.honest:
            self.checks.on_sign(self.me, wanted.slot, wanted.report)
        self._step(OwnSignature(wanted.slot, signature), now)
        if self.signs_before_recording:
            self.disk.record_signing(wanted.slot, hash_in_use(wanted.report))

    def _deliver(self, to: int, message: Message, now: float) -> None:
        if to == self.me:
            self._step(Received(self.seal(message)), now)
            return
        if message.kind is Kind.WISH:
            self.checks.wished[self.me] = max(self.checks.wished.get(self.me, 0), message.slot.epoch)
        else:
            self.spoken_in = max(self.spoken_in, message.slot.epoch)
            self.checks.rounds.add(message.slot)
        self.say(to, message)

    def say(self, to: int, message: Message) -> None:
        self.post(self.me, to, self.seal(message))

    def seal(self, message: Message) -> bytes:
        return seal(self.engine.config, self.me, message, self.key.sign)
