"""Off-ramps check when a report begins. What messages do later in the same transaction is held against nobody."""

import pytest

from ccip_py.risk.facts_rmn import Reasons, _Root
from ccip_py.risk.vote import GLOBAL_SUBJECT, subject_of

from .builders import SOURCE

# The transaction's first log is at 100, the execution at 110.
SINCE, AT = 100, 110
BEGINS, ENDS = True, False


def reasons(
    blessed_at: tuple[int, ...] = (20,),
    removed_at: int | None = None,
    source: tuple[tuple[int, bool], ...] = (),
    everything: tuple[tuple[int, bool], ...] = (),
) -> Reasons:
    root = _Root(1, 1, 10, removed_at, blessed_at)
    return Reasons([root], {subject_of(SOURCE): source, GLOBAL_SUBJECT: everything})


@pytest.mark.parametrize(
    ("source", "everything", "cursed"),
    [
        ((), (), False),
        (((50, BEGINS),), (), True),
        (((50, BEGINS), (60, ENDS)), (), False),
        (((SINCE, BEGINS),), (), False),  # the deciding vote is the first thing that happens
        (((105, BEGINS),), (), False),  # a receiver carries it
        (((AT + 1, BEGINS),), (), False),
        (((50, BEGINS), (105, ENDS)), (), False),  # lifted, then executed, in one transaction
        (((50, BEGINS), (AT + 1, ENDS)), (), True),
        (((50, BEGINS), (105, ENDS)), ((60, BEGINS),), True),
        (((50, BEGINS), (105, ENDS)), ((60, BEGINS), (107, ENDS)), False),
        (((50, BEGINS), (105, ENDS)), ((103, BEGINS),), True),  # there was no moment without either
        ((), ((50, BEGINS),), True),
    ],
)
def test_an_execution_is_cursed_if_no_moment_of_its_transaction_was_free(
    source: tuple[tuple[int, bool], ...], everything: tuple[tuple[int, bool], ...], cursed: bool
) -> None:
    assert reasons(source=source, everything=everything).cursed(SINCE, AT) == cursed


@pytest.mark.parametrize(
    ("blessed_at", "lifts", "blessed"),
    [
        ((20,), (), True),
        ((105,), (), True),  # blessed and executed in one transaction
        ((AT + 1,), (), False),
        ((20,), (30,), False),  # a lift voids it
        ((20,), (105,), True),  # only after it was checked
        ((20, 106), (105,), True),
    ],
)
def test_a_blessing_counts_if_it_held_at_a_moment_of_the_transaction(
    blessed_at: tuple[int, ...], lifts: tuple[int, ...], blessed: bool
) -> None:
    switches = tuple((place, ENDS) for place in lifts)

    assert reasons(blessed_at, source=switches).standing(1, SINCE, AT) == (True, blessed)


@pytest.mark.parametrize(("removed_at", "stood"), [(None, True), (99, False), (105, True)])
def test_a_root_counts_if_it_stood_at_a_moment_of_the_transaction(
    removed_at: int | None, stood: bool
) -> None:
    assert reasons(removed_at=removed_at).standing(1, SINCE, AT) == (stood, stood)
