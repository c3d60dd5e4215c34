"""Prices: the first source that knows wins, and a feed's answer is put on the contracts' scale."""

from __future__ import annotations

import pytest

from ccip_py.nodes.prices import PricesInOrder, PriceTable, rebased
from ccip_py.protocol.ids import Address, ChainSelector

ONE, OTHER = ((ChainSelector(1), Address(bytes([n]) * 20)) for n in (1, 2))


@pytest.mark.anyio
async def test_the_first_source_that_knows_tells() -> None:
    prices = PricesInOrder((PriceTable({ONE: 5}), PriceTable({ONE: 6, OTHER: 7})))

    assert await prices.usd([ONE, OTHER]) == {ONE: 5, OTHER: 7}


@pytest.mark.anyio
async def test_an_unknown_price_is_left_out() -> None:
    assert await PriceTable({}).usd([ONE]) == {}


@pytest.mark.parametrize(
    ("answer", "feed_decimals", "token_decimals", "price"),
    [
        (2_000 * 10**8, 8, 18, 2_000 * 10**18),  # a coin of 18 decimals
        (10**8, 8, 6, 10**30),  # a dollar coin of 6 decimals
        (123, 18, 20, 1),  # more digits than there is room for: rounded down
    ],
)
def test_a_feeds_answer_is_rebased(answer: int, feed_decimals: int, token_decimals: int, price: int) -> None:
    assert rebased(answer, feed_decimals, token_decimals) == price
