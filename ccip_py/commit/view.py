"""What one node saw, at one pinned block per chain. Everything this package decides follows from it.

The source is read at a finalized block, so two honest nodes differ only in how far they see. The destination is read
at its latest block, so that a lost commit is noticed at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ..protocol.ids import Address, SeqNr
from ..protocol.prices import pack_gas_price

MAX_TOKEN_PRICE: Final = 2**224 - 1
MAX_GAS_PART: Final = 2**112 - 1


@dataclass(frozen=True, slots=True)
class GasParts:
    """USD·1e18 per unit of gas on the source chain."""

    execution: int
    data_availability: int = 0

    @property
    def packed(self) -> int:
        """As contracts hold it."""
        return pack_gas_price(self.execution, self.data_availability)


@dataclass(frozen=True, slots=True, order=True)
class StoredPrice:
    """A price the destination holds. A price never written is (0, 0)."""

    updated_at: int  # seconds of the destination's block time
    value: int  # of a token; or packed, of gas


NEVER: Final = StoredPrice(0, 0)


@dataclass(frozen=True, slots=True)
class View:
    source_block: int  # finalized; everything about messages is as of here
    destination_block: int
    destination_time: int  # its timestamp, seconds
    expected_next: SeqNr  # what the CommitStore takes next
    leaves: tuple[
        bytes, ...
    ]  # of messages expected_next, expected_next + 1, … without a gap; at most 256 matter
    halted: bool  # the CommitStore is paused, or the lane cursed at either end
    latest_price_slot: int = 0  # epoch << 8 | round of the last price update
    token_prices: Mapping[Address, int] = field(
        default_factory=dict
    )  # USD·1e18 per 1e18 units; absent: unknown
    gas_price: GasParts | None = None  # None: unknown
    stored_token_prices: Mapping[Address, StoredPrice] = field(default_factory=dict)
    stored_gas_price: StoredPrice = NEVER
