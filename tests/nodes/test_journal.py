"""The journal: one statement per round, on disk before the signature, and no signing without it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateTable

from ccip_py.chains.evm.sending import Attempt, Entry, Intent
from ccip_py.chains.ports import FinalityRecord
from ccip_py.errors import BrokenInvariant, ConfigError
from ccip_py.nodes.journal import Journal, Signed
from ccip_py.nodes.journal_schema import SENT
from ccip_py.nodes.outbox import Outbox
from ccip_py.protocol.ids import ChainSelector

ROOT = Path(__file__).resolve().parents[2]
KEY = b"\x11" * 20
DIGEST = b"\x01" * 32


def test_the_first_report_of_a_round_may_be_signed(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        assert journal.record_signing(DIGEST, 3, 1, b"a" * 32)
        assert journal.signed(DIGEST, 3, 1) == b"a" * 32


def test_another_report_of_the_same_round_may_not(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        journal.record_signing(DIGEST, 3, 1, b"a" * 32)

        assert not journal.record_signing(DIGEST, 3, 1, b"b" * 32)
        assert journal.record_signing(DIGEST, 3, 1, b"a" * 32)


def test_it_is_remembered_after_a_restart(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        journal.record_signing(DIGEST, 3, 1, b"a" * 32)
        journal.record_epoch(DIGEST, 3)

    with Journal.open(tmp_path, KEY) as journal:
        assert not journal.record_signing(DIGEST, 3, 1, b"b" * 32)
        assert journal.last_signed(DIGEST) == Signed(3, 1, b"a" * 32)
        assert journal.epoch(DIGEST) == 3


def test_the_epoch_never_goes_back(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        journal.record_epoch(DIGEST, 5)
        journal.record_epoch(DIGEST, 4)

        assert journal.epoch(DIGEST) == 5


def test_L5_a_second_node_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY), pytest.raises(ConfigError, match="another node is running"):
        Journal.open(tmp_path, KEY)


def test_the_lock_is_free_again_after_the_holder_was_killed(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from ccip_py.nodes.journal import Journal\n"
        "j = Journal.open(Path(sys.argv[1]), b'\\x11' * 20)\n"
        "j.record_signing(b'\\x01' * 32, 1, 1, b'a' * 32); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], timeout=60, check=False)

    with Journal.open(tmp_path, KEY) as journal:
        assert journal.signed(DIGEST, 1, 1) == b"a" * 32


def test_another_key_is_refused(tmp_path: Path) -> None:
    Journal.open(tmp_path, KEY).close()

    with pytest.raises(ConfigError, match="belongs to another key"):
        Journal.open(tmp_path, b"\x22" * 20)


def test_a_lost_journal_stops_signing(tmp_path: Path) -> None:
    Journal.open(tmp_path, KEY).close()
    (tmp_path / "journal.sqlite").unlink()

    with pytest.raises(ConfigError) as stopped:
        Journal.open(tmp_path, KEY)

    assert stopped.value.code == "JOURNAL_LOST"


def test_a_replaced_journal_stops_signing(tmp_path: Path) -> None:
    Journal.open(tmp_path / "mine", KEY).close()
    Journal.open(tmp_path / "other", KEY).close()
    (tmp_path / "other" / "journal.sqlite").replace(tmp_path / "mine" / "journal.sqlite")

    with pytest.raises(ConfigError) as stopped:
        Journal.open(tmp_path / "mine", KEY)

    assert stopped.value.code == "JOURNAL_LOST"


def test_L3_a_damaged_journal_stops_signing(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        for round_ in range(1, 100):
            journal.record_signing(DIGEST, 1, round_, b"a" * 32)
    path = tmp_path / "journal.sqlite"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    path.write_bytes(bytes(content))

    with pytest.raises(ConfigError) as stopped:
        Journal.open(tmp_path, KEY)

    assert stopped.value.code == "JOURNAL_LOST"


def test_L4_an_older_copy_of_the_journal_stops_signing(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        journal.record_epoch(DIGEST, 3)
    backup = (tmp_path / "journal.sqlite").read_bytes()
    with Journal.open(tmp_path, KEY) as journal:
        journal.record_epoch(DIGEST, 4)
        journal.record_signing(DIGEST, 4, 1, b"a" * 32)
    (tmp_path / "journal.sqlite").write_bytes(backup)

    with pytest.raises(ConfigError, match="older copy") as stopped:
        Journal.open(tmp_path, KEY)

    assert stopped.value.code == "JOURNAL_LOST"


def test_L4_an_older_copy_of_the_same_epoch_stops_signing(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        journal.record_epoch(DIGEST, 3)
        journal.record_signing(DIGEST, 3, 7, b"a" * 32)
    backup = (tmp_path / "journal.sqlite").read_bytes()
    with Journal.open(tmp_path, KEY) as journal:
        journal.record_signing(DIGEST, 3, 8, b"b" * 32)
    (tmp_path / "journal.sqlite").write_bytes(backup)

    with pytest.raises(ConfigError, match="older copy"):
        Journal.open(tmp_path, KEY)


@pytest.mark.parametrize("left", [b"", b'{"01": [', b"[]", b'{"01": 3}'])
def test_a_note_that_a_power_cut_spoiled_stops_nobody(tmp_path: Path, left: bytes) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        journal.record_signing(DIGEST, 3, 7, b"a" * 32)
    (tmp_path / "signed.json").write_bytes(left)

    with Journal.open(tmp_path, KEY) as journal:
        assert journal.signed(DIGEST, 3, 7) == b"a" * 32


def test_the_first_proof_against_a_member_is_kept(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        journal.keep_proof(DIGEST, 2, "first")
        journal.keep_proof(DIGEST, 2, "second")

    with Journal.open(tmp_path, KEY) as journal:
        assert journal.proofs(DIGEST) == {2: "first"}
        assert journal.proofs(b"\x02" * 32) == {}


def test_a_journal_of_the_first_schema_is_brought_up_and_keeps_what_it_held(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        journal.record_signing(DIGEST, 3, 1, b"a" * 32)
        with journal.transaction() as connection:
            connection.exec_driver_sql("DROP TABLE proofs")
            connection.exec_driver_sql("UPDATE meta SET value = '1' WHERE key = 'schema'")

    with Journal.open(tmp_path, KEY) as journal:
        assert journal.signed(DIGEST, 3, 1) == b"a" * 32
        assert journal.proofs(DIGEST) == {}


def test_a_journal_of_a_later_program_is_refused(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal, journal.transaction() as connection:
        connection.exec_driver_sql("UPDATE meta SET value = '99' WHERE key = 'schema'")

    with pytest.raises(ConfigError, match="schema 99"):
        Journal.open(tmp_path, KEY)


def test_the_journal_may_be_another_database_named_by_its_url(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    with Journal.open(tmp_path / "node", KEY, url) as journal:
        journal.record_signing(DIGEST, 3, 1, b"a" * 32)

    assert not (tmp_path / "node" / "journal.sqlite").exists()
    with Journal.open(tmp_path / "node", KEY, url) as journal:
        assert journal.signed(DIGEST, 3, 1) == b"a" * 32
    (tmp_path / "elsewhere.db").unlink()
    with pytest.raises(ConfigError, match="not the one"):
        Journal.open(tmp_path / "node", KEY, url)


def test_the_tables_are_ones_that_postgresql_has(tmp_path: Path) -> None:
    for table in SENT.metadata.sorted_tables:
        assert f"CREATE TABLE {table.name}" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_a_crash_before_the_owner_is_written_can_be_continued(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        journal.record_signing(DIGEST, 1, 1, b"a" * 32)
    (tmp_path / "owner.json").unlink()

    with Journal.open(tmp_path, KEY) as journal:
        assert journal.signed(DIGEST, 1, 1) == b"a" * 32


def test_a_finality_violation_survives_a_restart(tmp_path: Path) -> None:
    chain, record = ChainSelector(2**64 - 1), FinalityRecord(7, b"\x07" * 32, "block 7 changed")
    with Journal.open(tmp_path, KEY) as journal:
        journal.save(chain, FinalityRecord(6, b"\x06" * 32))
        journal.save(chain, record)

    with Journal.open(tmp_path, KEY) as journal:
        assert journal.load(chain) == record
        assert journal.load(ChainSelector(1)) is None


CHAIN = ChainSelector(7)
ENTRY = Entry(1, 7, Intent(None, b"\x03", 100_000), (Attempt(10, 1, 5),))
WRITES: dict[str, tuple[Callable[[Journal], object], Callable[[Journal], object]]] = {
    "epoch": (lambda journal: journal.record_epoch(DIGEST, 3), lambda journal: journal.epoch(DIGEST)),
    "signing": (
        lambda journal: journal.record_signing(DIGEST, 3, 1, b"a" * 32),
        lambda journal: journal.last_signed(DIGEST),
    ),
    "proof": (lambda journal: journal.keep_proof(DIGEST, 2, "both"), lambda journal: journal.proofs(DIGEST)),
    "finality": (
        lambda journal: journal.save(CHAIN, FinalityRecord(9, b"9" * 32, "changed")),
        lambda journal: journal.load(CHAIN),
    ),
    "genesis": (
        lambda journal: journal.genesis(CHAIN) or journal.pin_genesis(CHAIN, "0x01"),
        lambda journal: journal.genesis(CHAIN),
    ),
    "transaction": (
        lambda journal: Outbox(journal, CHAIN).save(ENTRY),
        lambda journal: Outbox(journal, CHAIN).load(),
    ),
}


class Killed(Exception):
    """The process died here."""


class Dying(Journal):
    """Dies within its next write: when the rows are there and the commit is not, or right after the commit."""

    committed = False

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Connection]:
        with super().transaction(durable=durable) as connection:
            yield connection
            if not self.committed:
                raise Killed
        raise Killed


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("what", WRITES)
def test_L1_a_write_that_is_cut_short_is_there_or_is_not(tmp_path: Path, what: str, committed: bool) -> None:
    """Every kind there is: the test after this one counts them."""
    write, read = WRITES[what]
    with Journal.open(tmp_path, KEY) as journal:
        nothing = read(journal)
    with Journal.open(tmp_path / "whole", KEY) as journal:
        write(journal)
        everything = read(journal)
    assert nothing != everything

    with Dying.open(tmp_path, KEY) as journal:
        journal.committed = committed
        with pytest.raises(Killed):
            write(journal)

    with Journal.open(tmp_path, KEY) as journal:
        assert read(journal) == (everything if committed else nothing)
        write(journal)  # as a restarted node may
        assert read(journal) == everything


LIGHT: dict[str, Callable[[Journal], object]] = {
    "a finality that advances": lambda journal: journal.save(CHAIN, FinalityRecord(9, b"9" * 32)),
    "a transaction that was mined": lambda journal: Outbox(journal, CHAIN).save(ENTRY, durable=False),
}
NORMAL, FULL = 1, 2  # how SQLite says whether a commit waits for the disk


class Watched(Journal):
    """Notes of every write what was asked of the disk when it was about to be committed."""

    def asked(self, write: Callable[[Journal], object]) -> list[int]:
        self.seen: list[int] = []
        write(self)
        return self.seen

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Connection]:
        with super().transaction(durable=durable) as connection:
            yield connection
            self.seen.append(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())


@pytest.mark.parametrize("what", WRITES)
def test_what_could_not_be_read_again_outlives_a_power_cut(tmp_path: Path, what: str) -> None:
    """Also on a connection that wrote something lighter before."""
    write, _ = WRITES[what]
    with Watched.open(tmp_path, KEY) as journal:
        for light in LIGHT.values():
            journal.asked(light)

        assert journal.asked(write) == [FULL]


@pytest.mark.parametrize("what", LIGHT)
def test_what_a_chain_would_show_again_does_not_wait_for_the_disk(tmp_path: Path, what: str) -> None:
    with Watched.open(tmp_path, KEY) as journal:
        assert journal.asked(LIGHT[what]) == [NORMAL]


def test_no_kind_of_write_is_left_out() -> None:
    modules = [path.read_text(encoding="utf-8") for path in (ROOT / "ccip_py" / "nodes").rglob("*.py")]

    assert sum(text.count(".transaction(") for text in modules) == len(WRITES)


def test_L2_a_full_disk_stops_the_node_before_it_signs(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        with journal.transaction() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")

        with pytest.raises(BrokenInvariant, match="cannot be written"):
            fill(journal)


def fill(journal: Journal) -> None:
    for round_ in range(1, 200):
        journal.record_signing(DIGEST, 1, round_, b"a" * 32)
