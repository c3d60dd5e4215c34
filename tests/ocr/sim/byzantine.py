"""Faulty members. Each runs an honest node inside and bends what it says; all of them know everything a member knows."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from ccip_py.commit.observe import encode_observation, observe
from ccip_py.commit.view import GasParts
from ccip_py.ocr.attest import digest_of
from ccip_py.ocr.messages import (
    SIGNATURE_BYTES,
    Kind,
    Message,
    Signed,
    SignedObservation,
    Slot,
    Vote,
    decode_proposal,
    decode_vote,
    encode_proposal,
    encode_vote,
    message_digest,
    parse,
)
from ccip_py.ocr.state import Input, Received
from ccip_py.protocol.ids import SeqNr

from .chains import COMMIT, Chains
from .keys import hash_in_use
from .node import Node

Later = Callable[[float, Callable[[], None]], None]


class Fault(StrEnum):
    SILENT = "silent"
    SLOW = "slow"
    LYING = "lying"
    GARBAGE = "garbage"
    EQUIVOCATING = "equivocating"
    REPLAYING = "replaying"


class Byzantine(Node):
    """`later(delay, action)` schedules; `rng` is the history's; `stale` are messages of an earlier configuration."""

    def bend(
        self, fault: Fault, rng: random.Random, later: Later, chains: Chains, stale: list[bytes]
    ) -> None:
        self.fault, self.rng, self.later, self.chains = fault, rng, later, chains
        self.honest = False
        self.patient = rng.random() < 0.5
        self.spare: Message | None = None
        self.stale, self.heard, self.cosigned = stale, list[bytes](), set[tuple[Slot, bytes]]()

    # --- What it says ---

    def say(self, to: int, message: Message) -> None:
        match self.fault:
            case Fault.SILENT:
                return
            case Fault.SLOW:
                delay = self.rng.uniform(0.3, 6.0)
                self.later(delay, lambda: self.post(self.me, to, self.seal(message)))
            case Fault.LYING if message.kind is Kind.OBSERVATION:
                super().say(to, Message(message.kind, message.slot, self.lie()))
            case Fault.GARBAGE:
                self.post(self.me, to, self.spoil(message))
            case Fault.EQUIVOCATING if message.kind is Kind.PROPOSAL:
                self.say_both(to, message)
            case _:
                super().say(to, message)

    def lie(self) -> bytes:
        """Well-formed, and as wrong as it gets."""
        view = self.chains.view(0, 0, 0, False)
        first = self.rng.choice([1, self.chains.store.expected_next, 10**6, self.rng.randint(1, 200)])
        price = self.rng.choice([1, 10**30])
        honest = observe(COMMIT, view)
        return encode_observation(
            type(honest)(
                expected_next=SeqNr(first),
                last=SeqNr(first + self.rng.randint(-1, 255)),
                destination_time=self.rng.choice([0, 2**63]),
                token_prices=tuple(self.rng.choice([None, price]) for _ in honest.token_prices),
                stored_token_prices=honest.stored_token_prices,
                gas_price=GasParts(price, price),
                stored_gas_price=honest.stored_gas_price,
            )
        )

    def spoil(self, message: Message) -> bytes:
        raw = bytearray(self.seal(message))
        match self.rng.randrange(4):
            case 0:
                return self.rng.randbytes(self.rng.choice([0, 1, 72, 73, 200, 20_000]))
            case 1:
                raw[self.rng.randrange(len(raw))] ^= 1 << self.rng.randrange(8)
                return bytes(raw)
            case 2:
                return self.seal(Message(message.kind, message.slot, message.payload + b"\0"))
            case _:
                return self.seal(Message(self.rng.choice(list(Kind)), message.slot, self.rng.randbytes(99)))

    def say_both(self, to: int, message: Message) -> None:
        """One proposal to some, another to others, and soon after the other way round. Or, if it is patient, the
        same to all, and the other only to whoever forgot the first (see `greet`)."""
        other = self.other_proposal(message)
        if self.patient:
            self.spare = other
            super().say(to, message)
            return
        pair = [message, other] if to % 2 else [other, message]
        for one, delay in zip([*pair, *pair], (0.0, 0.05, 0.4, 2.0), strict=True):
            self.later(delay, lambda one=one: Node.say(self, to, one))

    def other_proposal(self, message: Message) -> Message:
        """The same observations, but its own says something else: no prices, and nothing to commit."""
        kept = [one for one in decode_proposal(message.payload) or () if one.observer != self.me]
        lie = encode_observation(observe(COMMIT, replace(self.chains.view(0, 0, 0, False), halted=True)))
        digest = message_digest(self.engine.config, self.me, Kind.OBSERVATION, message.slot, hash_in_use(lie))
        mine = SignedObservation(self.me, lie, self.key.sign(digest))
        kept = self.rng.sample(kept, min(len(kept), self.engine.config.quorum - 1))
        return Message(Kind.PROPOSAL, message.slot, encode_proposal((*kept, mine)))

    def greet(self, to: int) -> None:
        """A peer came back: perhaps it does not remember what it signed."""
        if self.fault is Fault.EQUIVOCATING and self.spare is not None and to != self.me:
            for delay in (0.01, 0.3):
                self.later(delay, lambda spare=self.spare: Node.say(self, to, spare))

    # --- What it hears ---

    def feed(self, happened: Input[object], now: float) -> None:  # type: ignore[override]
        super().feed(happened, now)  # type: ignore[arg-type]
        if not isinstance(happened, Received) or self.fault is Fault.SILENT:
            return
        signed = parse(self.engine.config, happened.raw, 10**6)
        if signed is not None and signed.message.kind is Kind.SIGNATURE:
            self.cosign(signed)
        if self.fault is Fault.REPLAYING:
            self.heard.append(happened.raw)
            for _ in range(2):
                if self.rng.random() < 0.3:
                    raw = self.rng.choice(self.rng.choice([self.heard[-200:], self.stale]))
                    self.post(self.me, self.rng.randrange(self.engine.config.n), raw)

    def cosign(self, signed: Signed) -> None:
        """Sign whatever anybody signed, true or not, and say so more than once."""
        vote = decode_vote(signed.message.payload)
        seen = (signed.message.slot, signed.message.payload[SIGNATURE_BYTES:])
        if vote is None or seen in self.cosigned:
            return
        self.cosigned.add(seen)
        signature = self.key.sign(digest_of(self.engine.config, signed.message.slot, vote.report))
        mine = Vote(signature, vote.proposal_hash, vote.proposal_signature, vote.report)
        for to in [to for to in range(self.engine.config.n) if to != self.me] * 2:
            Node.say(self, to, Message(Kind.SIGNATURE, signed.message.slot, encode_vote(mine)))
