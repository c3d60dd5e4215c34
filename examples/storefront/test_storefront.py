"""Pay on c, stock on a, delivery on b; or a full refund on c. Never both, never neither.

Random scripts play what may happen in between: few here, where chains are real; many in
tests/contracts/apps/Storefront.t.sol, where they cost nothing.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccip_py.apps import Application, CallStage, Outcome
from ccip_py.errors import CcipError

pytestmark = pytest.mark.ccip_chains(3)

CONTRACTS = Path(__file__).parent / "contracts"
DAY = 86_400
SCRIPTS = int(os.environ.get("CCIP_EXAMPLE_SCRIPTS", "6"))  # how many random scripts; a hundred take a while
ITEM, PRICE, STOCK = 7, 100, 2
RESERVING, DELIVERING, SOLD, RELEASING, REFUNDED = 1, 2, 3, 4, 5


@dataclass
class Shop:
    """The application on its three chains."""

    ccip: Any
    warehouse: Any
    courier: Any
    till: Any

    def __post_init__(self):
        self.app = Application(self.ccip.sdk, {"a": self.warehouse, "b": self.courier, "c": self.till})
        self.customer, self.merchant = self.ccip.user, self.ccip.account("merchant")

    def buy(self):
        """The till's call that asks the warehouse to reserve."""
        args = ITEM, self.ccip.account("recipient")
        return self.app.call("c", "buy", *args, signer=self.customer, value=self.till.quote())

    def state(self, order=1):
        return self.till.orders(order)["state"]

    def is_delivered(self, order=1):
        return self.courier.exists(order)

    def refund(self):
        """What the customer has now and had not before the first purchase; negative is paid."""
        return self.ccip.balance("c", self.customer, "BMT") - self.before


@pytest.fixture
def shop(ccip):
    contracts, selector = ccip.compile(CONTRACTS), ccip.selector
    money, merchant = ccip.token("c"), ccip.account("merchant")
    warehouse = ccip.deploy("a", contracts["Warehouse"], ccip.router("a"))
    courier = ccip.deploy("b", contracts["Courier"], ccip.router("b"))
    till = ccip.deploy(
        "c", contracts["Till"], ccip.router("c"), money, merchant, selector("a"), selector("b"), DAY
    )
    for part in (warehouse, courier):
        part.fund(10**18)  # coins, for replies
    till.setPrice(ITEM, PRICE)
    warehouse.add(ITEM, STOCK)
    money.approve(till, 2**255)
    shop = Shop(ccip, warehouse, courier, till)
    shop.app.introduce(("c", "a"), ("c", "b"), signer=ccip.user)
    shop.before = ccip.balance("c", shop.customer, "BMT")
    return shop


def test_an_order_is_delivered_and_paid(shop):
    reserved = shop.app.wait(shop.buy(), pause=shop.ccip.deliver)
    shop.ccip.deliver()

    assert reserved.outcome is Outcome.SUCCEEDED
    assert shop.state() == SOLD
    assert shop.courier.ownerOf(1) == shop.ccip.account("recipient").address
    assert shop.ccip.balance("c", shop.merchant, "BMT") == PRICE
    assert shop.warehouse.stock(ITEM) == STOCK - 1


def test_without_stock_the_customer_gets_all_back_and_learns_why(shop):
    for _ in range(STOCK):
        shop.buy()
    last = shop.buy()

    status = shop.app.wait(last, pause=shop.ccip.deliver)

    assert status.error == f"OutOfStock(item={ITEM})"
    assert shop.state(STOCK + 1) == REFUNDED
    assert shop.refund() == -STOCK * PRICE


def test_without_delivery_the_customer_gets_all_back_and_the_goods_return(shop):
    shop.courier.setOnStrike(True)
    shop.buy()

    shop.ccip.deliver()

    assert shop.state() == REFUNDED
    assert shop.refund() == 0
    assert shop.warehouse.stock(ITEM) == STOCK


def test_a_reply_that_nobody_paid_for_is_sent_by_anyone(shop):
    shop.warehouse.withdrawFees(shop.ccip.user, 10**18)
    call = shop.buy()
    shop.ccip.deliver()
    assert shop.app.look(call).stage is CallStage.DECIDED
    assert shop.state() == RESERVING

    shop.app.send_reply(call, signer=shop.ccip.stranger)
    shop.ccip.deliver()

    assert shop.state() == SOLD


def test_a_cancellation_of_a_delivery_that_has_happened_refunds_nothing(shop):
    ccip = shop.ccip
    shop.buy()
    for _ in range(2):  # the reservation, and the reply to it
        (sent,) = ccip.waiting()
        reply = ccip.execute(sent)
    (delivery,) = shop.app.calls_in("c", reply.transaction)
    (sent,) = ccip.waiting()
    ccip.execute(sent)  # delivered; the reply is late
    ccip.warp(DAY + 1)

    shop.app.cancel(delivery, signer=ccip.stranger)
    assert shop.state() == DELIVERING
    assert shop.app.wait(delivery, pause=ccip.deliver).outcome is Outcome.SUCCEEDED

    assert shop.state() == SOLD
    assert shop.refund() == -PRICE


# --- Any order of events ---

STEPS = (
    "buy",
    "oldest arrives",
    "newest arrives",
    "strike",
    "work",
    "day passes",
    "somebody pushes",
    "courier is broke",
    "curse",
    "lift",
)


@settings(
    max_examples=SCRIPTS,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(script=st.lists(st.sampled_from(STEPS), min_size=5, max_size=10))
def test_never_both_never_neither_whatever_happens(shop, script):
    with shop.ccip.isolated():
        shop.buy()
        for step in script:
            happen(shop, step)
            for order in range(1, shop.till.orderCount() + 1):
                refunded = shop.state(order) in (RELEASING, REFUNDED)
                assert not (refunded and shop.is_delivered(order)), "both"

        finish(shop)
        orders = range(1, shop.till.orderCount() + 1)
        sold = sum(shop.state(order) == SOLD for order in orders)
        assert all(shop.state(order) in (SOLD, REFUNDED) for order in orders), "neither"
        assert all(shop.is_delivered(order) == (shop.state(order) == SOLD) for order in orders)
        assert shop.ccip.balance("c", shop.merchant, "BMT") == sold * PRICE == -shop.refund()
        assert shop.warehouse.stock(ITEM) == STOCK - sold


def happen(shop, step):
    """One thing. What contracts refuse does not happen."""
    ccip = shop.ccip
    try:
        match step:
            case "buy":
                shop.buy()
            case "oldest arrives":
                arrive(ccip, 0)
            case "newest arrives":
                arrive(ccip, -1)
            case "strike":
                shop.courier.setOnStrike(True)
            case "work":
                shop.courier.setOnStrike(False)
            case "day passes":
                ccip.warp(DAY + 1)
            case "somebody pushes":
                push_all(shop)
            case "courier is broke":
                shop.courier.withdrawFees(ccip.user, ccip.balance("b", shop.courier))
            case "curse":
                ccip.curse("c", "b")
            case "lift":
                ccip.uncurse("c", "b")
    except CcipError:
        pass


def arrive(ccip, place):
    """One message of those that wait, and no other."""
    waiting = ccip.waiting()
    if waiting:
        ccip.execute(waiting[place])


def push_all(shop):
    """What anyone may do: cancel what is overdue, the customers' own calls and those that replies led to, and send replies
    that were not paid for."""
    for call in shop.app.calls_since("c"):
        shop.app.push(call, signer=shop.ccip.stranger)


def finish(shop):
    """Somebody cares: the curse is lifted, the courier gets coins, what is late arrives, what is overdue is cancelled."""
    if shop.ccip.is_cursed("c", "b"):
        shop.ccip.uncurse("c", "b")
    shop.courier.fund(10**18)
    for _ in range(2):
        shop.ccip.deliver()
        shop.ccip.warp(DAY + 1)
        push_all(shop)
    shop.ccip.deliver()
