"""Tokens with instructions: they arrive and are shared out in one go, or they do not arrive."""

from pathlib import Path

import pytest

from ccip_py.testing import MessageFailed, Stage

CONTRACTS = Path(__file__).parent / "contracts"
AMOUNT = 10 * 10**18


@pytest.fixture
def splitter(ccip):
    return ccip.deploy("b", ccip.compile(CONTRACTS)["Splitter"], ccip.router("b"))


@pytest.fixture
def payroll(ccip, splitter):
    """On chain a, with ten tokens of ours approved."""
    payroll = ccip.deploy(
        "a", ccip.compile(CONTRACTS)["Payroll"], ccip.router("a"), ccip.selector("b"), splitter
    )
    ccip.token("a").approve(payroll, AMOUNT)
    return payroll


def pay(ccip, payroll, payees, shares):
    """Send the tokens with that instruction; the message."""
    order = (ccip.token("a"), AMOUNT, payees, shares)
    payroll.pay(*order, value=payroll.getFee(*order))
    (sent,) = ccip.messages()
    return sent


def test_tokens_arrive_shared_out(ccip, payroll):
    alice, bob = ccip.account("alice").address, ccip.account("bob").address

    ccip.run_until(pay(ccip, payroll, [alice, bob], [3, 1]), Stage.EXECUTED)

    assert ccip.balance("b", alice, "BMT") == AMOUNT * 3 // 4
    assert ccip.balance("b", bob, "BMT") == AMOUNT // 4


def test_without_a_good_instruction_no_token_arrives(ccip, payroll, splitter):
    alice = ccip.account("alice").address
    supply = ccip.token("b").totalSupply()

    sent = pay(ccip, payroll, [alice], [1, 1])

    with pytest.raises(MessageFailed, match=r"BadShares\(payees=1, shares=2\)"):
        ccip.run_until(sent, Stage.EXECUTED)
    assert ccip.balance("b", splitter, "BMT") == 0
    assert ccip.token("b").totalSupply() == supply


def test_the_fee_is_checked_before_anything_moves(ccip, payroll):
    before = ccip.balance("a", ccip.user, "BMT")
    order = (ccip.token("a"), AMOUNT, [ccip.stranger.address], [1])
    fee = payroll.getFee(*order)

    with ccip.reverts("FeeTooLow", fee=fee, sent=fee - 1):
        payroll.pay(*order, value=fee - 1)
    assert ccip.balance("a", ccip.user, "BMT") == before
