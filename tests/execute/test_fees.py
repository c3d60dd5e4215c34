"""A fee that does not pay for its message delays it, for a bounded time, and delays nobody else."""

from __future__ import annotations

import pytest

from ccip_py.execute.fees import UNIT, FeeGuard, FeeRule
from ccip_py.execute.select import Limits, Why, select
from ccip_py.protocol.ids import SeqNr

from .builders import NOW, a_message, an_address, view_of

LINK = an_address(0xFEE)
GAS_PRICE = 10**9  # USD·1e18: a message of 300,000 gas costs 0.0003 of a dollar
PRICES = {LINK: 20 * UNIT}


def guard(**rule: int) -> FeeGuard:
    return FeeGuard(
        FeeRule(**{"percent_of_cost": 100, "boost_percent_per_hour": 100, **rule}), GAS_PRICE, PRICES
    )


def paying(percent: int) -> int:
    """The fee in LINK that is so many percent of the cost."""
    return -(-guard().cost(a_message(1)) * percent * UNIT // (100 * PRICES[LINK]))


@pytest.mark.parametrize(
    ("percent", "waited", "pays"),
    [
        (100, 0, True),
        (99, 0, False),
        (50, 3599, False),
        (50, 3600, True),  # one hour doubles what was paid
        (10, 9 * 3600, True),
        (10, 8 * 3600, False),
    ],
)
def test_what_was_paid_counts_more_with_time(percent: int, waited: int, pays: bool) -> None:
    assert guard().pays(a_message(1, fee_token_amount=paying(percent)), waited) is pays


def test_an_executor_may_ask_for_less_than_the_cost() -> None:
    assert guard(percent_of_cost=50).pays(a_message(1, fee_token_amount=paying(50)), 0)


@pytest.mark.parametrize(
    "lenient",
    [guard(percent_of_cost=0), FeeGuard(FeeRule(100), GAS_PRICE, {}), FeeGuard(FeeRule(100), 0, PRICES)],
)
def test_without_a_rule_a_price_or_a_cost_everything_pays(lenient: FeeGuard) -> None:
    assert lenient.pays(a_message(1, fee_token_amount=0), 0)


def test_an_underpaid_message_waits_and_others_go() -> None:
    cheap, paid = a_message(1, fee_token_amount=0), a_message(2, fee_token_amount=paying(100))
    view = view_of([cheap, paid])

    chosen = select(view, Limits(), guard=guard())

    assert [batch.messages for batch in chosen.batches] == [(paid,)]
    assert chosen.waiting == {SeqNr(1): Why.UNDERPAID}
    assert view.now == NOW
