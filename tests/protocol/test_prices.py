"""Units of prices: one dollar is one dollar at any number of decimals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccip_py.errors import CannotEncode
from ccip_py.protocol.prices import ONE, pack_gas_price, unpack_gas_price, usd_per_token, usd_value

parts = st.integers(0, 2**112 - 1)


@pytest.mark.parametrize(("decimals", "price"), [(6, 10**30), (8, 10**28), (18, 10**18), (24, 10**12)])
def test_one_dollar_per_token(decimals: int, price: int) -> None:
    assert usd_per_token(ONE, decimals) == price
    assert usd_value(10**decimals, price) == ONE


@given(parts, parts)
def test_gas_prices_survive_packing(execution: int, data_availability: int) -> None:
    packed = pack_gas_price(execution, data_availability)

    assert packed < 2**224
    assert unpack_gas_price(packed) == (execution, data_availability)


@pytest.mark.parametrize(("execution", "data_availability"), [(2**112, 0), (0, 2**112), (-1, 0)])
def test_a_part_that_does_not_fit_is_refused(execution: int, data_availability: int) -> None:
    with pytest.raises(CannotEncode):
        pack_gas_price(execution, data_availability)
