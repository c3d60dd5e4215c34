"""The sums that decide conservation: right ones hold, every way of losing or inventing tokens is seen."""

from dataclasses import replace

import pytest

from ccip_py.devnet.conservation import Ledger, conserved

BURN = (Ledger("a", "burn_mint", 1_000, 0, 0, 0), Ledger("b", "burn_mint", 1_000, 0, 0, 0))
LOCK = (Ledger("a", "lock_release", 1_000, 300, 0, 0), Ledger("b", "lock_release", 1_000, 300, 0, 0))


def moved(before, amount):
    """`amount` went from a to b."""
    a, b = before
    if a.kind == "burn_mint":
        return (
            replace(a, supply=a.supply - amount, taken=amount),
            replace(b, supply=b.supply + amount, given=amount),
        )
    return (
        replace(a, in_pool=a.in_pool + amount, taken=amount),
        replace(b, in_pool=b.in_pool - amount, given=amount),
    )


@pytest.mark.parametrize("before", [BURN, LOCK])
def test_a_transfer_conserves(before):
    assert all(balance.held for balance in conserved("T", before, moved(before, 40)))


@pytest.mark.parametrize("before", [BURN, LOCK])
@pytest.mark.parametrize("field", ["taken", "given", "supply", "in_pool"])
@pytest.mark.parametrize("side", [0, 1])
def test_any_single_wrong_figure_is_seen(before, field, side):
    after = list(moved(before, 40))
    after[side] = replace(after[side], **{field: getattr(after[side], field) + 1})

    held = all(balance.held for balance in conserved("T", before, tuple(after)))

    harmless = before is BURN and field == "in_pool"  # a stray transfer to a burning pool creates nothing
    assert held is harmless


def test_what_is_still_in_flight_is_not_yet_conserved():
    a, b = moved(BURN, 40)
    assert not all(balance.held for balance in conserved("T", BURN, (a, BURN[1])))
    assert b.given == 40
