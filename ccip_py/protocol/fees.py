"""The fee formula, in integers, with the contract's order of multiplications and its rounding down.

    gas       = gasLimit + destGasOverhead + calldataGas + Σ tokenGas
    execution = executionGasPrice · gas · gasMultiplier                                         USD·1e36
    da        = (daBytes · gasPerDaByte + daOverheadGas) · daGasPrice · daMultiplierBps · 1e14  USD·1e36
    premium   = (network fee if no tokens, else Σ token fees) · premiumMultiplier               USD·1e36
    fee       = (execution + da + premium) / feeTokenPrice                                      smallest units

FeeQuoter is the truth, and what users are charged. This mirror is for estimates and for explaining a fee: it
checks neither the message nor the age of prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import BadInput
from .prices import unpack_gas_price, usd_value

# Bytes of a 1.5 message that carry no user data: 17 words, and 12 words for each token.
MESSAGE_FIXED_BYTES: Final = 32 * 17
MESSAGE_FIXED_BYTES_PER_TOKEN: Final = 32 * 12

# Pool data of a token without a fee config of its own.
DEFAULT_TOKEN_BYTES: Final = 32

_USD_CENT: Final = 10**16  # in USD·1e18
_DECI_BPS: Final = 10**5  # tenths of a basis point in a whole
_BPS_TO_ONE: Final = 10**14  # a basis point, 1e18-based


@dataclass(frozen=True, slots=True)
class DestinationCosts:
    """What a message costs on one destination chain: the prices in FeeQuoter's DestChainConfig."""

    dest_gas_overhead: int  # gas of commit and execution that no message asks for
    gas_per_byte_base: int
    gas_per_byte_high: int  # for each byte beyond the threshold; equal to base: the 1.5 formula
    gas_per_byte_threshold: int  # bytes of data
    da_overhead_gas: int
    da_gas_per_byte: int
    da_multiplier_bps: int  # 0: the chain has no data availability cost
    default_token_fee_usd_cents: int
    default_token_dest_gas: int


@dataclass(frozen=True, slots=True)
class FeeTokenCosts:
    """What paying in one fee token costs. Multipliers are 1e18-based."""

    network_fee_usd_cents: int  # for messages without tokens
    gas_multiplier: int  # on execution
    premium_multiplier: int  # on network and token fees


@dataclass(frozen=True, slots=True)
class TransferFee:
    """What carrying one token costs. `deci_bps` is in tenths of a basis point of the value carried."""

    min_usd_cents: int
    max_usd_cents: int
    deci_bps: int
    dest_gas: int
    dest_bytes: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """A token in the message. Its price is needed only if the fee depends on the value carried."""

    amount: int
    usd_per_token: int
    fee: TransferFee | None = None  # none: the destination's defaults


@dataclass(frozen=True, slots=True)
class Prices:
    usd_per_fee_token: int
    usd_per_unit_gas: int  # packed


@dataclass(frozen=True, slots=True)
class Quote:
    """The fee in the fee token's smallest unit, and what it is for, in USD·1e36."""

    fee: int
    execution: int
    data_availability: int
    premium: int


def quote(
    destination: DestinationCosts,
    fee_token: FeeTokenCosts,
    prices: Prices,
    *,
    gas_limit: int,
    data_length: int,
    transfers: Sequence[Transfer] = (),
) -> Quote:
    """What FeeQuoter charges for such a message at these prices."""
    if prices.usd_per_fee_token <= 0:
        raise BadInput("a fee token without a price cannot pay", hint="wait for the next price update")
    execution_price, da_price = unpack_gas_price(prices.usd_per_unit_gas)
    gas = (
        gas_limit
        + destination.dest_gas_overhead
        + _calldata_gas(destination, data_length)
        + sum(_dest_gas(destination, transfer) for transfer in transfers)
    )
    execution = execution_price * gas * fee_token.gas_multiplier
    da_gas = _da_bytes(data_length, transfers) * destination.da_gas_per_byte + destination.da_overhead_gas
    data_availability = da_gas * da_price * destination.da_multiplier_bps * _BPS_TO_ONE
    premium = _premium_usd(destination, fee_token, transfers) * fee_token.premium_multiplier
    total = execution + data_availability + premium
    return Quote(total // prices.usd_per_fee_token, execution, data_availability, premium)


def _calldata_gas(destination: DestinationCosts, data_length: int) -> int:
    """Two tiers, because destination chains charge bulky calldata more per byte (EIP-7623)."""
    cheap = min(data_length, destination.gas_per_byte_threshold)
    return cheap * destination.gas_per_byte_base + (data_length - cheap) * destination.gas_per_byte_high


def _dest_gas(destination: DestinationCosts, transfer: Transfer) -> int:
    return transfer.fee.dest_gas if transfer.fee else destination.default_token_dest_gas


def _da_bytes(data_length: int, transfers: Sequence[Transfer]) -> int:
    pool_data = sum(each.fee.dest_bytes if each.fee else DEFAULT_TOKEN_BYTES for each in transfers)
    return MESSAGE_FIXED_BYTES + data_length + len(transfers) * MESSAGE_FIXED_BYTES_PER_TOKEN + pool_data


def _premium_usd(
    destination: DestinationCosts, fee_token: FeeTokenCosts, transfers: Sequence[Transfer]
) -> int:
    """USD·1e18. Token fees replace the network fee; they are not added to it."""
    if not transfers:
        return fee_token.network_fee_usd_cents * _USD_CENT
    return sum(_transfer_usd(destination, transfer) for transfer in transfers)


def _transfer_usd(destination: DestinationCosts, transfer: Transfer) -> int:
    if transfer.fee is None:
        return destination.default_token_fee_usd_cents * _USD_CENT
    share = usd_value(transfer.amount, transfer.usd_per_token) * transfer.fee.deci_bps // _DECI_BPS
    lowest, highest = transfer.fee.min_usd_cents * _USD_CENT, transfer.fee.max_usd_cents * _USD_CENT
    return min(max(share, lowest), highest)
