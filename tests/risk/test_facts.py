"""The memory of finalized facts: all of a block or none, numbers without gaps, tokens with their backing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from ccip_py.risk import evm
from ccip_py.risk.config import Chain, Lane, Pool
from ccip_py.risk.evm import Log, Undecodable
from ccip_py.risk.facts import Block, Facts

from .builders import DESTINATION, ON_RAMP, SOURCE, Sent

STORE, OFF_RAMP, POOL, TOKEN = (bytes([n]) * 20 for n in (5, 6, 7, 8))
LANE = Lane(SOURCE, DESTINATION, ON_RAMP, STORE, OFF_RAMP)
CHAINS = (
    Chain("a", SOURCE, 31337, (), None, 0, bytes(20), bytes(20), 4, pools=(Pool(POOL, TOKEN, 18),)),
    Chain("b", DESTINATION, 1337, (), None, 0, bytes(20), bytes(20), 4),
)


@pytest.fixture
def facts(tmp_path: Path) -> Iterator[Facts]:
    opened = Facts(tmp_path / "facts.sqlite", CHAINS, [LANE])
    yield opened
    opened.close()


def block(number: int, *logs: Log) -> Block:
    return Block(number, keccak(number.to_bytes(4, "big")), logs)


def locked(amount: int, tx: int = 0, pool: bytes = POOL) -> Log:
    topic = keccak(b"Locked(address,uint256)")
    return Log(pool, (topic, bytes(32)), amount.to_bytes(32, "big"), 1, tx, 0)


def with_tokens(seq_nr: int, amount: int, tx: int = 0, pool: bytes = POOL) -> Log:
    return Sent(seq_nr=seq_nr).with_token(TOKEN, amount, pool, b"\x09" * 20, 18).log(1, tx, seq_nr)


def accepted(first: int, last: int, number: int) -> Log:
    report = ((([], []), (first, last), number.to_bytes(32, "big")),)
    data = encode(["((((address,uint224)[],(uint64,uint224)[]),(uint64,uint64),bytes32))"[1:-1]], report)
    return Log(STORE, (evm.REPORT_ACCEPTED,), data, number, 0, 0)


def removed(root: bytes, number: int) -> Log:
    return Log(STORE, (evm.ROOT_REMOVED,), root, number, 0, 0)


def executed(seq_nr: int, number: int) -> Log:
    topics = (evm.EXECUTION_STATE, seq_nr.to_bytes(32, "big"), keccak(bytes([seq_nr])))
    return Log(OFF_RAMP, topics, encode(["uint8", "bytes"], [evm.SUCCESS, b""]), number, 0, seq_nr)


def test_a_block_that_can_not_be_read_leaves_nothing_behind(facts: Facts) -> None:
    with pytest.raises(Undecodable):
        facts.take(SOURCE, [block(1, Sent().log()), block(2, Sent(seq_nr=3).log())])

    assert facts.cursor(SOURCE) is None
    assert facts.sent.through(LANE) == 0


def test_numbers_must_follow_each_other(facts: Facts) -> None:
    facts.take(SOURCE, [block(1, Sent().log())])

    for wrong in (1, 3):
        with pytest.raises(Undecodable, match="does not follow"):
            facts.take(SOURCE, [block(2, Sent(seq_nr=wrong).log())])


def test_logs_of_other_contracts_are_ignored(facts: Facts) -> None:
    facts.take(SOURCE, [block(1, Sent().log(on_ramp=b"\x77" * 20))])

    assert facts.sent.through(LANE) == 0


@pytest.mark.parametrize(
    ("logs", "backed"),
    [
        ((locked(5), with_tokens(1, 5)), [True]),
        ((with_tokens(1, 5),), [False]),
        ((locked(4), with_tokens(1, 5)), [False]),
        ((locked(5, tx=1), with_tokens(1, 5)), [False]),
        ((locked(5), with_tokens(1, 5), with_tokens(2, 5)), [True, False]),
        ((locked(5), locked(5), with_tokens(1, 5), with_tokens(2, 5)), [True, True]),
        ((with_tokens(1, 5, pool=b"\x66" * 20),), [True]),
    ],
)
def test_each_token_needs_a_lock_of_its_own_in_the_same_transaction(
    facts: Facts, logs: tuple[Log, ...], backed: list[bool]
) -> None:
    facts.take(SOURCE, [block(1, *logs)])

    assert [message.backed for message in facts.sent.messages(LANE, 1, 9)] == backed


def test_a_root_is_open_until_all_its_messages_succeeded(facts: Facts) -> None:
    facts.take(DESTINATION, [block(1, accepted(1, 2, 1)), block(2, executed(1, 2))])
    assert len(facts.roots.claims(LANE, 0)) == 1

    facts.take(DESTINATION, [block(3, executed(2, 3))])

    assert facts.roots.claims(LANE, 0) == []


def test_new_roots_do_not_wait_behind_a_history_of_failures(facts: Facts) -> None:
    facts.take(DESTINATION, [block(number, accepted(number, number, number)) for number in range(1, 11)])

    assert [claim.first for claim in facts.roots.claims(LANE, 0, limit=4)] == [1, 2, 9, 10]
    assert [claim.first for claim in facts.roots.claims(LANE, 0, limit=40)] == list(range(1, 11))


def test_a_removed_root_is_no_claim_and_leaves_no_gap(facts: Facts) -> None:
    root = (2).to_bytes(32, "big")
    facts.take(DESTINATION, [block(1, accepted(1, 2, 1)), block(2, accepted(3, 9, 2))])
    facts.take(DESTINATION, [block(3, removed(root, 3)), block(4, accepted(3, 4, 4))])

    assert [(claim.first, claim.last) for claim in facts.roots.claims(LANE, 0)] == [(1, 2), (3, 4)]
    assert facts.roots.expected_first(LANE, 2, 0) == 3
    assert facts.roots.expected_first(LANE, 4, 0) == 3


def test_forgetting_a_chain_forgets_what_it_said_and_no_more(facts: Facts) -> None:
    facts.take(SOURCE, [block(1, Sent().log())])
    facts.take(DESTINATION, [block(1, accepted(1, 1, 1))])

    facts.forget(SOURCE)

    assert facts.cursor(SOURCE) is None
    assert facts.sent.through(LANE) == 0
    assert len(facts.roots.claims(LANE, 0)) == 1


# FOLDING UP WHAT IS OVER


def rows(facts: Facts, table: str) -> int:
    return int(facts._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def judge_all(facts: Facts) -> None:
    facts.executions.mark_judged([one.execution for one in facts.executions.unjudged(LANE)])


def history(facts: Facts, roots: int, failed: int = 0) -> None:
    """Roots over two messages each, committed and executed in the block of the same number."""
    facts.take(SOURCE, [block(n, Sent(seq_nr=n).log(n)) for n in range(1, 2 * roots + 1)])
    for n in range(1, roots + 1):
        last = 2 * n
        arrived = [executed(seq, n) for seq in (last - 1, last) if seq != failed]
        facts.take(DESTINATION, [block(n, accepted(last - 1, last, n), *arrived)])
    judge_all(facts)


def test_what_is_over_is_folded_up_and_a_second_success_still_shows(facts: Facts) -> None:
    history(facts, 9)
    facts.take(DESTINATION, [block(200)])

    assert facts.prune(keep_blocks=10) == 8

    # The newest root stays in full: the next one follows it.
    assert [rows(facts, table) for table in ("sent", "accepted", "execution", "done")] == [2, 1, 2, 1]
    assert facts.sent.through(LANE) == 18
    assert facts.roots.expected_first(LANE, 201, 0) == 19
    facts.take(DESTINATION, [block(201, executed(3, 201))])
    (again,) = facts.executions.unjudged(LANE)
    assert again.earlier_successes == 1


@pytest.mark.parametrize("end", [SOURCE, DESTINATION])
def test_a_chain_with_something_folded_up_is_read_anew_together_with_the_other_end(
    facts: Facts, end: int
) -> None:
    """Else what succeeded before it was folded up would look like a second success, and its tokens like a theft."""
    history(facts, 9)
    facts.take(DESTINATION, [block(200)])
    facts.prune(keep_blocks=10)

    facts.forget(end)

    assert facts.cursor(SOURCE) is facts.cursor(DESTINATION) is None
    tables = ("sent", "accepted", "execution", "done", "flow", "net")
    assert [rows(facts, table) for table in tables] == [0] * len(tables)
    facts.take(SOURCE, [block(n, Sent(seq_nr=n).log(n)) for n in range(1, 19)])
    facts.take(DESTINATION, [block(1, accepted(1, 2, 1), executed(1, 1), executed(2, 1))])
    assert [one.earlier_successes for one in facts.executions.unjudged(LANE)] == [0, 0]


def test_nothing_open_recent_or_unjudged_is_folded_up(facts: Facts) -> None:
    history(facts, 9, failed=4)
    facts.take(DESTINATION, [block(15)])

    assert facts.prune(keep_blocks=10) == 3  # roots 1, 3 and 4: 2 is not done, 5 to 9 are recent
    assert [(claim.first, claim.last) for claim in facts.roots.claims(LANE, 0)] == [(3, 4)]
    # What the open root followed is gone, and it is still known what it had to follow.
    assert facts.roots.expected_first(LANE, 2, 0) == 3
    assert rows(facts, "done") == 2
    facts.take(DESTINATION, [block(16, executed(4, 16)), block(200)])
    assert facts.prune(keep_blocks=10) == 4
    judge_all(facts)
    assert facts.prune(keep_blocks=10) == 1
    assert rows(facts, "done") == 1


def test_nothing_is_folded_up_that_an_unjudged_payout_is_measured_by(tmp_path: Path) -> None:
    """A monitor that reads a long history anew judges executions and payouts at different paces."""
    pool = Chain("b", DESTINATION, 1337, (), None, 0, bytes(20), bytes(20), 4, pools=(Pool(POOL, TOKEN, 18),))
    facts = Facts(tmp_path / "facts.sqlite", (CHAINS[0], pool), [LANE])
    topics = (keccak(b"Released(address,address,uint256)"), bytes(12) + OFF_RAMP, bytes(32))
    facts.take(DESTINATION, [block(3, Log(POOL, topics, (5).to_bytes(32, "big"), 3, 0, 0))])
    history(facts, 9)
    facts.take(DESTINATION, [block(200)])

    assert facts.prune(keep_blocks=10) == 2
    [(guarded, number, tx, paid)] = facts.flows.payouts(DESTINATION)
    assert (number, paid) == (3, 5)
    facts.flows.mark_judged([(guarded, number, tx)], DESTINATION)
    assert facts.prune(keep_blocks=10) == 6
    facts.close()


def test_sums_of_a_token_survive(facts: Facts) -> None:
    def transfer(sender: bytes, amount: int, number: int) -> Log:
        topics = (evm.TRANSFER, bytes(12) + sender, bytes(12) + b"\x09" * 20)
        return Log(TOKEN, topics, amount.to_bytes(32, "big"), number, 0, 0)

    facts.take(SOURCE, [block(n, transfer(bytes(20), 5, n)) for n in range(1, 40)])
    facts.flows.mark_cleared(facts.flows.uncleared(SOURCE))
    facts.take(SOURCE, [block(1_000)])

    facts.prune(keep_blocks=10)

    assert facts.flows.net(SOURCE, TOKEN, 1_000) == 5 * 39
    assert rows(facts, "net") == 1
    assert rows(facts, "flow") == 0


def test_a_file_of_an_older_version_is_read_anew(tmp_path: Path) -> None:
    facts = Facts(tmp_path / "facts.sqlite", CHAINS, [LANE])
    facts.take(SOURCE, [block(1, Sent().log())])
    facts._db.execute("PRAGMA user_version = 1")
    facts.close()

    again = Facts(tmp_path / "facts.sqlite", CHAINS, [LANE])
    assert again.cursor(SOURCE) is None
    again.close()


def test_a_contract_that_is_watched_anew_has_its_chain_read_again(facts: Facts) -> None:
    facts.watch(SOURCE, [ON_RAMP])
    facts.take(SOURCE, [block(1, Sent().log())])
    facts.take(DESTINATION, [block(1)])

    facts.watch(SOURCE, [ON_RAMP])
    assert facts.sent.through(LANE) == 1

    facts.watch(SOURCE, [ON_RAMP, b"\x66" * 20])
    assert facts.cursor(SOURCE) is None
    assert facts.sent.through(LANE) == 0
    assert facts.cursor(DESTINATION) is not None


@pytest.mark.parametrize("contract", [ON_RAMP, POOL, TOKEN, STORE, OFF_RAMP])
def test_a_contract_that_comes_back_has_its_chain_read_again(facts: Facts, contract: bytes) -> None:
    """What it said while it was not in the file was read over."""
    everything = [ON_RAMP, POOL, TOKEN, STORE, OFF_RAMP]
    facts.watch(SOURCE, everything)
    facts.take(SOURCE, [block(1)])

    facts.watch(SOURCE, [one for one in everything if one != contract])
    assert facts.cursor(SOURCE) is not None
    facts.take(SOURCE, [block(2)])

    facts.watch(SOURCE, everything)
    assert facts.cursor(SOURCE) is None
    facts.watch(SOURCE, everything)
    facts.take(SOURCE, [block(1)])
    facts.watch(SOURCE, everything)
    assert facts.cursor(SOURCE) is not None


def test_a_lane_that_comes_back_is_read_as_if_it_were_new(tmp_path: Path) -> None:
    """Out of the file, folded up and with neighbours: nothing of it is missing afterwards, and nothing counts twice."""
    file, others = tmp_path / "facts.sqlite", [b"\x66" * 20]
    facts = Facts(file, CHAINS, [LANE])
    facts.watch(SOURCE, [*others, ON_RAMP])
    facts.watch(DESTINATION, [*others, STORE, OFF_RAMP])
    history(facts, 9)
    facts.take(DESTINATION, [block(200)])
    facts.prune(keep_blocks=10)
    facts.close()

    without = Facts(file, CHAINS, [])
    without.watch(SOURCE, others)
    without.watch(DESTINATION, others)
    without.take(SOURCE, [block(19, Sent(seq_nr=19).log(19))])
    without.close()

    again = Facts(file, CHAINS, [LANE])
    again.watch(SOURCE, [*others, ON_RAMP])
    again.watch(DESTINATION, [*others, STORE, OFF_RAMP])
    assert again.cursor(SOURCE) is again.cursor(DESTINATION) is None
    tables = ("sent", "accepted", "execution", "done", "counted")
    assert [rows(again, table) for table in tables] == [0] * len(tables)
    again.take(SOURCE, [block(n, Sent(seq_nr=n).log(n)) for n in range(1, 20)])
    assert again.sent.through(LANE) == 19
    again.close()


def test_a_source_that_comes_back_goes_on_where_it_was(tmp_path: Path) -> None:
    """A whole chain was taken out, with its lanes: nothing of it was read over."""
    file = tmp_path / "facts.sqlite"
    facts = Facts(file, CHAINS, [LANE])
    facts.watch(SOURCE, [ON_RAMP])
    facts.watch(DESTINATION, [STORE, OFF_RAMP, b"\x66" * 20])
    facts.take(SOURCE, [block(1, Sent().log())])
    facts.take(DESTINATION, [block(1, accepted(1, 1, 1))])
    facts.close()

    without = Facts(file, CHAINS[1:], [])
    without.watch(DESTINATION, [b"\x66" * 20])
    without.take(DESTINATION, [block(2, executed(1, 2))])
    without.close()

    again = Facts(file, CHAINS, [LANE])
    again.watch(SOURCE, [ON_RAMP])
    again.watch(DESTINATION, [STORE, OFF_RAMP, b"\x66" * 20])
    assert again.cursor(SOURCE) is not None
    assert again.sent.through(LANE) == 1
    assert again.cursor(DESTINATION) is None
    assert again.roots.claims(LANE, 0) == []
    again.close()


def test_an_on_ramp_that_serves_another_lane_is_read_again_for_it(tmp_path: Path) -> None:
    """Messages are kept by lane."""
    file, other = tmp_path / "facts.sqlite", Lane(SOURCE, DESTINATION, ON_RAMP, b"\x15" * 20, b"\x16" * 20)
    facts = Facts(file, CHAINS, [LANE])
    facts.watch(SOURCE, [ON_RAMP])
    facts.take(SOURCE, [block(1, Sent().log())])
    facts.close()

    again = Facts(file, CHAINS, [other])
    again.watch(SOURCE, [ON_RAMP])
    assert again.cursor(SOURCE) is None
    again.close()
