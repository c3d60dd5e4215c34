"""Judgement by table, continued: tokens, signers, settings, prices, curses with one end, standing still."""

from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from ccip_py.risk import keys
from ccip_py.risk.config import Pool, PriceBound
from ccip_py.risk.judge import Alert, Bless, Curse, Evidence, Verdict, Wait
from ccip_py.risk.pairs import Ends, Memory, Pair, judge_pair, remember
from ccip_py.risk.prices import judge_price
from ccip_py.risk.settings import judge_setting, judge_strength
from ccip_py.risk.signers import (
    BLESS,
    TRANSMIT,
    Conflict,
    Office,
    judge_conflicts,
    of_vote,
    read_bless,
    read_transmit,
)
from ccip_py.risk.stalls import judge_progress, judge_waiting
from ccip_py.risk.tokens import Flow, Outflow, Supply, judge_flow, judge_outflow, judge_supply
from ccip_py.risk.vote import Blessing, Domain, Permit, digest, encode_blessing, sign

HERE, THERE = 1, 2
POOL = Pool(b"\x0c" * 20, b"\x0e" * 20, 18, outside_limit=10, outflow_percent=25)


def evidence(verdict: Verdict, kind: type[Alert] | type[Curse]) -> Evidence:
    assert isinstance(verdict, Alert | Curse), verdict
    assert type(verdict) is kind
    return verdict.evidence


# TOKENS

FLOW = Flow(HERE, POOL, block=50, tx=0, given=7, issued=7, withdrawn=0)


@pytest.mark.parametrize("flow", [FLOW, replace(FLOW, issued=0), replace(FLOW, issued=0, withdrawn=7)])
def test_what_the_pool_gave_out_accounts_for_what_moved(flow: Flow) -> None:
    assert judge_flow(flow, 0, [THERE]) == Bless(0)


@pytest.mark.parametrize(("outside", "kind"), [(1, Alert), (10, Alert), (11, Curse), (2**255, Curse)])
@pytest.mark.parametrize("justified", [{"issued": 7}, {"issued": 0, "withdrawn": 7}])
def test_beyond_it_small_is_an_alert_and_large_a_curse(
    outside: int, kind: type[Alert] | type[Curse], justified: dict[str, int]
) -> None:
    flow = replace(FLOW, **{column: amount + outside for column, amount in justified.items() if amount})
    flow = flow if "withdrawn" not in justified else replace(flow, issued=0)
    found = evidence(judge_flow(flow, 0, [THERE]), kind)

    assert (found.anomaly, found.blame, found.chains) == ("AN8", HERE, (HERE, THERE))


def test_without_a_limit_nothing_outside_the_protocol_is_cursed() -> None:
    unlimited = replace(FLOW, pool=replace(POOL, outside_limit=None), issued=2**255)

    evidence(judge_flow(unlimited, 0, [THERE]), Alert)


@pytest.mark.parametrize(("connected", "blessed"), [(None, True), (51, True), (50, False), (0, False)])
def test_what_was_minted_before_the_pool_was_connected_is_the_token_s_own(
    connected: int | None, blessed: bool
) -> None:
    assert (judge_flow(replace(FLOW, issued=100), connected, [THERE]) == Bless(0)) is blessed


@pytest.mark.parametrize(("total", "good"), [(107, True), (106, False), (108, False)])
def test_a_supply_is_its_opening_and_its_transfers(total: int, good: bool) -> None:
    verdict = judge_supply(Supply(HERE, POOL, 9, total, opening=100, net=7, changes=1), [THERE])

    assert (verdict == Bless(0)) is good
    if not good:
        assert evidence(verdict, Curse).anomaly == "AN7"


def test_transfers_do_not_make_another_evidence_of_the_same_supply() -> None:
    """A busy token would never be seen twice in the same state, and every lift would be followed by another curse."""
    supply = Supply(HERE, POOL, 9, 108, opening=100, net=7, changes=1)
    later = replace(supply, block=10, total=158, net=57)
    again = replace(supply, changes=3)

    ids = [evidence(judge_supply(one, [THERE]), Curse).id for one in (supply, later, again)]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(("given", "stock", "good"), [(25, 100, True), (26, 100, False), (1, 0, False)])
def test_an_outflow_of_more_than_its_share_is_an_alert(given: int, stock: int, good: bool) -> None:
    verdict = judge_outflow(Outflow(HERE, POOL, 3, given, stock))

    assert (verdict == Bless(0)) is good
    if not good:
        assert evidence(verdict, Alert).anomaly == "AN13"


def test_an_outflow_of_no_share_is_not_watched() -> None:
    assert judge_outflow(Outflow(HERE, replace(POOL, outflow_percent=0), 3, 1, 0)) == Bless(0)


# SIGNERS

KEYS = [keys.dev_key(n) for n in range(4)]
OFFICE = Office("commit/1/", frozenset(key.address for key in KEYS), 1, HERE, THERE)


def conflict(n: int) -> Conflict:
    return Conflict(KEYS[n].address, "commit/1/7", ("one", "two"))


@pytest.mark.parametrize(("liars", "kind"), [([0], Alert), ([0, 1], Curse), ([0, 0], Alert)])
def test_one_key_that_signs_twice_is_an_alert_and_two_are_a_curse(
    liars: list[int], kind: type[Alert] | type[Curse]
) -> None:
    found = evidence(judge_conflicts(OFFICE, [conflict(n) for n in liars]), kind)

    assert (found.anomaly, found.blame) == ("AN9", HERE)


def test_keys_out_of_office_are_no_danger() -> None:
    assert judge_conflicts(replace(OFFICE, members=frozenset()), [conflict(0), conflict(1)]) == Bless(0)
    assert judge_conflicts(OFFICE, []) == Bless(0)


def transmitted(report: bytes, epoch: int, signers: list[int]) -> bytes:
    context = [b"\x01" * 32, epoch.to_bytes(32, "big"), bytes(32)]
    signed = [KEYS[n].sign(keccak(keccak(report) + b"".join(context))) for n in signers]
    words = [[value.to_bytes(32, "big") for value in column] for column in zip(*signed, strict=True)][:2]
    parities = bytes(parity for _, _, parity in signed).ljust(32, b"\0")
    types = ["bytes32[3]", "bytes", "bytes32[]", "bytes32[]", "bytes32"]
    return TRANSMIT + encode(types, [context, report, *words, parities])


def test_reads_who_signed_a_report_and_under_which_heading() -> None:
    store = b"\x05" * 20
    one = read_transmit(transmitted(b"report", 7, [0, 2]), 1, store)
    same = read_transmit(transmitted(b"another", 7, [2]), 1, store)
    other = read_transmit(transmitted(b"report", 8, [2]), 1, store)

    assert [signed.signer for signed in one] == [KEYS[0].address, KEYS[2].address]
    assert one[0].statement == keccak(b"report") != same[0].statement
    assert one[0].heading == same[0].heading != other[0].heading
    assert one[0].heading.startswith(f"commit/1/{store.hex()}/")


@pytest.mark.parametrize(
    "data", [b"", TRANSMIT, TRANSMIT + bytes(96), b"\x01" * 500, BLESS, BLESS + b"\xff" * 300]
)
def test_calls_that_do_not_fit_prove_nothing(data: bytes) -> None:
    assert read_transmit(data, 1, bytes(20)) == []
    assert read_bless(data, Domain(1, bytes(20)), 1) == []


def test_reads_the_votes_of_a_blessing_as_it_reads_them_from_peers() -> None:
    statement, domain = (
        Blessing(b"\x01" * 20, HERE, b"\x02" * 20, 1, 2, b"\x03" * 32, 0),
        Domain(1, b"\x04" * 20),
    )
    votes = [sign(Permit(digest(statement, 5, domain), statement, 5, domain), key) for key in KEYS[:2]]
    pairs = [(vote.compact[:32], vote.compact[32:]) for vote in votes]
    data = BLESS + encode_blessing(statement)
    data += (8 * 32).to_bytes(32, "big") + len(pairs).to_bytes(32, "big") + b"".join(a + b for a, b in pairs)

    found = read_bless(data, domain, 5)

    assert found == [one for vote in votes for one in of_vote(vote)]
    assert [signed.signer for signed in found] == [key.address for key in KEYS[:2]]


# SETTINGS


@pytest.mark.parametrize(
    ("name", "before", "now", "expected", "kind"),
    [
        ("bless threshold", "3", "3", None, None),
        ("bless threshold", "3", "4", None, Alert),
        ("bless threshold", "3", "2", None, Curse),
        ("bless threshold", "3", "2", "2", None),
        ("bless threshold", "3", "1", "2", Curse),
        ("curse threshold", "2", "1", None, Curse),
        ("quorum of 05", "5", "3", None, Curse),
        ("quorum of 05", "10", "9", None, Curse),
        ("quorum of 05", "9", "10", None, Alert),
        ("owner of RMN", "01", "00", None, Alert),
        ("code of pool 05", "01", "02", None, Alert),
    ],
)
def test_a_change_is_an_alert_and_a_lower_threshold_a_curse(
    name: str, before: str, now: str, expected: str | None, kind: type[Alert] | type[Curse] | None
) -> None:
    verdict = judge_setting(HERE, (HERE, THERE), name, before, now, expected, 1)

    if kind is None:
        assert verdict == Bless(0)
    else:
        assert evidence(verdict, kind).anomaly == "AN10"


@pytest.mark.parametrize(
    ("name", "value", "keys", "good"),
    [("bless threshold", 3, 4, True), ("bless threshold", 2, 4, False), ("curse threshold", 2, 4, True),
     ("curse threshold", 1, 4, False), ("bless threshold", 0, 0, True), ("quorum of 05", 3, 6, True),
     ("quorum of 05", 3, 7, False), ("quorum of 05", 5, 7, True), ("bless threshold", 1, 3, True)],
)  # fmt: skip
def test_a_threshold_holds_against_a_third_of_the_keys(name: str, value: int, keys: int, good: bool) -> None:
    verdict = judge_strength(HERE, name, value, keys)

    assert (verdict == Bless(0)) is good
    if not good:
        assert evidence(verdict, Alert).anomaly == "AN10"


# PRICES

BOUND = PriceBound("LINK", bytes(20), 10, 20, max_age=60, token=b"\x01" * 20)


@pytest.mark.parametrize(
    ("value", "at", "now", "good"),
    [(10, 100, 160, True), (20, 100, 100, True), (9, 100, 100, False), (21, 100, 100, False),
     (15, 100, 161, False), (0, 0, 10**9, True), (0, 100, 100, False)],
)  # fmt: skip
def test_a_price_is_within_bounds_and_fresh(value: int, at: int, now: int, good: bool) -> None:
    verdict = judge_price(HERE, BOUND, value, at, now)

    assert (verdict == Bless(0)) is good
    if not good:
        assert evidence(verdict, Alert).anomaly == "AN12"


# CURSES WITH ONE END

ONE_END = Ends(cursed_here=True, lifts_here=0, cursed_there=False, cursed_there_final=False, lifts_there=3)
WATCHED = Memory(lifts_here=0, free=3)
PAIR = Pair(HERE, THERE, block=10, final=14, grace=4, ends=ONE_END, memory=WATCHED)


def test_a_curse_with_one_end_is_brought_to_the_other_after_grace() -> None:
    found = evidence(judge_pair(PAIR), Curse)

    assert (found.anomaly, found.blame, found.chains) == ("AN14", HERE, (THERE,))
    assert isinstance(judge_pair(replace(PAIR, final=13)), Wait)


@pytest.mark.parametrize(
    "changes",
    [
        {"ends": replace(ONE_END, cursed_there=True)},
        {"ends": replace(ONE_END, lifts_there=4)},  # lifted there since this end was free
        {
            "memory": replace(WATCHED, answered=True)
        },  # was cursed at both ends, so it must have been lifted there
    ],
)
def test_a_curse_with_both_ends_or_being_lifted_is_left_alone(changes: dict[str, Any]) -> None:
    assert judge_pair(replace(PAIR, **changes)) == Bless(0)


def test_a_curse_nobody_watched_begin_is_voted_for_only_if_the_other_end_never_lifted_one() -> None:
    unwatched = replace(PAIR, memory=Memory(lifts_here=0))

    assert evidence(judge_pair(unwatched), Alert).anomaly == "AN14"
    evidence(judge_pair(replace(unwatched, ends=replace(ONE_END, lifts_there=0))), Curse)


def test_what_is_remembered_of_a_pair_of_ends() -> None:
    free = replace(ONE_END, cursed_here=False)
    both = replace(ONE_END, cursed_there=True, cursed_there_final=True)

    watched = remember(None, free)
    assert watched == WATCHED
    assert remember(watched, replace(ONE_END, lifts_there=9)) == WATCHED  # what was lifted since counts
    assert remember(watched, replace(both, cursed_there_final=False)) == WATCHED  # may not last
    answered = remember(watched, both)
    assert answered == remember(answered, ONE_END) == replace(WATCHED, answered=True)
    # Lifted here and cursed again while nobody looked: nothing of the old curse says anything of the new one.
    assert remember(answered, replace(ONE_END, lifts_here=1)) == Memory(lifts_here=1)
    assert remember(None, ONE_END) == Memory(lifts_here=0)
    assert remember(answered, replace(free, lifts_here=1)) == Memory(lifts_here=1, free=3)


# STANDING STILL


def test_standing_still_is_an_alert_and_never_more() -> None:
    assert judge_progress(HERE, 9, 180.0, 180.0) == Bless(0)
    assert evidence(judge_progress(HERE, 9, 180.1, 180.0), Alert).anomaly == "AN11"
    assert judge_waiting("lane", b"\x01", "unblessed", 60, 60) == Bless(0)
    assert evidence(judge_waiting("lane", b"\x01", "unblessed", 61, 60), Alert).anomaly == "AN15"
