"""Proof, that convinces anybody who knows the configuration, that a member broke the protocol.

Two things an honest node never does, whatever crashes: make two proposals for one round, sign two reports for one round.
(Answering a query twice is not among them: a node that restarts may.) Proofs are kept for people; the engine itself
only concludes that a leader who made two proposals has to go.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .attest import digest_of
from .config import Config
from .messages import Kind, Recover, Slot, message_digest


class Fault(StrEnum):
    TWO_PROPOSALS = "two proposals in one round"
    TWO_REPORTS = "two reports signed in one round"


@dataclass(frozen=True, slots=True)
class Statement:
    """What was signed: the hash of a proposal's payload, or a whole report."""

    content: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    fault: Fault
    culprit: int
    slot: Slot
    first: Statement
    second: Statement


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """Effect: keep this proof and tell people."""

    proof: Proof


def is_proof(config: Config, proof: Proof, recover: Recover) -> bool:
    """Did the culprit really sign both of two different statements?"""
    if proof.first.content == proof.second.content or not 0 <= proof.culprit < config.n:
        return False
    signer = config.signers[proof.culprit]
    return all(
        recover(_digest(config, proof, statement), statement.signature) == signer
        for statement in (proof.first, proof.second)
    )


def _digest(config: Config, proof: Proof, statement: Statement) -> bytes:
    if proof.fault is Fault.TWO_PROPOSALS:
        return message_digest(config, proof.culprit, Kind.PROPOSAL, proof.slot, statement.content)
    return digest_of(config, proof.slot, statement.content)
