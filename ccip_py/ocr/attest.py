"""What a report's signatures must be, here and in the contract: 2f+1 members over identical bytes, each once.

The digest is `protocol.digests.report_digest`; its context names the config digest, the epoch and the round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import coincurve

from ..protocol.digests import report_context, report_digest
from ..protocol.ids import Address
from ..protocol.keccak import keccak
from .config import Config
from .messages import SIGNATURE_BYTES, Recover, Slot

_HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


@dataclass(frozen=True, slots=True)
class ReportSignature:
    signer: int  # index in the configuration
    signature: bytes  # r ‖ s ‖ v, v being 27 or 28


@dataclass(frozen=True, slots=True)
class AttestedReport:
    """A report with exactly 2f+1 signatures of distinct members, in the order of their indices."""

    slot: Slot
    report: bytes
    signatures: tuple[ReportSignature, ...]


def digest_of(config: Config, slot: Slot, report: bytes) -> bytes:
    """The 32 bytes a member signs to attest to a report."""
    return report_digest(report, report_context(config.digest, slot.epoch, slot.round))


def recover(digest: bytes, signature: bytes) -> Address | None:
    """Who signed. As strict as the contract: 65 bytes, v 27 or 28, low s."""
    if len(signature) != SIGNATURE_BYTES or signature[64] not in (27, 28):
        return None
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        return None
    recoverable = signature[:64] + bytes((signature[64] - 27,))
    try:
        key = coincurve.PublicKey.from_signature_and_message(recoverable, digest, hasher=None)
    except ValueError:  # not a point of the curve
        return None
    return Address(keccak(key.format(compressed=False)[1:])[12:])


def attest(
    config: Config, slot: Slot, report: bytes, votes: Iterable[ReportSignature]
) -> AttestedReport | None:
    """The attested report, once votes of 2f+1 distinct members are there. Each must have been checked before."""
    by_signer = {vote.signer: vote for vote in votes}
    if len(by_signer) < config.quorum:
        return None
    chosen = sorted(by_signer)[: config.quorum]
    return AttestedReport(slot, report, tuple(by_signer[signer] for signer in chosen))


def is_attested(config: Config, attested: AttestedReport, check: Recover = recover) -> bool:
    """Would the contract accept these signatures? For whoever did not count them itself."""
    signers = {one.signer for one in attested.signatures}
    if len(signers) != config.quorum or len(attested.signatures) != config.quorum:
        return False
    digest = digest_of(config, attested.slot, attested.report)
    return all(
        0 <= one.signer < config.n and check(digest, one.signature) == config.signers[one.signer]
        for one in attested.signatures
    )


def for_contract(attested: AttestedReport) -> tuple[tuple[bytes, ...], tuple[bytes, ...], bytes]:
    """(rs, ss, rawVs) as `transmit` takes them: byte i of rawVs is v - 27 of signature i."""
    signatures = [one.signature for one in attested.signatures]
    return (
        tuple(signature[:32] for signature in signatures),
        tuple(signature[32:64] for signature in signatures),
        bytes(signature[64] - 27 for signature in signatures).ljust(32, b"\0"),
    )
