"""Units of prices. Integers only; every price has 18 decimals of USD.

A token's price is for 1e18 of its *smallest* units, whatever its decimals: 1 USDC (6 decimals) at one dollar
is 1e30. So `amount × price / 1e18` is USD·1e18 for every token alike, and nobody on chain needs to know
decimals. A gas price is for one unit of gas and packs two: the upper 112 bits pay for data availability, the
lower 112 for execution.
"""

from __future__ import annotations

from typing import Final

from ..errors import CannotEncode

ONE: Final = 10**18
_GAS_PART_BITS: Final = 112


def usd_per_token(usd_per_whole_token: int, decimals: int) -> int:
    """The price CCIP carries for a token that costs `usd_per_whole_token` (USD·1e18) and has `decimals`."""
    whole_token: int = 10**decimals
    return usd_per_whole_token * ONE // whole_token


def usd_value(amount: int, price: int) -> int:
    """What `amount` smallest units are worth, in USD·1e18, rounded down."""
    return amount * price // ONE


def usd_per_unit_gas(wei_per_gas: int, usd_per_native: int) -> int:
    """One part of a gas price: what a unit of gas at `wei_per_gas` costs in USD·1e18, rounded down."""
    return wei_per_gas * usd_per_native // ONE


def pack_gas_price(execution: int, data_availability: int = 0) -> int:
    """Both parts in one uint224."""
    if not (0 <= execution < 1 << _GAS_PART_BITS and 0 <= data_availability < 1 << _GAS_PART_BITS):
        raise CannotEncode(
            "each part of a gas price has 112 bits",
            context={"execution": execution, "data_availability": data_availability},
        )
    return data_availability << _GAS_PART_BITS | execution


def unpack_gas_price(packed: int) -> tuple[int, int]:
    """Execution, data availability."""
    return packed & ((1 << _GAS_PART_BITS) - 1), packed >> _GAS_PART_BITS
