"""What travels between two nodes, and when a node accepts it.

Promise: a payload is handed to the node only if the named member of the committee signed it for this
node, in this node's current session, with a counter higher than any before. So nothing forged, misdirected
or replayed gets in, not even across a restart: a session is drawn afresh each time a node starts.
What the payload says is for `ocr` to judge; confidentiality is not promised (what nodes say is public).

An envelope holds all that waits for a recipient: under load messages do not queue up behind each other's journeys.
Layout: sender (20) ‖ counter (8, big-endian) ‖ signature (65: r ‖ s ‖ v) ‖ payloads, each with its length (4) before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import coincurve

from ccip_py.protocol.keccak import keccak

MAX_PAYLOAD = 512 * 1024
"""Bytes. The largest message of the agreement protocol is far below; anything longer is an attack."""

MAX_TOGETHER = 256
"""Payloads in one envelope."""

LENGTH_BYTES = 4
MAX_CONTENT = MAX_PAYLOAD + LENGTH_BYTES
"""Bytes. Any payload fits, though perhaps alone."""

SESSION_BYTES = 16
HEADER_BYTES = 20 + 8 + 65
_DOMAIN = b"ccip_py node envelope 2"
_HELLO_DOMAIN = b"ccip_py node session 1"


class NodeSigner(Protocol):
    """The node's key, seen from here: it signs digests and never leaves its owner."""

    @property
    def address(self) -> bytes: ...

    def sign_digest(self, digest: bytes) -> bytes:
        """r ‖ s ‖ v over a 32-byte digest, v being 27 or 28."""
        ...


class Refusal(StrEnum):
    """Why an envelope was not accepted. Counted per reason; never answered in more detail."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    NOT_A_MEMBER = "not_a_member"
    BAD_SIGNATURE = "bad_signature"
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One accepted payload and the member who signed for it."""

    sender: bytes
    payload: bytes


def recover(digest: bytes, signature: bytes) -> bytes | None:
    """The address that signed, or None for anything that is not a signature."""
    if len(signature) != 65:
        return None
    recovery = signature[64] - 27 if signature[64] >= 27 else signature[64]
    try:
        key = coincurve.PublicKey.from_signature_and_message(
            signature[:64] + bytes([recovery]), digest, hasher=None
        )
    except ValueError:
        return None
    return keccak(key.format(compressed=False)[1:])[12:]


def envelope_digest(sender: bytes, to: bytes, session: bytes, counter: int, content: bytes) -> bytes:
    return keccak(_DOMAIN + sender + to + session + counter.to_bytes(8, "big") + keccak(content))


def seal(signer: NodeSigner, to: bytes, session: bytes, counter: int, payloads: Sequence[bytes]) -> bytes:
    """Sign `payloads` for one recipient in the session that recipient announced."""
    content = b"".join(len(each).to_bytes(LENGTH_BYTES, "big") + each for each in payloads)
    signature = signer.sign_digest(envelope_digest(signer.address, to, session, counter, content))
    return signer.address + counter.to_bytes(8, "big") + signature + content


def fitting(waiting: Iterable[bytes]) -> list[bytes]:
    """The first of them, as many as go into one envelope."""
    taken: list[bytes] = []
    room = MAX_CONTENT
    for payload in waiting:
        room -= LENGTH_BYTES + len(payload)
        if room < 0 or len(taken) == MAX_TOGETHER:
            break
        taken.append(payload)
    return taken


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope taken apart, not yet believed."""

    sender: bytes
    counter: int
    signature: bytes
    content: bytes

    def payloads(self) -> list[bytes] | None:
        """What is in it; None unless it is exactly what `seal` puts there."""
        found: list[bytes] = []
        at = 0
        while at < len(self.content) and len(found) < MAX_TOGETHER:
            start = at + LENGTH_BYTES
            at = start + int.from_bytes(self.content[at:start], "big")
            found.append(self.content[start:at])
        return found if found and at == len(self.content) else None


def open_envelope(raw: bytes) -> Envelope | None:
    """Take the fixed header off, or None if there is not even a header."""
    if len(raw) < HEADER_BYTES:
        return None
    return Envelope(raw[:20], int.from_bytes(raw[20:28], "big"), raw[28:93], raw[93:])


def hello_digest(node: bytes, session: bytes, last_counter: int, nonce: bytes) -> bytes:
    return keccak(_HELLO_DOMAIN + node + session + last_counter.to_bytes(8, "big") + keccak(nonce))
