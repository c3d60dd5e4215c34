"""The sender's decisions, as a table, and then against a chain that drops, reorders and reorganises.

The rules are those of `sending`'s own text; the last test is what they are for: whatever happens in between, every
intent is on chain once, or known to be lost, and a crash between any two writes changes nothing.
"""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccip_py.chains.evm.sending import (
    FILLER,
    GWEI,
    MOVES,
    Attempt,
    Broadcast,
    Entry,
    Facts,
    Intent,
    Policy,
    Receipt,
    Record,
    State,
    assign,
    decide,
    dump_entry,
    load_entry,
    priced,
    questions,
    raised,
)
from ccip_py.protocol.ids import Address

ME, THERE = Address(b"\x01" * 20), Address(b"\x02" * 20)
POLICY = Policy(max_fee=100 * GWEI, patience=3, in_flight=3)
INTENT = Intent(THERE, b"\xda\x7a", 50_000, purpose="commit")


def facts(**changes):
    now = Facts(
        account=ME,
        latest=100,
        finalized=96,
        nonce=5,
        nonce_pending=5,
        nonce_finalized=5,
        base_fee=1 * GWEI,
        tip=1 * GWEI,
        receipts={},
        in_pool=frozenset(),
        next_id=9,
    )
    return replace(now, **changes)


def an_entry(nonce=5, **changes):
    attempt = Attempt(3 * GWEI, 1 * GWEI, 99, hash=b"h%d" % nonce)
    return replace(Entry(nonce, nonce, INTENT, (attempt,), broadcast_at=99), **changes)


# What settles


def test_a_receipt_above_finality_is_mined():
    [action] = decide([an_entry()], facts(receipts={b"h5": Receipt(100, True)}, nonce=6), POLICY)

    assert action == Record(an_entry(state=State.MINED, success=True, block=100))


def test_a_receipt_at_finality_is_final_also_of_a_revert():
    [action] = decide([an_entry()], facts(receipts={b"h5": Receipt(96, False)}, nonce=6), POLICY)

    assert (action.entry.state, action.entry.success) == (State.FINAL, False)


def test_a_receipt_one_block_above_finality_is_not_final():
    [action] = decide([an_entry()], facts(receipts={b"h5": Receipt(97, True)}, nonce=6), POLICY)

    assert action.entry.state is State.MINED


def test_any_attempt_may_be_the_one_that_was_mined():
    entry = an_entry(attempts=(Attempt(1, 1, 90, b"old"), Attempt(2, 2, 95, b"new")))

    [action] = decide([entry], facts(receipts={b"old": Receipt(100, True)}, nonce=6), POLICY)

    assert action.entry.state is State.MINED


def test_a_used_nonce_without_our_receipt_is_only_suspicious_until_it_is_final():
    entry = an_entry()

    assert decide([entry], facts(nonce=6), POLICY) == []
    [action] = decide([entry], facts(nonce=6, nonce_finalized=6), POLICY)
    assert action == Record(replace(entry, state=State.LOST))


def test_a_mined_transaction_that_vanished_is_pending_and_sent_again():
    mined = an_entry(state=State.MINED, success=True, block=99)

    [action] = decide([mined], facts(), POLICY)

    assert isinstance(action, Broadcast)
    assert (action.entry.state, action.entry.block, action.entry.success) == (State.PENDING, None, None)


def test_of_a_mined_transaction_nothing_is_asked_until_its_block_is_final():
    mined = an_entry(state=State.MINED, success=True, block=99)

    assert questions([mined], facts(nonce=6)).receipts == ()
    assert decide([mined], facts(nonce=6), POLICY) == []
    assert questions([mined], facts(nonce=6, finalized=99)).receipts == (b"h5",)


def test_a_node_that_counts_a_nonce_as_waiting_is_not_asked_for_the_transaction():
    """Unless another price of it may be what waits there."""
    raised = an_entry(attempts=(*an_entry().attempts, replace(an_entry().attempts[0], hash=b"higher")))

    assert questions([an_entry()], facts(nonce_pending=6)).surely_in_pool == {b"h5"}
    assert questions([an_entry()], facts(nonce_pending=5)).in_pool == (b"h5",)
    assert questions([raised], facts(nonce_pending=6)).in_pool == (b"higher",)


def test_what_is_settled_is_left_alone():
    final, lost = an_entry(state=State.FINAL), an_entry(6, state=State.LOST)

    assert decide([final, lost], facts(nonce=5), POLICY) == []


# What is sent again


def test_a_transaction_the_node_has_is_waited_for():
    assert decide([an_entry()], facts(in_pool=frozenset({b"h5"}), nonce_pending=6), POLICY) == []


def test_a_dropped_transaction_is_sent_again_once_per_block():
    [action] = decide([an_entry()], facts(), POLICY)

    assert action == Broadcast(an_entry(broadcast_at=100))
    assert decide([action.entry], facts(), POLICY) == []


def test_after_patience_the_price_goes_up_by_an_eighth():
    waiting = an_entry(attempts=(Attempt(40 * GWEI, 8 * GWEI, 97, b"h5"),))
    now = facts(in_pool=frozenset({b"h5"}), nonce_pending=6)

    [action] = decide([waiting], now, POLICY)

    assert isinstance(action, Broadcast)
    assert action.entry.attempts == (*waiting.attempts, Attempt(45 * GWEI, 9 * GWEI, 100))


def test_the_market_is_followed_when_it_rose_by_more():
    waiting = an_entry(attempts=(Attempt(3 * GWEI, 1 * GWEI, 97, b"h5"),))

    [action] = decide([waiting], facts(base_fee=20 * GWEI, tip=2 * GWEI), POLICY)

    assert action.entry.attempts[-1] == Attempt(42 * GWEI, 2 * GWEI, 100)


def test_a_price_below_the_base_fee_does_not_wait_for_patience():
    [action] = decide([an_entry()], facts(base_fee=4 * GWEI, in_pool=frozenset({b"h5"})), POLICY)

    assert action.entry.attempts[-1].max_fee >= 4 * GWEI


def test_no_price_is_raised_twice_in_one_block():
    young = an_entry(attempts=(Attempt(3 * GWEI, 1 * GWEI, 100, b"h5"),), broadcast_at=100)

    assert decide([young], facts(base_fee=50 * GWEI), POLICY) == []


def test_at_the_cap_the_transaction_waits_and_is_kept_alive():
    capped = an_entry(attempts=(Attempt(95 * GWEI, 1 * GWEI, 90, b"h5"),))

    assert decide([capped], facts(in_pool=frozenset({b"h5"})), POLICY) == []
    [action] = decide([capped], facts(), POLICY)
    assert action == Broadcast(replace(capped, broadcast_at=100))


def test_only_the_next_to_be_mined_is_raised():
    old = (Attempt(3 * GWEI, 1 * GWEI, 90, b"h6"),)
    first = an_entry()

    actions = decide(
        [first, an_entry(6, attempts=old)],
        facts(in_pool=frozenset({b"h5", b"h6"}), nonce_pending=7),
        POLICY,
    )

    assert actions == []


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_raised_price_is_never_below_an_eighth_more_nor_above_the_cap(max_fee, tip, base, market_tip):
    last = Attempt(max_fee, min(tip, max_fee), 90)

    higher = raised(last, facts(base_fee=base, tip=market_tip), POLICY)

    if higher is not None:
        assert higher.max_fee <= POLICY.max_fee
        assert higher.max_fee * 1000 >= last.max_fee * 1125
        assert higher.max_priority_fee * 1000 >= last.max_priority_fee * 1125 or higher.max_fee == 0
        assert higher.max_priority_fee <= higher.max_fee


# Nonces


STUCK = replace(POLICY, purge_after=20)


def a_raised(block):
    higher = Attempt(9 * GWEI, 2 * GWEI, block, hash=b"r")
    return an_entry(attempts=(*an_entry().attempts, higher))


def test_what_is_next_and_could_pay_and_never_is_mined_is_given_up():
    [action] = decide([an_entry()], facts(latest=119, in_pool=frozenset({b"h5"})), STUCK)

    purge = action.entry.attempts[-1]
    assert isinstance(action, Broadcast)
    assert purge.purge
    assert purge.max_fee * 1000 >= an_entry().attempts[-1].max_fee * 1125


def test_what_is_at_the_cap_can_still_be_given_up():
    capped = an_entry(attempts=(Attempt(100 * GWEI, 1 * GWEI, 99, hash=b"h5"),))

    [action] = decide([capped], facts(latest=119, in_pool=frozenset({b"h5"})), STUCK)

    assert action.entry.attempts[-1].purge
    assert action.entry.attempts[-1].max_fee == 112_500_000_000


@pytest.mark.parametrize(
    ("entry", "now"),
    [
        (an_entry(), facts(latest=118)),  # not yet
        (an_entry(nonce=6), facts(latest=119, nonce_pending=6)),  # not the next
        (an_entry(), facts(latest=119, base_fee=150 * GWEI)),  # it cannot pay: that is not being stuck
        (a_raised(118), facts(latest=119)),  # its price was only just raised
    ],
)
def test_what_is_not_stuck_is_not_given_up(entry, now):
    [action] = decide([entry], replace(now, in_pool=frozenset()), STUCK)

    assert not action.entry.attempts[-1].purge


def test_a_purge_that_is_mined_did_not_do_the_work():
    purge = Attempt(9 * GWEI, 2 * GWEI, 119, hash=b"p", purge=True)
    given_up = an_entry(attempts=(*an_entry().attempts, purge))

    [mined] = decide([given_up], facts(receipts={b"p": Receipt(100, True)}, nonce=6), STUCK)
    [lost] = decide([given_up], facts(receipts={b"p": Receipt(96, True)}, nonce=6), STUCK)
    [done] = decide([given_up], facts(receipts={b"h5": Receipt(96, True)}, nonce=6), STUCK)

    assert (mined.entry.state, mined.entry.success) == (State.MINED, False)
    assert (lost.entry.state, lost.entry.success) == (State.LOST, False)
    assert (done.entry.state, done.entry.success) == (State.FINAL, True)


def test_a_purge_is_raised_as_a_purge():
    purge = Attempt(9 * GWEI, 2 * GWEI, 96, hash=b"p", purge=True)

    assert raised(purge, facts(), POLICY).purge


def test_a_new_intent_takes_the_lowest_free_nonce():
    assert assign(INTENT, [], facts(), POLICY).nonce == 5
    assert assign(INTENT, [an_entry()], facts(), POLICY).nonce == 6
    assert assign(INTENT, [an_entry(6)], facts(), POLICY).nonce == 5
    assert assign(INTENT, [an_entry(5, state=State.MINED)], facts(nonce=6), POLICY).nonce == 6


def test_nonces_that_someone_else_has_waiting_are_passed_over():
    assert assign(INTENT, [], facts(nonce_pending=7), POLICY).nonce == 7


def test_after_someone_used_the_key_the_chain_counts():
    assert assign(INTENT, [an_entry(5, state=State.LOST)], facts(nonce=8, nonce_pending=8), POLICY).nonce == 8


def test_no_more_than_allowed_is_under_way():
    entries = [an_entry(n) for n in (5, 6, 7)]

    assert assign(INTENT, entries, facts(), POLICY) is None
    assert assign(INTENT, [*entries[:2], an_entry(4, state=State.MINED)], facts(), POLICY) is not None


def test_a_gap_below_ours_is_filled_with_nothing_to_ourselves():
    entry = an_entry(7, broadcast_at=100)

    actions = decide([entry], facts(), POLICY)

    assert [a.entry.nonce for a in actions] == [5, 6]
    assert {a.entry.intent.purpose for a in actions} == {FILLER}
    assert {a.entry.intent.to for a in actions} == {ME}
    assert [a.entry.id for a in actions] == [9, 10]
    assert decide([entry, *(a.entry for a in actions)], facts(), POLICY) == []


def test_a_first_price_never_passes_the_cap():
    assert priced(facts(base_fee=80 * GWEI), POLICY).max_fee == POLICY.max_fee


# The journal


def test_an_entry_survives_the_disk():
    entry = an_entry(state=State.MINED, success=True, block=7)
    creation = an_entry(intent=Intent(None, b"\x60", 1, 5))

    assert load_entry(dump_entry(entry)) == entry
    assert load_entry(dump_entry(creation)) == creation


# Against a chain


class ToyChain:
    """One account's transactions: a pool, blocks, four blocks of finality, and everything that goes wrong."""

    def __init__(self):
        self.blocks = [[] for _ in range(5)]  # hashes with nonces
        self.pool = {}  # hash -> (nonce, max_fee)
        self.base_fee = GWEI
        self.strangers = 0

    def nonce(self, height=None):
        return sum(len(block) for block in self.blocks[: None if height is None else height + 1])

    @property
    def latest(self):
        return len(self.blocks) - 1

    def mine(self):
        block = []
        while True:
            wanted = self.nonce() + len(block)
            ready = {
                h: fee for h, (nonce, fee) in self.pool.items() if nonce == wanted and fee >= self.base_fee
            }
            if not ready:
                break
            best = max(ready, key=lambda h: ready[h])
            block.append(best)
            self.pool = {h: v for h, v in self.pool.items() if v[0] != wanted}
        self.blocks.append(block)

    def reorganise(self, depth):
        """The last blocks are replaced by one more, empty. Their transactions are gone, as on Anvil."""
        keep = max(self.latest - 3, self.latest + 1 - depth)
        lost = len(self.blocks) - keep
        self.blocks = self.blocks[:keep] + [[] for _ in range(lost)]

    def stranger(self):
        self.strangers += 1
        self.pool[b"stranger %d" % self.strangers] = (self.nonce(), 90 * GWEI)

    def accept(self, name, nonce, max_fee):
        same = [fee for n, fee in self.pool.values() if n == nonce]
        if nonce >= self.nonce() and all(max_fee * 10 >= fee * 11 for fee in same):
            self.pool = {h: v for h, v in self.pool.items() if v[0] != nonce} | {name: (nonce, max_fee)}

    def facts(self, next_id):
        pending = self.nonce()
        while pending in {nonce for nonce, _ in self.pool.values()}:
            pending += 1
        finalized = self.latest - 4
        mined = {h: Receipt(n, True) for n, block in enumerate(self.blocks) for h in block}
        return facts(
            latest=self.latest,
            finalized=finalized,
            nonce=self.nonce(),
            nonce_pending=pending,
            nonce_finalized=self.nonce(finalized),
            base_fee=self.base_fee,
            receipts=mined,
            in_pool=frozenset(self.pool) | frozenset(mined),
            next_id=next_id,
        )


class Crash(Exception):
    """Power is cut."""


class ToySender:
    """The shell's order of things: journal, then broadcast. The journal is text; a crash leaves only that."""

    def __init__(self, chain):
        self.chain = chain
        self.disk = {}
        self.crash_in = None  # writes until the power is cut

    def entries(self):
        return [load_entry(text) for text in self.disk.values()]

    def write(self, entry):
        before = load_entry(self.disk[entry.id]) if entry.id in self.disk else None
        assert before is None or before.state is entry.state or entry.state in MOVES[before.state]
        self.disk[entry.id] = dump_entry(entry)
        if self.crash_in is not None:
            self.crash_in -= 1
            if self.crash_in <= 0:
                self.crash_in = None
                raise Crash

    def broadcast(self, entry):
        named = [replace(a, hash=b"%d %d %d" % (entry.id, entry.nonce, a.max_fee)) for a in entry.attempts]
        self.write(replace(entry, attempts=tuple(named)))
        self.chain.accept(named[-1].hash, entry.nonce, named[-1].max_fee)

    def send(self):
        entry = assign(INTENT, self.entries(), self.chain.facts(len(self.disk) + 1), POLICY)
        if entry is not None:
            self.broadcast(entry)

    def facts(self):
        """As little as the shell asks for."""
        entries, now = self.entries(), self.chain.facts(len(self.disk) + 1)
        asked = questions(entries, replace(now, receipts={}, in_pool=frozenset()))
        known = asked.surely_in_pool | (set(asked.in_pool) & now.in_pool)
        return replace(
            now,
            receipts={h: now.receipts[h] for h in asked.receipts if h in now.receipts},
            in_pool=frozenset(known),
        )

    def step(self):
        for action in decide(self.entries(), self.facts(), POLICY):
            self.broadcast(action.entry) if isinstance(action, Broadcast) else self.write(action.entry)


EVENTS = st.sampled_from(
    ["send", "send", "step", "step", "mine", "mine", "crash", "reorganise", "drop", "stranger", "fees"]
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.integers(1, 3)), max_size=60))
def test_whatever_happens_each_intent_is_on_chain_once_or_known_to_be_lost(events):
    chain = ToyChain()
    sender = ToySender(chain)
    happen = {
        "send": lambda _: sender.send(),
        "step": lambda _: sender.step(),
        "mine": lambda _: chain.mine(),
        "crash": lambda writes: setattr(sender, "crash_in", writes),
        "reorganise": chain.reorganise,
        "drop": lambda _: chain.pool.clear(),
        "stranger": lambda _: chain.stranger(),
        "fees": lambda factor: setattr(chain, "base_fee", factor * 9 * GWEI),
    }

    for event, amount in events:
        try:
            happen[event](amount)
        except Crash:
            continue  # the next event is the next process
    sender.crash_in = None
    for _ in range(60):
        sender.step()
        chain.mine()

    mined = [name for block in chain.blocks for name in block]
    for entry in sender.entries():
        times = sum(mined.count(attempt.hash) for attempt in entry.attempts)
        assert entry.state in (State.FINAL, State.LOST)
        assert times == (entry.state is State.FINAL)
        assert all(attempt.max_fee <= POLICY.max_fee for attempt in entry.attempts)
    final = [entry.nonce for entry in sender.entries() if entry.state is State.FINAL]
    assert len(final) == len(set(final))


@pytest.mark.parametrize("state", [State.FINAL, State.LOST])
def test_an_ending_is_an_ending(state):
    assert not MOVES[state]
