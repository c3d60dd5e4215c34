"""What nodes say to each other, as bytes that have exactly one encoding.

Every message has a header (kind, sender, epoch, round) and a payload, and is signed over
    keccak(domain ‖ session ‖ kind ‖ sender ‖ epoch ‖ round ‖ keccak(payload)).
The session binds the config digest, the signers and the subject, so a message means nothing in another lane or under
another configuration. The domain keeps these signatures from being report signatures, transactions or typed data:
its first byte 0x19 starts no transaction, and a report's preimage has another length. That only the payload's
hash is signed makes two signed headers, without the payloads, a complete proof of equivocation.

Layout: version (1) ‖ kind (1) ‖ sender (1) ‖ epoch (4) ‖ round (1) ‖ signature (65) ‖ payload. Big-endian.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ..protocol.ids import Address
from ..protocol.keccak import keccak
from .config import MAX_EPOCH, Config

VERSION: Final = 1
SIGNATURE_BYTES: Final = 65
HEADER_BYTES: Final = 8 + SIGNATURE_BYTES
_OBSERVATION_HEADER: Final = 1 + SIGNATURE_BYTES + 2
_VOTE_HEADER: Final = SIGNATURE_BYTES + 32 + SIGNATURE_BYTES

_DOMAIN: Final = b"\x19ccip_py ocr message 1\n"

Recover = Callable[[bytes, bytes], Address | None]
"""(digest, r ‖ s ‖ v) → who signed, or None. `attest.recover` is the real one."""

SignDigest = Callable[[bytes], bytes]


class Kind(IntEnum):
    WISH = 1  # "let us be in this epoch"; round 0, no payload
    QUERY = 2  # leader: "what do you see?"; no payload
    OBSERVATION = 3  # what the subject's `observe` said
    PROPOSAL = 4  # leader: signed observations of at least 2f+1 members
    SIGNATURE = 5  # a member's signature over a report, with the report


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One round of one epoch: the unit in which a node signs at most one report."""

    epoch: int  # uint32, from 1
    round: int  # uint8, from 1

    @property
    def packed(self) -> int:
        """As the contracts compare it."""
        return self.epoch << 8 | self.round


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be signed and said. The shell seals it with the node's key."""

    kind: Kind
    slot: Slot
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class Signed:
    """A message whose signature was checked: `sender` said it."""

    sender: int
    message: Message
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedObservation:
    """A member's observation as a leader passes it on."""

    observer: int
    observation: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Vote:
    """A member's signature over a report, and the proposal it follows: evidence against a leader that made two."""

    signature: bytes  # over the report digest
    proposal_hash: bytes  # keccak of the proposal's payload
    proposal_signature: bytes  # the leader's
    report: bytes


def message_digest(config: Config, sender: int, kind: Kind, slot: Slot, payload_hash: bytes) -> bytes:
    """The 32 bytes a node signs to say something to its peers."""
    header = bytes((kind, sender)) + slot.epoch.to_bytes(4, "big") + bytes((slot.round,))
    return keccak(_DOMAIN + config.session + header + payload_hash)


def seal(config: Config, sender: int, message: Message, sign: SignDigest) -> bytes:
    """The message as it travels."""
    digest = message_digest(config, sender, message.kind, message.slot, keccak(message.payload))
    return encode(Signed(sender, message, sign(digest)))


def encode(signed: Signed) -> bytes:
    slot = signed.message.slot
    header = bytes((VERSION, signed.message.kind, signed.sender)) + slot.epoch.to_bytes(4, "big")
    return header + bytes((slot.round,)) + signed.signature + signed.message.payload


def signed_by(config: Config, signed: Signed, recover: Recover) -> bool:
    """Did the member named as sender sign this, in this session?"""
    message = signed.message
    digest = message_digest(config, signed.sender, message.kind, message.slot, keccak(message.payload))
    return recover(digest, signed.signature) == config.signers[signed.sender]


def parse(config: Config, raw: bytes, max_bytes: int) -> Signed | None:
    """Take a message apart without believing it. None for anything `encode` could not have made."""
    if not HEADER_BYTES <= len(raw) <= max_bytes or raw[0] != VERSION or raw[2] >= config.n:
        return None
    if raw[1] not in _SHAPES:
        return None
    kind, slot = Kind(raw[1]), Slot(int.from_bytes(raw[3:7], "big"), raw[7])
    payload = raw[HEADER_BYTES:]
    has_round, has_payload = _SHAPES[kind]
    if bool(slot.round) != has_round or bool(payload) != has_payload or not 1 <= slot.epoch <= MAX_EPOCH:
        return None
    return Signed(raw[2], Message(kind, slot, payload), raw[8:HEADER_BYTES])


_SHAPES: Final = {  # kind → has a round, has a payload
    Kind.WISH: (False, False),
    Kind.QUERY: (True, False),
    Kind.OBSERVATION: (True, True),
    Kind.PROPOSAL: (True, True),
    Kind.SIGNATURE: (True, True),
}


def max_message(config: Config, max_observation: int, max_report: int) -> int:
    """No honest message is longer than this many bytes."""
    proposal = config.n * (_OBSERVATION_HEADER + max_observation)
    return HEADER_BYTES + max(proposal, _VOTE_HEADER + max_report)


# --- Payloads ---


def encode_proposal(observations: tuple[SignedObservation, ...]) -> bytes:
    """Each: observer (1) ‖ signature (65) ‖ length (2) ‖ observation; observers ascending."""
    return b"".join(
        bytes((one.observer,)) + one.signature + len(one.observation).to_bytes(2, "big") + one.observation
        for one in sorted(observations, key=lambda one: one.observer)
    )


def decode_proposal(payload: bytes) -> tuple[SignedObservation, ...] | None:
    """None unless it is exactly what `encode_proposal` makes: no bytes left over, each observer once."""
    found: list[SignedObservation] = []
    at = 0
    while at < len(payload):
        body = at + _OBSERVATION_HEADER
        end = body + int.from_bytes(payload[body - 2 : body], "big")
        if end > len(payload) or (found and payload[at] <= found[-1].observer):
            return None
        found.append(SignedObservation(payload[at], payload[body:end], payload[at + 1 : body - 2]))
        at = end
    return tuple(found)


def encode_vote(vote: Vote) -> bytes:
    return vote.signature + vote.proposal_hash + vote.proposal_signature + vote.report


def decode_vote(payload: bytes) -> Vote | None:
    """None if there is no report in it."""
    if len(payload) <= _VOTE_HEADER:
        return None
    after = SIGNATURE_BYTES + 32
    return Vote(
        payload[:SIGNATURE_BYTES],
        payload[SIGNATURE_BYTES:after],
        payload[after:_VOTE_HEADER],
        payload[_VOTE_HEADER:],
    )
