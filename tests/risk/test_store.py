"""The journal: nothing is signed that isn't written down, and never two roots for one interval."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from ccip_py.risk import keys
from ccip_py.risk.judge import Evidence
from ccip_py.risk.pairs import Memory
from ccip_py.risk.store import Equivocation, Journal, Sending
from ccip_py.risk.vote import Blessing, Curse, Domain, digest, sign

DOMAIN = Domain(31337, b"\x0d" * 20)
BLESSING = Blessing(b"\x01" * 20, 77, b"\x02" * 20, 3, 9, b"\x04" * 32, 5)
STANDING = Evidence("AN2", 77, (1, 77), "wrong root", {"root": "04"}, standing="lane")
LASTING = Evidence("AN1", 77, (1, 77), "a finalized block changed", {"number": 7})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def test_a_second_root_for_the_same_interval_is_never_permitted(path: Path) -> None:
    journal = Journal(path)
    journal.permit_blessing(BLESSING, 1, DOMAIN, {})

    for version in (1, 2):
        with pytest.raises(Equivocation):
            journal.permit_blessing(replace(BLESSING, root=b"\x05" * 32), version, DOMAIN, {})
    journal.close()


def test_the_refusal_survives_a_restart(path: Path) -> None:
    journal = Journal(path)
    journal.permit_blessing(BLESSING, 1, DOMAIN, {})
    journal.close()

    reopened = Journal(path)
    with pytest.raises(Equivocation):
        reopened.permit_blessing(replace(BLESSING, root=b"\x05" * 32), 1, DOMAIN, {})
    reopened.close()


@pytest.mark.parametrize(
    "other",
    [
        replace(BLESSING, epoch=6, root=b"\x05" * 32),
        replace(BLESSING, first=1, root=b"\x05" * 32),
        replace(BLESSING, last=12, root=b"\x05" * 32),
        BLESSING,
    ],
)
def test_other_epochs_overlaps_and_repetitions_are_permitted(path: Path, other: Blessing) -> None:
    journal = Journal(path)
    journal.permit_blessing(BLESSING, 1, DOMAIN, {})

    permit = journal.permit_blessing(other, 2, DOMAIN, {})

    assert permit.digest == digest(other, 2, DOMAIN)
    journal.close()


def test_what_is_signed_is_on_disk_before_there_is_a_signature(path: Path) -> None:
    """Another connection sees the row as soon as the permit exists; a key can't sign without one."""
    journal = Journal(path)

    permit = journal.permit_blessing(BLESSING, 1, DOMAIN, {"messages": 7})
    seen = sqlite3.connect(path).execute("SELECT root FROM blessing").fetchall()

    assert seen == [(BLESSING.root.hex(),)]
    assert sign(permit, keys.dev_key(0)).statement == BLESSING
    journal.close()


def test_a_crash_while_writing_leaves_no_permit(path: Path) -> None:
    journal = Journal(path)
    journal.close()

    with pytest.raises(sqlite3.ProgrammingError):
        journal.permit_blessing(BLESSING, 1, DOMAIN, {})

    assert sqlite3.connect(path).execute("SELECT count(*) FROM blessing").fetchone() == (0,)


def test_the_journal_is_flushed_on_every_write(path: Path) -> None:
    journal = Journal(path)

    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    journal.close()


def test_settled_evidence_comes_back_only_if_it_stands_again(path: Path) -> None:
    journal = Journal(path)
    for evidence in (STANDING, LASTING):
        assert journal.hold(evidence)
        assert not journal.hold(evidence)
        journal.settle(evidence)
    assert journal.held() == []

    assert journal.hold(STANDING)
    assert not journal.hold(LASTING)

    assert [held.evidence for held in journal.held()] == [STANDING]
    journal.close()


def test_evidence_keeps_its_id_and_epochs_over_a_restart(path: Path) -> None:
    journal = Journal(path)
    journal.hold(LASTING)
    journal.note_epoch(journal.held()[0], "1/aa", 4)
    journal.close()

    reopened = Journal(path)
    (held,) = reopened.held()
    assert held.evidence.id == LASTING.id
    assert held.epochs == {"1/aa": 4}
    reopened.close()


def test_everything_about_a_vote_can_be_explained(path: Path) -> None:
    journal = Journal(path)
    journal.permit_blessing(BLESSING, 1, DOMAIN, {"messages": 7})
    journal.hold(LASTING)
    journal.permit_curse(Curse(b"\x01" * 16, 0, 99, LASTING.id), 1, DOMAIN)

    blessed = journal.explain("0x" + BLESSING.root.hex())
    cursed = journal.explain(LASTING.id.hex()[:12])

    assert [row["kind"] for row in blessed] == ["blessing"]
    assert '"messages": 7' in blessed[0]["why"]
    assert sorted(row["kind"] for row in cursed) == ["curse", "evidence"]
    journal.close()


def test_transactions_under_way_are_known_after_a_restart(path: Path) -> None:
    sending = Sending(4, "bless/aa", b"\x01" * 20, b"data", 10**9, b"raw", 17)
    journal = Journal(path)
    journal.record_sending(31337, sending)
    journal.record_sending(31337, replace(sending, nonce=5, fee=2))
    journal.close()

    reopened = Journal(path)
    assert [one.nonce for one in reopened.sendings(31337)] == [4, 5]
    assert reopened.sendings(1337) == []
    reopened.forget_sendings(31337, below_nonce=5)
    assert [one.nonce for one in reopened.sendings(31337)] == [5]
    reopened.close()


def test_what_is_known_of_both_ends_of_a_curse_survives_a_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    assert journal.pair(1, 2) is None
    journal.remember_pair(1, 2, Memory(0, 3))
    journal.remember_pair(1, 2, Memory(0, 3, answered=True))
    journal.close()

    again = Journal(tmp_path / "journal.sqlite")
    assert again.pair(1, 2) == Memory(0, 3, answered=True)
    assert again.pair(2, 1) is None
    again.close()
