"""A committee on a perfect network, one message after the other, for tests of single rules.

Real histories, with faults, are the simulator's. Here a test holds any member's key and says what it likes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ccip_py.ocr import engine as pure
from ccip_py.ocr.config import Config, Timing
from ccip_py.ocr.messages import Kind, Message, SignedObservation, Slot, message_digest, seal
from ccip_py.ocr.plugin import Plugin
from ccip_py.ocr.state import (
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
)
from ccip_py.protocol.keccak import keccak

from .sim.keys import Key, toy_keys, toy_recover
from .tiny import Median, Reading

TIMING = Timing(
    round=1.0, pace=0.5, rest=1.0, grace=0.1, progress=3.0, tenure=60, resend=1.0, stage=1.0, in_flight=5.0
)


def a_config(n: int = 4, digest: bytes = b"\x00\x01" + b"d" * 30, **changes: object) -> Config:
    signers = tuple(key.address for key in toy_keys(n))
    return Config(digest=digest, signers=signers, f=(n - 1) // 3, **{"timing": TIMING, **changes})


class Board:
    """`hears(sender, to, kind)` says which messages arrive. Members in `off` do nothing at all."""

    def __init__(self, config: Config | None = None, plugin: Plugin | None = None) -> None:
        self.config = config or a_config()
        self.keys: list[Key] = toy_keys(self.config.n)
        self.engines = [Engine(self.config, plugin or Median(), i, toy_recover) for i in range(self.config.n)]
        self.off: set[int] = set()
        self.hears: Callable[[int, int, Kind], bool] = lambda sender, to, kind: True
        self.now = 0.0
        self.effects: list[list[Effect]] = [[] for _ in self.engines]
        self.disks = [Durable() for _ in self.engines]
        self.inputs: deque[tuple[int, Input]] = deque()
        self.states: list[State] = []
        self.signs = True

    def start(self, *views: Reading | None) -> Board:
        for i, engine in enumerate(self.engines):
            state, effects = pure.start(engine, self.disks[i], self.now)
            self.states.append(state)
            self._perform(i, effects)
        for i, view in enumerate(views):
            self.inputs.append((i, FreshView(view)))
        return self.settle()

    def restart(self, i: int) -> None:
        self.states[i], effects = pure.start(self.engines[i], self.disks[i], self.now)
        self._perform(i, effects)
        self.settle()

    # --- Time and messages ---

    def settle(self) -> Board:
        while self.inputs:
            to, happened = self.inputs.popleft()
            if to not in self.off:
                self._step(to, Tick(self.now))
                self._step(to, happened)
        return self

    def see(self, i: int, view: Reading | None) -> Board:
        self.inputs.append((i, FreshView(view)))
        return self.settle()

    def wait(self, seconds: float, step: float = 0.05) -> Board:
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now += step
            self.inputs.extend((i, Tick(self.now)) for i in range(self.config.n))
            self.settle()
        return self

    def tell(self, to: int, sender: int, message: Message, config: Config | None = None) -> Board:
        """Say something in a member's name, with its key."""
        return self.hand(to, seal(config or self.config, sender, message, self.keys[sender].sign))

    def hand(self, to: int, raw: bytes) -> Board:
        self.inputs.append((to, Received(raw)))
        return self.settle()

    def observation(self, observer: int, slot: Slot, value: int) -> SignedObservation:
        text = value.to_bytes(8, "big")
        digest = message_digest(self.config, observer, Kind.OBSERVATION, slot, keccak(text))
        return SignedObservation(observer, text, self.keys[observer].sign(digest))

    # --- What came of it ---

    def of(self, kind: type, i: int | None = None) -> list:
        lists = self.effects if i is None else [self.effects[i]]
        return [effect for effects in lists for effect in effects if isinstance(effect, kind)]

    @property
    def leader(self) -> int:
        return self.config.leader(max((state.epoch for state in self.states), default=1))

    def follower(self, place: int = 0) -> int:
        return [i for i in range(self.config.n) if i != self.leader][place]

    def _step(self, i: int, happened: Input) -> None:
        self.states[i], effects = pure.step(self.engines[i], self.states[i], happened)
        self._perform(i, effects)

    def _perform(self, i: int, effects: list[Effect]) -> None:
        for effect in effects:
            self.effects[i].append(effect)
            match effect:
                case Broadcast(message):
                    for to in range(self.config.n):
                        self._post(i, to, message)
                case SendTo(to, message):
                    self._post(i, to, message)
                case Sign(slot, report, digest):
                    self.disks[i] = Durable(self.disks[i].epoch, slot, keccak(report))
                    if self.signs:
                        self.inputs.append((i, OwnSignature(slot, self.keys[i].sign(digest))))
                case RecordEpoch(epoch):
                    self.disks[i] = Durable(epoch, self.disks[i].signed, self.disks[i].signed_hash)

    def _post(self, sender: int, to: int, message: Message) -> None:
        if to == sender or (sender not in self.off and self.hears(sender, to, message.kind)):
            raw = seal(self.config, sender, message, self.keys[sender].sign)
            self.inputs.append((to, Received(raw)))
