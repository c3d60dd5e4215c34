"""The whole network loses its power at a write of one of its journals, before or after that write took effect: all nodes
start again from what is on disk, and the message arrives once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest

from ccip_py.errors import CcipError
from ccip_py.nodes.journal import Journal
from ccip_py.risk import store
from ccip_py.testing import Stage
from ccip_py.testing.contracts import Contract
from ccip_py.testing.sandbox import Sandbox
from tests.chaos.test_reorg_matrix import tally

LIVES = 4  # the power goes once; what goes wrong besides shows in a later life


class PowerCut(Exception):
    """Nothing happens any more until the nodes are started again."""


@dataclass
class Fuse:
    """Blows at the write number `at`, before or after it is made. Whoever was up then writes nothing any more."""

    at: int
    after: bool
    writes: int = 0
    dead: set[int] = field(default_factory=set)  # journals, by id; held so that no id comes again
    known: list[Any] = field(default_factory=list)

    @contextmanager
    def over(self, journal: Any) -> Iterator[None]:
        if journal not in self.known:
            self.known.append(journal)
        if id(journal) in self.dead:
            raise PowerCut
        self.writes += 1
        blows = self.writes == self.at
        if blows and not self.after:
            self._blow()
        yield
        if blows:
            self._blow()

    def _blow(self) -> None:
        self.dead = {id(journal) for journal in self.known}
        raise PowerCut

    @property
    def blown(self) -> bool:
        return bool(self.dead)


class Watched:
    """A monitor's database whose writes go over the fuse."""

    def __init__(self, real: sqlite3.Connection, fuse: Fuse) -> None:
        self._real, self._fuse = real, fuse

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        if not statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            return self._real.execute(statement, *arguments)
        with self._fuse.over(self):
            return self._real.execute(statement, *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.fixture
def inbox(ccip: Sandbox) -> Contract:
    return ccip.deploy("b", "Inbox", ccip.router("b"))


def _powered(monkeypatch: pytest.MonkeyPatch, fuse: Fuse) -> None:
    """Every journal that is opened from now on is on the fuse. Others are other tests' networks, which may be up."""
    make, open_, write = store.Journal.__init__, Journal.__init__, Journal.transaction

    def begin(journal: store.Journal, *arguments: Any) -> None:
        make(journal, *arguments)
        journal._db = Watched(journal._db, fuse)  # type: ignore[assignment]

    def begin_too(journal: Journal, *arguments: Any) -> None:
        open_(journal, *arguments)
        fuse.known.append(journal)

    @contextmanager
    def transaction(journal: Journal, **options: Any) -> Iterator[Any]:
        over = fuse.over(journal) if journal in fuse.known else nullcontext()
        with over, write(journal, **options) as connection:
            yield connection

    monkeypatch.setattr(store.Journal, "__init__", begin)
    monkeypatch.setattr(Journal, "__init__", begin_too)
    monkeypatch.setattr(Journal, "transaction", transaction)


def _lives_through(ccip: Sandbox, inbox: Contract, monkeypatch: pytest.MonkeyPatch, fuse: Fuse) -> None:
    """A message arrives once, whatever the fuse does on its way."""
    network = ccip.network
    with ccip.isolated(), monkeypatch.context() as patched:
        ccip.watch()  # what monitors write at their first look ever is on no message's way
        network.host.call(network.nodes.close)
        _powered(patched, fuse)
        sent = ccip.send("a", "b", inbox, data=b"over the cut", tokens=[("BMT", 7), ("LRT", 8)])
        for _ in range(LIVES):
            try:
                ccip.run_until(sent, Stage.EXECUTED)
                break
            except (PowerCut, CcipError, ExceptionGroup):
                assert fuse.blown
                network.host.call(network.nodes.close)
        assert inbox.count() == 1, (fuse.at, fuse.after)
        assert tally(ccip) == (1, 1)
        network.host.call(network.nodes.close)


def _writes(ccip: Sandbox, inbox: Contract, monkeypatch: pytest.MonkeyPatch) -> int:
    fuse = Fuse(at=0, after=False)
    _lives_through(ccip, inbox, monkeypatch, fuse)
    assert not fuse.blown
    return fuse.writes


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_power_cut_at_any_write_loses_and_doubles_nothing(
    ccip: Sandbox, inbox: Contract, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    writes, cuts = _writes(ccip, inbox, monkeypatch), 0
    for at in range(1, writes + 1):
        fuse = Fuse(at, after)
        _lives_through(ccip, inbox, monkeypatch, fuse)
        cuts += bool(fuse.blown)  # a repeated round makes some ways longer than others
    assert cuts > writes * 3 // 4
