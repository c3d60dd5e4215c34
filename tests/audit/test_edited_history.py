"""Violations that no chain can be made to show, or only at great length: staged by editing what was read of real chains.

Each test changes as little as shows the one thing, and asserts which invariant is found broken and by which transactions.
"""

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from ccip_py.audit.deployment import load_sites
from ccip_py.audit.events import (
    FAILURE,
    SUCCESS,
    Attempt,
    Blessed,
    Committed,
    Cursed,
    Delivered,
    Event,
    Given,
    Place,
    PriceSet,
    RmnSet,
    RootRemoved,
    Sent,
    Taken,
    Transmitted,
    Uncursed,
)
from ccip_py.audit.hashing import GLOBAL_SUBJECT, subject_of
from ccip_py.audit.history import Chain, History, Lane
from ccip_py.audit.reading import read_history
from ccip_py.audit.verdict import judge
from ccip_py.chains.deployment import dump_deployment

from .conftest import Past

NEW_RMN = b"\x0a" * 20
E = TypeVar("E", bound=Event)


@pytest.fixture(scope="module")
def read(past: Past) -> History:
    return read_history(load_sites(json.loads(dump_deployment(past.network.network.deployment))))


class Draft:
    """A history to be edited: of the lane from a to b, and its two chains."""

    def __init__(self, history: History) -> None:
        self.history = history
        names = {chain.name: chain.selector for chain in history.chains.values()}
        self._a, self._b = names["a"], names["b"]
        self.lane: Lane = next(lane for lane in history.lanes if lane.source == self._a)

    @property
    def a(self) -> Chain:
        return self.history.chains[self._a]

    @property
    def b(self) -> Chain:
        return self.history.chains[self._b]

    def put(self, *events: Event) -> None:
        """Events that were not there, among those that were: before those of the same place."""
        for event in events:
            here = self.history.chains[event.at.chain]
            self._set(here, sorted([event, *here.events], key=lambda each: each.at.order))

    def change(self, event: Event, **changes: Any) -> None:
        here = self.history.chains[event.at.chain]
        self._set(here, [replace(each, **changes) if each is event else each for each in here.events])

    def final(self, chain: Chain, block: int) -> None:
        self._replace(replace(chain, final=block))

    def _set(self, chain: Chain, events: list[Event]) -> None:
        self._replace(replace(chain, events=tuple(events)))

    def _replace(self, chain: Chain) -> None:
        chains = {**self.history.chains, chain.selector: chain}
        self.history = replace(self.history, chains=chains)

    def root(self, number: int) -> Committed:
        """The root that was committed over a message."""
        roots = self.b.of(Committed, self.lane.commit_store)
        return next(root for root in roots if root.first <= number <= root.last)

    def found(self, invariant: str) -> dict[tuple[str, ...], str]:
        """All that breaks it, by the transactions named."""
        whats: dict[tuple[str, ...], str] = {}
        for each in judge(self.history).violations:
            if each.invariant == invariant:
                whats[each.transactions] = f"{whats.get(each.transactions, '')}{each.what}\n"
        return whats


@pytest.fixture
def draft(read: History) -> Draft:
    """Chains are frozen, but for their states."""
    chains = {key: replace(chain, state=deepcopy(chain.state)) for key, chain in read.chains.items()}
    return Draft(replace(read, chains=chains))


def later(chain: Chain, by: bytes, hash_: str, blocks: int = 1) -> Place:
    """So many blocks after everything else."""
    return Place(chain.selector, chain.head + blocks, 0, 0, hash_, chain.head_time + blocks, by)


def earlier(chain: Chain, by: bytes, hash_: str) -> Place:
    """Before everything else."""
    return Place(chain.selector, 0, 0, 0, hash_, 0, by)


def test_what_was_read_breaks_nothing(draft: Draft) -> None:
    assert judge(draft.history).holds


# S1


def test_s1_a_message_that_carries_more_than_pools_took(draft: Draft) -> None:
    taken = next(draft.a.of(Taken))
    draft.change(taken, amount=taken.amount - 1)
    assert f"pools took {taken.amount - 1} BMT" in draft.found("S1")[taken.at.hash,]


@pytest.mark.parametrize("change", [{"amount": 1}, {"recipient": b"\xbd" * 20}], ids=["less", "to another"])
def test_s1_a_pool_that_gives_something_else_than_is_owed(draft: Draft, change: dict[str, Any]) -> None:
    given = next(draft.b.of(Given))
    (attempt,) = (
        each for each in draft.b.of(Attempt) if each.at.moment == given.at.moment and each.at.by == given.ramp
    )
    sent = next(each for each in draft.a.of(Sent) if each.number == attempt.number)
    draft.change(given, **change)
    assert "is owed 3000000000000000000 BMT, pools gave" in draft.found("S1")[sent.at.hash, attempt.at.hash]


# S2, S3, S4


def test_s2_a_message_that_succeeds_on_two_off_ramps(draft: Draft) -> None:
    once = next(each for each in draft.b.of(Attempt) if each.state == SUCCESS)
    draft.put(replace(once, at=later(draft.b, b"\x0f" * 20, "0xagain")))
    assert "on two OffRamps" in draft.found("S2")[once.at.hash, "0xagain"]


def test_s3_an_execution_before_its_sending_was_final(draft: Draft) -> None:
    attempt = next(draft.b.of(Attempt, draft.lane.off_ramp))
    sent = next(each for each in draft.a.of(Sent) if each.number == attempt.number)
    draft.final(draft.a, sent.at.block - 1)
    assert "before its sending was final" in draft.found("S3")[sent.at.hash, attempt.at.hash]


def test_s3_an_on_ramp_that_goes_on_with_another_number(draft: Draft) -> None:
    *_, last = draft.a.of(Sent, draft.lane.on_ramp)
    draft.a.state.next_sent[draft.lane.on_ramp] = 99
    assert "would send 99 next" in draft.found("S3")[last.at.hash,]


def test_s3_a_number_that_was_left_out(draft: Draft) -> None:
    *_, last = draft.a.of(Sent, draft.lane.on_ramp)
    draft.change(last, number=last.number + 1)
    assert f"was sent where {last.number} was next" in draft.found("S3")[last.at.hash,]


def test_s3_a_receiver_that_is_called_twice(draft: Draft) -> None:
    call = next(draft.b.of(Delivered))
    draft.put(call)
    assert "called twice in one attempt" in draft.found("S3")[call.at.hash,]


def test_s3_a_receiver_that_is_called_for_nothing(draft: Draft) -> None:
    call = next(draft.b.of(Delivered))
    draft.put(replace(call, at=later(draft.b, call.at.by, "0xcall")))
    draft.put(replace(next(draft.b.of(PriceSet)), at=later(draft.b, b"\x0f" * 20, "0xother", blocks=2)))
    assert "no message attempted" in draft.found("S3")["0xcall",]


def test_s4_an_execution_of_what_is_no_leaf_of_its_root(draft: Draft) -> None:
    attempt = next(draft.b.of(Attempt, draft.lane.off_ramp))
    draft.change(attempt, id=b"\x07" * 32)
    shown = draft.root(attempt.number).at.hash, attempt.at.hash
    assert "is no leaf of the root" in draft.found("S4")[shown]


# S5, S6, S19


def test_s5_a_blessing_by_an_rmn_that_no_longer_counts(draft: Draft) -> None:
    """A message that failed is tried again under its root, after the RMN was replaced."""
    failed = next(each for each in draft.b.of(Attempt, draft.lane.off_ramp) if each.state == FAILURE)
    draft.put(RmnSet(later(draft.b, draft.b.rmn_proxy, "0xset"), NEW_RMN))
    again = later(draft.b, draft.lane.off_ramp, "0xagain", blocks=2)
    draft.put(replace(failed, at=again, state=SUCCESS))
    root = draft.root(failed.number)
    (shown,) = draft.found("S5")
    assert shown == (root.at.hash, "0xagain")


@pytest.mark.parametrize("everything", [False, True], ids=["the other chain", "everything"])
@pytest.mark.parametrize("kind", [Sent, Taken, Committed, Blessed, Attempt, Given, Transmitted])
def test_s6_what_moves_while_cursed(draft: Draft, kind: type[Event], everything: bool) -> None:
    here, there = (draft.a, draft.b) if kind in (Sent, Taken) else (draft.b, draft.a)
    subject = GLOBAL_SUBJECT if everything else subject_of(there.selector)
    moved = next(here.of(kind))
    draft.put(Cursed(earlier(here, here.rmn_at(moved.at.order), "0xcurse"), subject, here.rmn))
    assert f"{kind.__name__} in traffic with {there.selector}" in draft.found("S6")["0xcurse", moved.at.hash]


def test_s6_prices_alone_are_not_written_while_cursed(draft: Draft) -> None:
    draft.put(Cursed(later(draft.b, draft.b.rmn, "0xcurse"), subject_of(draft.a.selector), draft.b.rmn))
    draft.put(Transmitted(later(draft.b, draft.lane.commit_store, "0xprices", blocks=2), b"\x01" * 32, 7))
    assert "Transmitted in traffic" in draft.found("S6")["0xcurse", "0xprices"]


def test_s6_a_curse_of_before_the_proxy_pointed_to_that_rmn(draft: Draft) -> None:
    before, at_change, after, *_ = draft.a.of(Sent, draft.lane.on_ramp)
    subject = subject_of(draft.b.selector)
    draft.put(Cursed(earlier(draft.a, NEW_RMN, "0xcurse"), subject, NEW_RMN))
    draft.put(RmnSet(replace(at_change.at, by=draft.a.rmn_proxy), NEW_RMN))
    found = draft.found("S6")
    assert ("0xcurse", after.at.hash) in found
    assert not {("0xcurse", before.at.hash), ("0xcurse", at_change.at.hash)} & found.keys()


def test_s6_a_curse_ends_with_the_rmn_that_said_it(draft: Draft) -> None:
    before, _, at_change, after, *_ = draft.a.of(Sent, draft.lane.on_ramp)
    subject = subject_of(draft.b.selector)
    draft.put(Cursed(earlier(draft.a, draft.a.rmn, "0xcurse"), subject, draft.a.rmn))
    draft.put(RmnSet(replace(at_change.at, by=draft.a.rmn_proxy), NEW_RMN))
    found = draft.found("S6")
    assert ("0xcurse", before.at.hash) in found
    assert ("0xcurse", after.at.hash) not in found


def test_s19_a_lift_that_raises_the_epoch_by_more(draft: Draft) -> None:
    subject = subject_of(draft.a.selector)
    draft.put(Cursed(later(draft.b, draft.b.rmn, "0xcurse"), subject, draft.b.rmn))
    draft.put(Uncursed(later(draft.b, draft.b.rmn, "0xlift", blocks=2), subject, 7))
    assert "says epoch 7" in draft.found("S19")["0xlift",]


def test_s19_a_lift_of_nothing(draft: Draft) -> None:
    draft.put(Uncursed(later(draft.b, draft.b.rmn, "0xlift"), subject_of(draft.a.selector), 1))
    violations = [each for each in judge(draft.history).violations if each.transactions == ("0xlift",)]
    assert any(each.invariant == "S19" and "where there was none" in each.what for each in violations)


def test_s19_an_epoch_that_no_lift_made(draft: Draft) -> None:
    draft.b.state.epochs[draft.a.selector] = 5
    assert list(draft.found("S19").values()) == ["the epoch of chain a is 5 after 0 lifts\n"]


# S7


def _removal(draft: Draft, root: bytes, hash_: str, blocks: int = 1) -> RootRemoved:
    return RootRemoved(later(draft.b, draft.lane.commit_store, hash_, blocks), root)


def test_s7_a_root_that_is_removed_though_it_is_not_the_newest(draft: Draft) -> None:
    first, *_ = draft.b.of(Committed, draft.lane.commit_store)
    draft.put(_removal(draft, first.root, "0xremoval"))
    assert "not the newest" in draft.found("S7")["0xremoval",]


def test_s7_a_blessed_root_that_is_removed(draft: Draft) -> None:
    *_, blessed_root, newest = draft.b.of(Committed, draft.lane.commit_store)
    (blessed,) = (each for each in draft.b.of(Blessed) if each.root == blessed_root.root)
    draft.put(
        _removal(draft, newest.root, "0xright"), _removal(draft, blessed_root.root, "0xwrong", blocks=2)
    )
    found = draft.found("S7")
    assert "a blessed root was removed" in found[blessed.at.hash, "0xwrong"]
    assert not any("0xright" in shown for shown in found)


def test_s7_the_newest_root_may_be_removed_and_its_numbers_come_again(draft: Draft) -> None:
    *_, newest = draft.b.of(Committed, draft.lane.commit_store)
    draft.b.state.expected_next[draft.lane.commit_store] = newest.first
    draft.put(_removal(draft, newest.root, "0xremoval"))
    assert draft.found("S7") == {}


@pytest.mark.parametrize("again", [False, True], ids=["zero", "again"])
def test_s7_a_root_of_zero_or_one_that_stands_already(draft: Draft, again: bool) -> None:
    first, *_, last = draft.b.of(Committed, draft.lane.commit_store)
    root, place = first.root if again else bytes(32), later(draft.b, draft.lane.commit_store, "0xroot")
    draft.put(Committed(place, last.last + 1, last.last + 1, root))
    draft.b.state.expected_next[draft.lane.commit_store] = last.last + 2
    assert "is zero, or was committed before" in draft.found("S7")["0xroot",]


def test_s7_an_interval_that_ends_before_it_begins(draft: Draft) -> None:
    *_, last = draft.b.of(Committed, draft.lane.commit_store)
    place = later(draft.b, draft.lane.commit_store, "0xroot")
    draft.put(Committed(place, last.last + 1, last.last, b"\x07" * 32))
    assert "was committed where" in draft.found("S7")["0xroot",]


def test_s7_a_commit_store_that_expects_another_number(draft: Draft) -> None:
    *_, last = draft.b.of(Committed, draft.lane.commit_store)
    draft.b.state.expected_next[draft.lane.commit_store] = 99
    assert "expects 99 next" in draft.found("S7")[last.at.hash,]


# S9, S10, S16: what contracts answer against what their events come to


def test_s9_a_nonce_that_no_attempt_made(draft: Draft) -> None:
    key, nonce = next((key, nonce) for key, nonce in draft.b.state.nonces.items() if nonce)
    (ordered,) = (each for each in draft.a.of(Sent) if each.sender == key[1] and each.nonce == nonce)
    attempt = next(each for each in draft.b.of(Attempt, key[0]) if each.number == ordered.number)
    draft.b.state.nonces[key] = 7
    assert "has nonce 7" in draft.found("S9")[attempt.at.hash,]


def test_s10_a_limiter_that_holds_more_than_its_events_leave(draft: Draft) -> None:
    levels = draft.a.state.levels
    key = next(key for key, level in levels.items() if level)
    levels[key] += 1
    (why,) = draft.found("S10").values()
    assert f"holds {levels[key]}" in why


def test_s16_a_round_that_was_never_written(draft: Draft) -> None:
    store, quoter = draft.lane.commit_store, draft.b.fee_quoter
    at = later(draft.b, store, "0xprices")
    price = replace(next(draft.b.of(PriceSet)), timestamp=at.time)
    draft.put(Transmitted(at, b"\x01" * 32, 7), replace(price, at=replace(at, log=1, by=quoter)))
    draft.b.state.rounds[at.moment] = 7 << 8 | 1
    draft.b.state.price_round[store] = 7 << 8 | 2
    assert "has prices of round 7.2, written were 7.1" in draft.found("S16")["0xprices",]
