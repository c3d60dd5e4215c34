"""A receiver that keeps what it cannot use: tried again by anyone, or given back by its owner. Never lost."""

from pathlib import Path

import pytest
from eth_abi.abi import encode

from ccip_py.testing import Stage

CONTRACTS = Path(__file__).parent / "contracts"
PRICE = 10**18


@pytest.fixture
def subscription(ccip):
    """Listens to one sender on chain a: us."""
    subscription = ccip.deploy("b", ccip.compile(CONTRACTS)["Subscription"], ccip.router("b"), PRICE)
    subscription.setTrustedSender(ccip.selector("a"), encode(["address"], [ccip.user.address]))
    return subscription


@pytest.fixture
def alice(ccip):
    return ccip.account("alice")


def pay(ccip, subscription, account, amount):
    """Send tokens for the account, and see them arrive. The message as the receiver got it."""
    data = encode(["address"], [account.address])
    sent = ccip.send("a", "b", subscription, data=data, tokens=[("BMT", amount)], gas_limit=300_000)
    ccip.run_until(sent, Stage.EXECUTED)
    return {
        "messageId": bytes(sent.message_id),
        "sourceChainSelector": ccip.selector("a"),
        "sender": encode(["address"], [ccip.user.address]),
        "data": data,
        "destTokenAmounts": [{"token": ccip.token("b").address, "amount": amount}],
    }


def test_a_payment_buys_months(ccip, subscription, alice):
    pay(ccip, subscription, alice, 3 * PRICE)

    assert subscription.months(alice) == 3


def test_a_payment_that_cannot_be_used_is_kept_and_tried_again_by_anyone(ccip, subscription, alice):
    subscription.setOpen(False)
    message = pay(ccip, subscription, alice, 2 * PRICE)
    assert subscription.months(alice) == 0
    assert ccip.balance("b", subscription, "BMT") == 2 * PRICE

    with ccip.reverts("Closed"):
        subscription.retry(message, sender=ccip.stranger)
    subscription.setOpen(True)
    subscription.retry(message, sender=ccip.stranger)

    assert subscription.months(alice) == 2
    with ccip.reverts("NotAFailedMessage", messageId=message["messageId"]):
        subscription.retry(message)


def test_a_payment_that_is_of_no_use_is_given_back(ccip, subscription, alice):
    message = pay(ccip, subscription, alice, PRICE // 2)

    with ccip.reverts("NotWholeMonths", paid=PRICE // 2, price=PRICE):
        subscription.retry(message)
    subscription.abandon(message, alice)

    assert ccip.balance("b", alice, "BMT") == PRICE // 2


def test_nobody_else_is_heard(ccip, subscription, alice):
    data = encode(["address"], [alice.address])

    sent = ccip.send("a", "b", subscription, data=data, tokens=[("BMT", PRICE)], sender=ccip.stranger)

    ccip.run_until(sent, Stage.FAILED)
    assert subscription.months(alice) == 0
