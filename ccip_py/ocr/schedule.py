"""Who transmits an attested report, and when: one node first, the others only if it does not land.

Everybody computes the same order from the report's place alone, so no message is needed and no leader is trusted with it.
The order changes from round to round, so cost and blame are shared.
"""

from __future__ import annotations

from typing import Final

from ..protocol.keccak import keccak
from .config import Config
from .messages import Slot

_DOMAIN: Final = b"\x19ccip_py ocr transmission 1\n"


def order(config: Config, slot: Slot) -> tuple[int, ...]:
    """Member indices, first transmitter first. Among the first f+1 is an honest one."""
    seed = _DOMAIN + config.digest + slot.packed.to_bytes(5, "big")
    return tuple(sorted(range(config.n), key=lambda index: keccak(seed + bytes((index,)))))


def delay(config: Config, slot: Slot, member: int) -> float:
    """Seconds after attestation until it is this member's turn."""
    return config.timing.stage * order(config, slot).index(member)
