"""Judgement by table: what is known, and what follows."""

from dataclasses import replace

import pytest
from eth_hash.auto import keccak

from ccip_py.risk.arrivals import Execution, ExecutionFacts, Payout, judge_execution, judge_payout
from ccip_py.risk.config import Pool
from ccip_py.risk.evm import FAILURE, SUCCESS, TokenMove
from ccip_py.risk.judge import (
    Bless,
    Claim,
    Curse,
    Message,
    RootFacts,
    Wait,
    judge_finality,
    judge_lane,
    judge_root,
    rebuild,
)
from ccip_py.risk.root import merkle_root
from ccip_py.risk.survey import Patience

SOURCE, DESTINATION = 1, 2
TOKEN = b"\x0e" * 20


def leaf(n: int) -> bytes:
    return keccak(bytes([n]))


def message(n: int) -> Message:
    return Message(n, leaf(n), leaf(n), backed=True)


def seen(*messages: Message) -> RootFacts:
    """All of messages 3 to 5, as final as can be."""
    return RootFacts(rebuild(3, 5, messages), 5, 6, patience=0, grace=4, expected_first=3)


GOOD = Claim(
    "lane", SOURCE, DESTINATION, b"\x01" * 20, 3, 5, merkle_root([leaf(n) for n in (3, 4, 5)]), 9, 0, True
)
SEEN = seen(*(message(n) for n in (3, 4, 5)))


def anomaly(verdict: object) -> str:
    assert isinstance(verdict, Curse), verdict
    return verdict.evidence.anomaly


# ROOTS


def test_blesses_what_it_rebuilt() -> None:
    assert judge_root(GOOD, SEEN) == Bless(3)
    assert judge_root(replace(GOOD, final=False), SEEN) == Bless(3)


def test_a_wrong_root_is_cursed_once_its_commit_is_final() -> None:
    wrong = replace(GOOD, root=leaf(9))

    assert anomaly(judge_root(wrong, SEEN)) == "AN2"
    assert isinstance(judge_root(replace(wrong, final=False), SEEN), Wait)


@pytest.mark.parametrize("given_out", [3, 5])
def test_an_on_ramp_that_takes_messages_back_is_waited_for_with_an_alarm(given_out: int) -> None:
    """What is final here, the on-ramp itself has not given out at the head: one of the two is not so."""
    verdict = judge_root(GOOD, replace(SEEN, on_ramp_next=given_out))

    assert isinstance(verdict, Wait)
    assert verdict.alarm


@pytest.mark.parametrize("changed", [3, 4, 5])
def test_one_altered_message_makes_the_root_wrong(changed: int) -> None:
    messages = [message(n) if n != changed else replace(message(n), leaf=leaf(99)) for n in (3, 4, 5)]

    assert anomaly(judge_root(GOOD, seen(*messages))) == "AN2"


def test_sent_but_not_final_is_waited_for_however_long() -> None:
    facts = replace(SEEN, rebuilt=None, final_through=4, on_ramp_next=6, patience=10**6)

    assert isinstance(judge_root(GOOD, facts), Wait)


@pytest.mark.parametrize(
    ("final", "patience", "cursed"), [(True, 4, True), (True, 3, False), (False, 10**6, False)]
)
def test_never_sent_is_cursed_after_grace(final: bool, patience: int, cursed: bool) -> None:
    facts = replace(SEEN, rebuilt=None, final_through=2, on_ramp_next=3, patience=patience)

    assert isinstance(judge_root(replace(GOOD, final=final), facts), Curse) is cursed


def test_a_gap_between_roots_is_cursed_and_an_overlap_is_not() -> None:
    assert anomaly(judge_root(GOOD, replace(SEEN, expected_first=2))) == "AN2"
    assert isinstance(judge_root(replace(GOOD, final=False), replace(SEEN, expected_first=2)), Wait)
    assert judge_root(GOOD, replace(SEEN, expected_first=5)) == Bless(3)


def test_a_root_that_no_contract_could_execute_is_not_blessed() -> None:
    claim = replace(GOOD, first=1, last=257)
    rebuilt = rebuild(1, 257, [message(n % 256) for n in range(1, 258)])

    verdict = judge_root(claim, replace(SEEN, rebuilt=rebuilt, final_through=300, on_ramp_next=301))

    assert isinstance(verdict, Wait)
    assert verdict.alarm


def test_an_interval_whose_messages_are_not_all_remembered_is_waited_for() -> None:
    """Those of a root that was over are folded up. What is left is the root of something else."""
    verdict = judge_root(GOOD, seen(message(4), message(5)))

    assert isinstance(verdict, Wait)
    assert verdict.alarm


def test_a_message_that_states_another_id_is_not_blessed() -> None:
    odd = replace(message(4), stated_id=leaf(99))

    assert isinstance(judge_root(GOOD, seen(message(3), odd, message(5))), Wait)


def test_tokens_that_nothing_backs_are_cursed() -> None:
    unbacked = replace(message(4), backed=False)

    assert anomaly(judge_root(GOOD, seen(message(3), unbacked, message(5)))) == "AN7"


def test_nothing_behind_a_bad_or_unjudged_root_is_blessed() -> None:
    later = replace(GOOD, block=10)
    bad = replace(GOOD, root=leaf(9))
    unseen = replace(SEEN, rebuilt=None, final_through=2, on_ramp_next=9)

    assert [type(v) for _, v in judge_lane([(GOOD, SEEN), (later, SEEN)])] == [Bless, Bless]
    assert [type(v) for _, v in judge_lane([(bad, SEEN), (later, SEEN)])] == [Curse, Wait]
    assert [type(v) for _, v in judge_lane([(GOOD, unseen), (later, SEEN)])] == [Wait, Wait]


def test_the_same_contradiction_has_the_same_id_and_another_one_has_not() -> None:
    wrong = replace(GOOD, root=leaf(9))
    first, again = judge_root(wrong, SEEN), judge_root(wrong, replace(SEEN, patience=7))
    other = judge_root(replace(wrong, root=leaf(8)), SEEN)
    assert isinstance(first, Curse)
    assert isinstance(again, Curse)
    assert isinstance(other, Curse)

    assert first.evidence.id == again.evidence.id
    assert first.evidence.id != other.evidence.id


def test_a_changed_finalized_block_is_cursed() -> None:
    assert anomaly(judge_finality(1, [1, 2], 7, leaf(1), leaf(2))) == "AN1"
    assert isinstance(judge_finality(1, [1, 2], 7, leaf(1), leaf(1)), Wait)


# EXECUTIONS

RUN = Execution("lane", SOURCE, DESTINATION, 3, leaf(3), SUCCESS, 20, 0, 1)
ORDER = ExecutionFacts(leaf(3), 5, 6, 0, 4, 0, committed=True, blessed=True, cursed=False)


def test_an_execution_with_all_its_reasons_is_in_order() -> None:
    assert judge_execution(RUN, ORDER) == Bless(1)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(ORDER, committed=False), "AN6"),
        (replace(ORDER, blessed=False), "AN6"),
        (replace(ORDER, cursed=True), "AN6"),
        (replace(ORDER, earlier_successes=1), "AN5"),
        (replace(ORDER, leaf=leaf(9)), "AN4"),
        (replace(ORDER, leaf=None, final_through=2, on_ramp_next=3, patience=4), "AN4"),
    ],
)
def test_an_execution_without_one_of_its_reasons_is_cursed(facts: ExecutionFacts, expected: str) -> None:
    assert anomaly(judge_execution(RUN, facts)) == expected


@pytest.mark.parametrize(
    "facts",
    [
        replace(ORDER, leaf=None, final_through=2, on_ramp_next=3, patience=3),
        replace(ORDER, leaf=None, final_through=2, on_ramp_next=4, patience=99),
    ],
)
def test_an_execution_whose_message_may_still_show_up_is_waited_for(facts: ExecutionFacts) -> None:
    assert isinstance(judge_execution(RUN, facts), Wait)


def test_a_failure_after_a_success_is_no_double_execution() -> None:
    assert judge_execution(replace(RUN, state=FAILURE), replace(ORDER, earlier_successes=1)) == Bless(1)


# PAYOUTS

POOL = Pool(b"\x0c" * 20, TOKEN, 6)


def move(amount: int, decimals: int | None, token: bytes = TOKEN) -> TokenMove:
    return TokenMove(b"\x01" * 20, amount, b"\x02" * 20, token, decimals)


def payout(
    paid: int, *carried: tuple[TokenMove, ...], sources: tuple[int, ...] = (SOURCE,), unknown: bool = False
) -> Payout:
    return Payout(DESTINATION, POOL, 20, 0, paid, carried, sources, unknown)


@pytest.mark.parametrize(
    ("amount", "decimals", "owed"),
    [(5, 6, 5), (5, None, 5), (5, 4, 500), (5_999_999_999_999, 18, 5), (999_999_999_999, 18, 0)],
)
def test_a_payout_is_what_arrived_in_local_decimals_and_not_one_unit_more(
    amount: int, decimals: int | None, owed: int
) -> None:
    carried = (move(amount, decimals),)

    assert judge_payout(payout(owed, carried)) == Bless(1)
    assert anomaly(judge_payout(payout(owed + 1, carried))) == "AN7"


def test_other_tokens_justify_nothing() -> None:
    assert anomaly(judge_payout(payout(1, (move(5, 6, b"\x0f" * 20),)))) == "AN7"


def test_an_excess_that_may_still_be_explained_is_waited_for() -> None:
    assert isinstance(judge_payout(payout(9, (move(5, 6),), unknown=True)), Wait)


@pytest.mark.parametrize(("sources", "blame"), [((SOURCE,), SOURCE), ((), None), ((SOURCE, 7), None)])
def test_blame_falls_on_the_only_source_or_on_nobody(sources: tuple[int, ...], blame: int | None) -> None:
    verdict = judge_payout(payout(9, sources=sources))

    assert isinstance(verdict, Curse)
    assert verdict.evidence.blame == blame


# PATIENCE


def test_patience_counts_blocks_from_the_first_time_and_forgets_what_is_over() -> None:
    patience = Patience()
    spent = []
    for final in (10, 11, 15):
        patience.next_round()
        spent.append(patience.spent_on(("root",), final))
    assert spent == [0, 1, 5]

    patience.next_round()
    patience.next_round()
    assert patience.spent_on(("root",), 20) == 0
