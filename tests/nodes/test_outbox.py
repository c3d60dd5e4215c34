"""The sender's journal: entries come back as they were, by chain, and ids are never used again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ccip_py.chains.evm.sending import Attempt, Entry, Intent, State
from ccip_py.nodes.journal import Journal
from ccip_py.nodes.outbox import Outbox
from ccip_py.nodes.under_way import messages_under_way
from ccip_py.protocol.ids import Address, ChainSelector

KEY = b"\x11" * 20
A, B = ChainSelector(2**64 - 1), ChainSelector(2)
ENTRY = Entry(1, 7, Intent(Address(b"\x02" * 20), b"\x03\x04", 100_000), (Attempt(10, 1, 5),))


def test_open_entries_survive_a_restart(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        Outbox(journal, A).save(ENTRY)

    with Journal.open(tmp_path, KEY) as journal:
        assert list(Outbox(journal, A).load()) == [ENTRY]
        assert list(Outbox(journal, B).load()) == []


def test_a_settled_entry_is_not_open_and_its_id_stays_used(tmp_path: Path) -> None:
    with Journal.open(tmp_path, KEY) as journal:
        outbox = Outbox(journal, A)
        outbox.save(ENTRY)

        outbox.save(replace(ENTRY, state=State.FINAL, success=True, block=9))

        assert list(outbox.load()) == []
        assert outbox.next_id() == 2
        assert Outbox(journal, B).next_id() == 1


def test_what_is_no_execution_has_no_messages_under_way() -> None:
    assert messages_under_way([ENTRY], Address(b"\x02" * 20)) == set()
