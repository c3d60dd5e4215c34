"""Verify a delivery certificate: offline against pinned signer sets, or against chains. Pure, but for `against_chains`.

Each check has a name and says what it found, so that a refusal can be argued about; all are made, also after one
failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import coincurve

from ccip_py.errors import CcipError
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.digests import bless_digest, report_digest, rmn_domain
from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.merkle import verify_proof
from ccip_py.protocol.message import ExecutionState
from ccip_py.sdk.book import Book
from ccip_py.sdk.certificate import Certificate, Pins
from ccip_py.sdk.evm import Function, as_address, read
from ccip_py.sdk.flow import Flow
from ccip_py.sdk.lanes import GET_ON_RAMP, IS_OFF_RAMP

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
COMMITTED = Function("getMerkleRoot", ("bytes32",), ("uint256",))
EXECUTED = Function("getExecutionState", ("uint64",), ("uint8",))


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold."""

    name: str
    holds: bool
    found: str


def verify(certificate: Certificate, pins: Pins) -> tuple[Check, ...]:
    """Every check against the pinned signer sets. The certificate is good if all hold."""
    return tuple(_checks(certificate, pins))


def _checks(certificate: Certificate, pins: Pins) -> Iterator[Check]:
    lane, message = certificate.lane, certificate.message
    yield Check("the lane is the pinned one", lane == pins.lane, f"on-ramp {codec.checksum(lane.on_ramp)}")
    yield from _inclusion(certificate, pins)
    report = _report(certificate)
    agrees = report is not None and report == (certificate.root, certificate.interval)
    inside = message.sequence_number in certificate.interval
    found = f"root 0x{certificate.root.hex()[:16]}… over {certificate.interval.first} to {certificate.interval.last}"
    yield Check("the signed report holds this root, and its interval the message", agrees and inside, found)
    context = certificate.commit.context
    yield Check(
        "the report was signed under the pinned committers",
        context[0] == pins.config_digest,
        f"digest 0x{context[0].hex()[:16]}…",
    )
    digest = report_digest(certificate.commit.report, context)
    yield _quorum("committers signed", digest, certificate.commit.signatures, pins.committers, pins.quorum)
    yield Check(
        "the blessing was signed under the pinned monitors",
        certificate.blessing.config_version == pins.rmn_config_version,
        f"version {certificate.blessing.config_version}",
    )
    domain = rmn_domain(pins.destination_chain_id, pins.rmn)
    blessed = bless_digest(domain, certificate.statement, certificate.blessing.config_version)
    long = [_long_form(r, vs) for r, vs in certificate.blessing.signatures]
    yield _quorum("monitors blessed", blessed, long, pins.bless_keys, pins.bless_threshold)


def _inclusion(certificate: Certificate, pins: Pins) -> Iterator[Check]:
    """With the pinned lane's hash, so that a certificate cannot bring its own on-ramp."""
    message = certificate.message
    hashed = leaf(message, metadata_hash(pins.lane.source, pins.lane.destination, pins.lane.on_ramp))
    found = f"id 0x{hashed.hex()}"
    yield Check("the message's id is the hash of the message", hashed == message.message_id, found)
    try:
        root = verify_proof([hashed], certificate.proof)
    except CcipError as broken:
        yield Check("the proof leads from the message to the root", False, str(broken))
    else:
        found = f"{len(certificate.proof.hashes)} hashes"
        yield Check("the proof leads from the message to the root", root == certificate.root, found)


def _report(certificate: Certificate) -> tuple[object, object] | None:
    try:
        report = codec.decode_commit_report(certificate.commit.report)
    except CcipError:
        return None
    return report.root, report.interval


def _quorum(
    name: str, digest: bytes, signatures: Iterable[bytes], allowed: Sequence[Address], need: int
) -> Check:
    who = {signer for signature in signatures if (signer := recover(digest, signature)) in allowed}
    return Check(f"enough {name}", 0 < need <= len(who), f"{len(who)} of {len(allowed)}, {need} are needed")


def recover(digest: bytes, signature: bytes) -> Address | None:
    """Who signed; None for what is malformed or malleable, as on chain."""
    if len(signature) != 65 or int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        return None
    v = signature[64] - 27 if signature[64] >= 27 else signature[64]
    try:
        key = coincurve.PublicKey.from_signature_and_message(signature[:64] + bytes([v]), digest, hasher=None)
    except ValueError:
        return None
    return Address(keccak(key.format(compressed=False)[1:])[12:])


def _long_form(r: bytes, vs: bytes) -> bytes:
    value = int.from_bytes(vs, "big")
    return r + (value & (2**255 - 1)).to_bytes(32, "big") + bytes([value >> 255])


def _since(timestamp: int) -> str:
    return f"since {datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC" if timestamp else "never"


def against_chains(book: Book, certificate: Certificate) -> Flow[tuple[Check, ...]]:
    """What the chains say now of the same facts: the Routers' lane, the root, and the outcome."""
    lane = certificate.lane
    (on_ramp,) = yield from read(lane.source, book.router(lane.source), GET_ON_RAMP, lane.destination)
    router = book.router(lane.destination)
    (known,) = yield from read(lane.destination, router, IS_OFF_RAMP, lane.source, lane.off_ramp)
    (committed,) = yield from read(lane.destination, lane.commit_store, COMMITTED, certificate.root)
    (state,) = yield from read(lane.destination, lane.off_ramp, EXECUTED, certificate.message.sequence_number)
    outcome = ExecutionState(state).name
    return (
        Check(
            "the source's Router sends through this on-ramp",
            as_address(on_ramp) == lane.on_ramp,
            codec.checksum(as_address(on_ramp)),
        ),
        Check(
            "the destination's Router takes from this off-ramp", bool(known), codec.checksum(lane.off_ramp)
        ),
        Check("the root is committed", committed > 0, _since(committed)),
        Check("the message was executed with success", state == ExecutionState.SUCCESS, outcome),
    )
