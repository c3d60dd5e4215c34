"""The whole network loses its power at each write of its journals in turn, before or after that write took effect: all
nodes start again from what is on disk, and what was under way comes to the one end that it should."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest

from ccip_py.deploy import devnet as roles
from ccip_py.deploy.keys import dev_address
from ccip_py.errors import CcipError
from ccip_py.nodes.journal import Journal
from ccip_py.protocol.codec.evm import checksum
from ccip_py.risk import store
from ccip_py.testing import Stage
from ccip_py.testing.sandbox import Sandbox
from tests.chaos.test_reorg_matrix import tally
from tests.nodes.test_stuck_messages import WAIT, as_owner, work

RUNS = 3  # tries to come to a write
PATIENCE = 8  # rounds in which something should happen
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


class Way(Protocol):
    """Something that takes several writes."""

    def begin(self, ccip: Sandbox) -> None:
        """What leads to it, with power."""

    def go_on(self, ccip: Sandbox) -> None:
        """What is tried in each life, until it is through."""

    def holds(self, ccip: Sandbox) -> None:
        """What must be so in the end."""


class Arrival:
    """A message with data and tokens arrives once."""

    def begin(self, ccip: Sandbox) -> None:
        ccip.watch()  # what monitors write at their first look ever is on no message's way
        self.inbox = ccip.deploy("b", "Inbox", ccip.router("b"))
        self.sent = ccip.send("a", "b", self.inbox, data=b"over the cut", tokens=[("BMT", 7), ("LRT", 8)])

    def go_on(self, ccip: Sandbox) -> None:
        ccip.run_until(self.sent, Stage.EXECUTED)

    def holds(self, ccip: Sandbox) -> None:
        assert self.inbox.count() == 1
        assert tally(ccip) == (1, 1)


class Retry:
    """A message whose tokens a pool cannot pay fails on the record; once the pool is filled it arrives, once."""

    def begin(self, ccip: Sandbox) -> None:
        self.token, self.pool = ccip.token("b", "LRT"), ccip.chain("b").token("LRT").pool
        self.before = self.token.balanceOf(ccip.user.address)
        self.liquidity = self._held()
        as_owner(ccip, "LockReleaseTokenPool", self.pool, "setRebalancer", dev_address(roles.OWNER))
        as_owner(ccip, "LockReleaseTokenPool", self.pool, "withdrawLiquidity", self.liquidity)
        self.sent = ccip.send("a", "b", ccip.user, tokens=[("LRT", 5)])
        ccip.run_until(self.sent, Stage.BLESSED)
        work(ccip)

    def go_on(self, ccip: Sandbox) -> None:
        self._work_until(ccip, Stage.FAILED, Stage.EXECUTED)
        if ccip.stage(self.sent) is Stage.FAILED and self._held() == 0:
            token = ccip.chain("b").token("LRT").address
            as_owner(ccip, "BurnMintERC20", token, "transfer", self.pool, self.liquidity)
        self._work_until(ccip, Stage.EXECUTED)

    def holds(self, ccip: Sandbox) -> None:
        assert ccip.stage(self.sent) is Stage.EXECUTED
        assert self.token.balanceOf(ccip.user.address) == self.before + 5
        assert tally(ccip) == (1, 1)

    def _held(self) -> int:
        return int(self.token.balanceOf(checksum(self.pool)))

    def _work_until(self, ccip: Sandbox, *stages: Stage) -> None:
        for _ in range(PATIENCE):
            if ccip.stage(self.sent) in stages:
                return
            ccip.warp(WAIT)
            work(ccip, rounds=1)


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


def _lives_through(ccip: Sandbox, way: Way, monkeypatch: pytest.MonkeyPatch, fuse: Fuse) -> None:
    """It comes to its end, whatever the fuse does on the way."""
    network = ccip.network
    with ccip.isolated(), monkeypatch.context() as patched:
        way.begin(ccip)
        network.host.call(network.nodes.close)
        _powered(patched, fuse)
        for _ in range(LIVES):
            try:
                way.go_on(ccip)
                break
            except (PowerCut, CcipError, ExceptionGroup):
                assert fuse.blown
                network.host.call(network.nodes.close)
        way.holds(ccip)
        network.host.call(network.nodes.close)


def _writes(ccip: Sandbox, way: Way, monkeypatch: pytest.MonkeyPatch) -> int:
    fuse = Fuse(at=0, after=False)
    _lives_through(ccip, way, monkeypatch, fuse)
    assert not fuse.blown
    return fuse.writes


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize(("way", "fewest"), [(Arrival, 27), (Retry, 20)])
def test_a_power_cut_at_every_write_changes_nothing_in_the_end(
    ccip: Sandbox, way: type[Way], fewest: int, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """A repeated round makes some runs longer than others: a write that did not come is waited for in another run."""
    writes = min(_writes(ccip, way(), monkeypatch) for _ in range(RUNS))
    assert writes >= fewest
    for at in range(1, writes + 1):
        fuse = Fuse(at, after)
        for _ in range(RUNS):
            if not fuse.blown:
                _lives_through(ccip, way(), monkeypatch, fuse := Fuse(at, after))
        assert fuse.blown, f"write {at} of {writes} was never cut"
