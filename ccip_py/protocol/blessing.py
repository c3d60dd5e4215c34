"""What risk monitors say, and about what. The RMN contract's own documentation is the truth of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .ids import Address, ChainSelector, Root, SeqNr

# Bytes16 that no selector can produce: selectors fill only the low eight bytes.
GLOBAL_CURSE: Final = bytes.fromhex("01000000000000000000000000000001")


@dataclass(frozen=True, slots=True)
class Blessing:
    """ "This root is over exactly these finalized messages of this lane", bound to one epoch of the source.

    Lifting a curse moves the epoch, which voids every blessing not yet used.
    """

    commit_store: Address
    source_chain_selector: ChainSelector
    on_ramp: Address
    first: SeqNr
    last: SeqNr
    root: Root
    epoch: int  # uint64: sum of the global epoch and the source's


@dataclass(frozen=True, slots=True)
class CurseVote:
    """ "Stop everything between here and `subject`." Good until `valid_until`, chain time in seconds."""

    subject: bytes  # 16 bytes: `curse_subject(selector)` or GLOBAL_CURSE
    nonce: int  # uint64
    valid_until: int  # uint64
    evidence: bytes  # 32 bytes: hash of what the monitor saw


def curse_subject(selector: ChainSelector) -> bytes:
    """bytes16(uint128(selector))."""
    return selector.to_bytes(16, "big")
