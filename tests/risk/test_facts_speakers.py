"""Each event is taken from the contract whose word it is, and from no other: tokens and pools are anybody's contracts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_abi.abi import encode

from ccip_py.risk import evm
from ccip_py.risk.config import Chain, Pool
from ccip_py.risk.evm import Log, Undecodable
from ccip_py.risk.facts import Facts
from ccip_py.risk.vote import GLOBAL_SUBJECT, subject_of

from .builders import DESTINATION, ON_RAMP, SOURCE, Sent
from .test_facts import LANE, OFF_RAMP, POOL, STORE, TOKEN, accepted, block, executed, locked

RMN, PROXY, FORMER, STRANGER = b"\x0d" * 20, b"\x0f" * 20, b"\x1d" * 20, b"\x66" * 20
TABLES = ("accepted", "blessed", "cursed", "pointer", "execution", "sent", "flow", "net", "connected")
EVERYBODY = (RMN, FORMER, PROXY, STORE, OFF_RAMP, ON_RAMP, POOL, TOKEN, STRANGER)


@pytest.fixture
def facts(tmp_path: Path) -> Iterator[Facts]:
    """Both chains have everything, so that whatever is not taken is not taken for who said it."""
    pools = (Pool(POOL, TOKEN, 18),)
    chains = [
        Chain(name, selector, chain_id, (), None, 0, RMN, PROXY, 4, pools=pools, former_rmns=(FORMER,))
        for name, selector, chain_id in (("a", SOURCE, 31337), ("b", DESTINATION, 1337))
    ]
    opened = Facts(tmp_path / "facts.sqlite", chains, [LANE])
    yield opened
    opened.close()


def said(by: bytes, topic: bytes, *more: bytes, data: bytes = b"") -> Log:
    return Log(by, (topic, *more), data, 1, 0, 0)


def cursed(by: bytes, topic: bytes = evm.CURSED, subject: bytes = GLOBAL_SUBJECT) -> Log:
    return said(by, topic, subject + bytes(16), bytes(32), data=bytes(32))


def blessed(by: bytes, first: int = 1, last: int = 1) -> Log:
    root = (1).to_bytes(32, "big")
    data = encode(["uint64", "uint64", "uint64"], [first, last, 0])
    return said(by, evm.ROOT_BLESSED, bytes(32), bytes(12) + STORE, root, data=data)


def transfer(by: bytes) -> Log:
    return said(by, evm.TRANSFER, bytes(32), bytes(12) + STRANGER, data=(5).to_bytes(32, "big"))


def paid(by: bytes, topic: bytes = min(evm.GIVEN), data: bytes = (5).to_bytes(32, "big")) -> Log:
    return said(by, topic, bytes(32), bytes(32), data=data)


def by(speaker: bytes, log: Log) -> Log:
    return Log(speaker, log.topics, log.data, log.block, log.tx, log.index)


def rows(facts: Facts) -> dict[str, int]:
    counts = {
        table: int(facts._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in TABLES
    }
    return {table: count for table, count in counts.items() if count}


SAID = [
    (cursed(RMN), {RMN, FORMER}, DESTINATION),
    (cursed(RMN, evm.UNCURSED), {RMN, FORMER}, DESTINATION),
    (blessed(RMN), {RMN, FORMER}, DESTINATION),
    (said(PROXY, evm.ARM_SET, data=bytes(12) + RMN), {PROXY}, DESTINATION),
    (accepted(1, 1, 1), {STORE}, DESTINATION),
    (executed(1, 1), {OFF_RAMP}, DESTINATION),
    (Sent().log(), {ON_RAMP}, SOURCE),
    (transfer(TOKEN), {TOKEN}, DESTINATION),
    (paid(POOL), {POOL}, DESTINATION),
    (said(POOL, evm.CHAIN_ADDED), {POOL}, DESTINATION),
]


@pytest.mark.parametrize(("log", "whose", "chain"), SAID)
@pytest.mark.parametrize("speaker", EVERYBODY)
def test_an_event_is_taken_from_the_contract_whose_word_it_is(
    facts: Facts, log: Log, whose: set[bytes], chain: int, speaker: bytes
) -> None:
    facts.take(chain, [block(1, by(speaker, log))])

    assert bool(rows(facts)) == (speaker in whose)


@pytest.mark.parametrize("log", [log for log, _, _ in SAID])
def test_an_event_is_taken_from_its_own_chain_only(facts: Facts, log: Log) -> None:
    """Addresses repeat between chains: what one of them is here it need not be there."""
    other = DESTINATION if log.address == ON_RAMP else SOURCE
    facts.take(other, [block(1, log)])

    told_here = {RMN: "cursed", PROXY: "pointer", POOL: "flow", TOKEN: "net"}
    assert log.address in told_here or not rows(facts)


def test_a_token_can_neither_curse_nor_lift_nor_bless(facts: Facts) -> None:
    facts.take(DESTINATION, [block(1, accepted(1, 1, 1), blessed(TOKEN), blessed(POOL))])
    facts.take(DESTINATION, [block(2, cursed(RMN, subject=subject_of(SOURCE)), cursed(TOKEN, evm.UNCURSED))])

    assert len(facts.roots.claims(LANE, 0)) == 1
    assert facts.rmn.in_force(DESTINATION, SOURCE) is not None


@pytest.mark.parametrize(
    "log",
    [
        *(said(TOKEN, topic) for topic in (evm.CURSED, evm.UNCURSED, evm.ROOT_BLESSED, evm.TRANSFER)),
        *(said(POOL, topic) for topic in (evm.CURSED, evm.ROOT_BLESSED, *evm.GIVEN, *evm.TAKEN)),
        *(paid(POOL, topic, bytes(31)) for topic in (*evm.GIVEN, *evm.TAKEN)),
        Log(TOKEN, (), b"", 1, 0, 0),
        Log(POOL, (), b"", 1, 0, 0),
    ],
)
@pytest.mark.parametrize("chain", [SOURCE, DESTINATION])
def test_what_a_token_or_a_pool_says_oddly_does_not_blind_us_to_its_chain(
    facts: Facts, log: Log, chain: int
) -> None:
    facts.take(chain, [block(1, log)])

    assert facts.cursor(chain) is not None


def test_a_lock_that_is_said_oddly_backs_nothing(facts: Facts) -> None:
    odd = Log(POOL, locked(5).topics, bytes(31), 1, 0, 0)
    sent = Sent().with_token(TOKEN, 5, POOL, b"\x09" * 20, 18).log(1, 0, 1)
    facts.take(SOURCE, [block(1, odd, sent)])

    assert [message.backed for message in facts.sent.messages(LANE, 1, 1)] == [False]


@pytest.mark.parametrize("topic", [evm.CURSED, evm.UNCURSED, evm.ROOT_BLESSED])
def test_an_rmn_that_can_not_be_read_is_not_guessed_at(facts: Facts, topic: bytes) -> None:
    with pytest.raises(Undecodable):
        facts.take(DESTINATION, [block(1, said(RMN, topic))])

    assert facts.cursor(DESTINATION) is None
