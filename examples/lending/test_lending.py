"""Collateral on chain a, loans on chain b, and a price that falls.

Random scripts play what may happen in between: few here, where chains are real; many in
tests/contracts/apps/Lending.t.sol, where they cost nothing.
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

CONTRACTS = Path(__file__).parent / "contracts"
DAY = 86_400
SCRIPTS = int(os.environ.get("CCIP_EXAMPLE_SCRIPTS", "6"))  # how many random scripts; a hundred take a while
COINS = 10**17
GOLD, MONEY = 100, 1_000_000
OPENING, OPEN, CLOSED = 1, 2, 3  # states of a position
NONE, ACTIVE, REPAID, PAID_OFF = 0, 1, 2, 3  # states of a loan


@dataclass
class Bank:
    """The application on both chains: a borrower with 100 gold, and money set aside for a liquidator."""

    ccip: Any
    vault: Any
    desk: Any
    feed: Any

    def __post_init__(self):
        self.app = Application(self.ccip.sdk, {"a": self.vault, "b": self.desk})
        self.borrower, self.liquidator = self.ccip.user, self.ccip.stranger

    def price(self, value):
        self.feed.set(value * 10**8)

    def borrow(self, gold, debt):
        """The vault's call that asks the desk to lend."""
        who = self.borrower
        return self.app.call("a", "borrow", gold, debt, who, signer=who, value=COINS)

    def repay(self, loan):
        return self.app.call("b", "repay", loan, signer=self.borrower, value=COINS)

    def liquidate(self, loan):
        return self.app.call("a", "liquidate", loan, self.borrower, signer=self.liquidator, value=COINS)

    def settle(self, call):
        return self.app.wait(call, pause=self.ccip.deliver)

    def states(self, loan):
        """Of the position on a, and of the loan on b."""
        return self.vault.positions(loan)["state"], self.desk.loans(loan)["state"]


@pytest.fixture
def bank(ccip):
    contracts = ccip.compile(CONTRACTS)
    gold, money = ccip.deploy("a", "BurnMintERC20", "Gold", "GLD", 18), ccip.token("b")
    feed = ccip.deploy("a", contracts["OwnFeed"])
    here, there = ccip.selector("a"), ccip.selector("b")
    vault = ccip.deploy("a", contracts["CollateralVault"], ccip.router("a"), gold, feed, there, DAY)
    desk = ccip.deploy("b", contracts["LoanDesk"], ccip.router("b"), money, here)
    for part in (vault, desk):
        part.fund(10**18)  # coins, for replies
    gold.grantMintAndBurnRoles(ccip.user)
    gold.mint(ccip.user, GOLD)
    gold.approve(vault, GOLD)
    vault.deposit(GOLD)
    money.transfer(desk, MONEY)
    money.approve(desk, 2**255)
    bank = Bank(ccip, vault, desk, feed)
    bank.app.introduce(signer=ccip.user)
    bank.price(2_000)
    return bank


def set_aside(bank, amount):
    """Money at the desk for what the liquidator may have to pay."""
    bank.desk.setAside(bank.liquidator, amount)


def test_a_loan_is_paid_out_there_and_its_repayment_frees_the_collateral_here(bank):
    before = bank.ccip.balance("b", bank.borrower, "BMT")

    opened = bank.settle(bank.borrow(10, 10_000))
    assert opened.outcome is Outcome.SUCCEEDED
    assert bank.states(1) == (OPEN, ACTIVE)
    assert bank.ccip.balance("b", bank.borrower, "BMT") == before + 10_000
    assert bank.vault.free(bank.borrower) == GOLD - 10

    bank.settle(bank.repay(1))
    assert bank.states(1) == (CLOSED, REPAID)
    assert bank.vault.free(bank.borrower) == GOLD


def test_a_desk_that_cannot_lend_says_why_and_the_collateral_is_free_again(bank):
    bank.price(2 * MONEY)

    status = bank.settle(bank.borrow(10, MONEY + 1))

    assert status.outcome is Outcome.FAILED
    assert status.error == f"NotEnoughMoney(available={MONEY}, wanted={MONEY + 1})"
    assert bank.states(1) == (CLOSED, NONE)
    assert bank.vault.free(bank.borrower) == GOLD


def test_a_price_fall_liquidates(bank):
    bank.settle(bank.borrow(10, 10_000))
    set_aside(bank, 10_000)
    with bank.ccip.reverts("Healthy", positionId=1, value=20_000, debt=10_000):
        bank.liquidate(1)

    bank.price(1_249)
    bank.settle(bank.liquidate(1))

    assert bank.states(1) == (CLOSED, PAID_OFF)
    assert bank.vault.free(bank.liquidator) == 10
    assert bank.desk.available() == MONEY  # what was lent is back, from the liquidator


def test_a_repayment_that_arrives_first_beats_the_liquidation(bank):
    bank.settle(bank.borrow(10, 10_000))
    set_aside(bank, 10_000)
    bank.price(1_000)
    liquidation = bank.liquidate(1)
    bank.settle(bank.repay(1))

    assert bank.settle(liquidation).error == f"NotActive(loanId=1, state={REPAID})"
    assert bank.vault.free(bank.borrower) == GOLD
    assert bank.vault.free(bank.liquidator) == 0


def test_a_liquidation_across_a_cursed_lane_waits_and_then_happens(bank):
    bank.settle(bank.borrow(10, 10_000))
    set_aside(bank, 10_000)
    bank.price(1_000)
    liquidation = bank.liquidate(1)
    bank.ccip.curse("b", "a")
    with pytest.raises(CcipError, match="a is cursed on b"):
        bank.ccip.deliver()
    assert bank.app.look(liquidation).stage is CallStage.OPEN

    bank.ccip.uncurse("b", "a")
    bank.settle(liquidation)

    assert bank.states(1) == (CLOSED, PAID_OFF)


# --- Any order of events ---

STEPS = (
    "borrow",
    "repay",
    "fall",
    "oldest arrives",
    "newest arrives",
    "day passes",
    "somebody pushes",
    "desk is broke",
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
def test_collateral_and_loans_agree_whatever_happens(bank, script):
    with bank.ccip.isolated():
        set_aside(bank, MONEY)
        calls = [bank.borrow(10, 10_000)]
        for step in script:
            happen(bank, calls, step)
            for loan in range(1, bank.vault.positionCount() + 1):
                position, lent = bank.states(loan)
                assert not (position == CLOSED and lent == ACTIVE), "a loan without collateral"

        finish(bank, calls)
        for loan in range(1, bank.vault.positionCount() + 1):
            assert bank.states(loan) in {(OPEN, ACTIVE), (CLOSED, NONE), (CLOSED, REPAID), (CLOSED, PAID_OFF)}


def happen(bank, calls, step):
    """One thing. What contracts refuse does not happen."""
    ccip = bank.ccip
    try:
        match step:
            case "borrow":
                bank.price(2_000)
                calls.append(bank.borrow(10, 5_000))
            case "repay":
                calls.append(bank.repay(1))
            case "fall":
                bank.price(1_000)
                calls.append(bank.liquidate(1))
            case "oldest arrives":
                arrive(ccip, 0)
            case "newest arrives":
                arrive(ccip, -1)
            case "day passes":
                ccip.warp(DAY + 1)
            case "somebody pushes":
                for call in calls:
                    bank.app.push(call, signer=ccip.stranger)
            case "desk is broke":
                bank.desk.withdrawFees(ccip.user, ccip.balance("b", bank.desk))
            case "curse":
                ccip.curse("b", "a")
            case "lift":
                ccip.uncurse("b", "a")
    except CcipError:
        pass


def arrive(ccip, place):
    """One message of those that wait, and no other."""
    waiting = ccip.waiting()
    if waiting:
        ccip.execute(waiting[place])


def finish(bank, calls):
    """Somebody cares: lifts the curse, funds the desk, brings what is late, cancels what is overdue, sends replies that were
    not paid."""
    if bank.ccip.is_cursed("b", "a"):
        bank.ccip.uncurse("b", "a")
    bank.desk.fund(10**18)
    bank.ccip.deliver()
    bank.ccip.warp(DAY + 1)
    for call in calls:
        bank.app.push(call, signer=bank.ccip.stranger)
    bank.ccip.deliver()
    assert all(bank.app.look(call).stage is CallStage.SETTLED for call in calls), "neither"
