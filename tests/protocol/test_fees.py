"""The fee formula against vectors computed from its definition, and the rules around it one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccip_py.errors import BadInput
from ccip_py.protocol.fees import DestinationCosts, FeeTokenCosts, Prices, Transfer, TransferFee, quote
from ccip_py.protocol.prices import ONE, pack_gas_price, usd_per_token, usd_per_unit_gas

GWEI = 10**9
ETH_USD = 2000 * ONE
GAS_PRICE = usd_per_unit_gas(20 * GWEI, ETH_USD)

DESTINATION = DestinationCosts(
    dest_gas_overhead=300_000,
    gas_per_byte_base=16,
    gas_per_byte_high=16,
    gas_per_byte_threshold=0,
    da_overhead_gas=0,
    da_gas_per_byte=0,
    da_multiplier_bps=0,
    default_token_fee_usd_cents=50,
    default_token_dest_gas=90_000,
)
WETH = FeeTokenCosts(network_fee_usd_cents=10, gas_multiplier=11 * ONE // 10, premium_multiplier=ONE)
LINK = replace(WETH, premium_multiplier=9 * ONE // 10)
IN_WETH = Prices(ETH_USD, pack_gas_price(GAS_PRICE))
IN_LINK = Prices(15 * ONE, pack_gas_price(GAS_PRICE))
USDC = TransferFee(min_usd_cents=50, max_usd_cents=10_000, deci_bps=70, dest_gas=90_000, dest_bytes=32)
THOUSAND_USDC = Transfer(1000 * 10**6, usd_per_token(ONE, 6), USDC)


def test_vector_data_message_paid_in_weth() -> None:
    assert quote(DESTINATION, WETH, IN_WETH, gas_limit=200_000, data_length=100).fee == 11085200000000000


def test_vector_data_message_paid_in_link_with_a_discount() -> None:
    assert quote(DESTINATION, LINK, IN_LINK, gas_limit=200_000, data_length=100).fee == 1477360000000000000


def test_vector_token_transfer() -> None:
    got = quote(DESTINATION, WETH, IN_WETH, gas_limit=0, data_length=0, transfers=[THOUSAND_USDC])

    assert got.fee == 8930000000000000


def test_vector_with_data_availability() -> None:
    destination = replace(DESTINATION, da_overhead_gas=100, da_gas_per_byte=16, da_multiplier_bps=6840)
    prices = replace(
        IN_WETH, usd_per_unit_gas=pack_gas_price(GAS_PRICE, usd_per_unit_gas(30 * GWEI, ETH_USD))
    )

    got = quote(destination, WETH, prices, gas_limit=200_000, data_length=100)

    assert got.fee == 11298690080000000
    assert got.data_availability == 42698016 * 10**28  # USD 0.42698016


def premium_in_cents(*transfers: Transfer) -> float:
    got = quote(DESTINATION, WETH, IN_WETH, gas_limit=0, data_length=0, transfers=transfers)
    return got.premium / 10**34


@pytest.mark.parametrize(
    ("amount", "cents"),
    [(0, 50), (100 * 10**6, 50), (10_000 * 10**6, 700), (10**9 * 10**6, 10_000)],
    ids=["nothing", "below the minimum", "between", "above the maximum"],
)
def test_a_token_fee_follows_the_value_between_its_bounds(amount: int, cents: int) -> None:
    assert premium_in_cents(replace(THOUSAND_USDC, amount=amount)) == cents


def test_a_token_without_a_config_costs_the_default() -> None:
    assert premium_in_cents(Transfer(5, usd_per_token=0)) == 50


def test_without_basis_points_no_price_is_needed() -> None:
    assert premium_in_cents(Transfer(10**30, 0, replace(USDC, deci_bps=0))) == 50


def test_token_fees_add_up_and_replace_the_network_fee() -> None:
    assert premium_in_cents() == 10
    assert premium_in_cents(Transfer(5, 0), Transfer(5, 0)) == 100


def test_bytes_beyond_the_threshold_cost_the_higher_price() -> None:
    tiered = replace(DESTINATION, gas_per_byte_base=16, gas_per_byte_high=40, gas_per_byte_threshold=3000)

    def calldata_gas(length: int) -> int:
        bare, full = (quote(tiered, WETH, IN_WETH, gas_limit=0, data_length=each) for each in (0, length))
        return (full.execution - bare.execution) // (GAS_PRICE * WETH.gas_multiplier)

    assert calldata_gas(3000) == 3000 * 16
    assert calldata_gas(3001) == 3000 * 16 + 40


def test_fees_round_down_in_the_fee_token() -> None:
    exact = quote(DESTINATION, WETH, IN_WETH, gas_limit=200_000, data_length=100)

    dearer = quote(
        DESTINATION,
        WETH,
        replace(IN_WETH, usd_per_fee_token=ETH_USD + 1),
        gas_limit=200_000,
        data_length=100,
    )

    assert dearer.fee == exact.fee - 1


def test_a_fee_token_without_a_price_cannot_pay() -> None:
    with pytest.raises(BadInput, match="without a price"):
        quote(DESTINATION, WETH, replace(IN_WETH, usd_per_fee_token=0), gas_limit=0, data_length=0)


@given(st.integers(0, 10**7), st.integers(0, 10**5), st.integers(0, 10**6), st.integers(0, 10**5))
def test_more_gas_or_data_never_costs_less(gas: int, length: int, more_gas: int, more_length: int) -> None:
    less = quote(DESTINATION, WETH, IN_WETH, gas_limit=gas, data_length=length)
    more = quote(DESTINATION, WETH, IN_WETH, gas_limit=gas + more_gas, data_length=length + more_length)

    assert more.fee >= less.fee
