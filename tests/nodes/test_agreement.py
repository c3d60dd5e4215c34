"""Four engines with real keys and journals: they attest, and a kill at any journal write changes nothing for safety.

given a committee that sees the same messages
  when all are well                                    every node attests to the same report
  when a node is killed before or after any write      it comes back, never signs twice in a round, and all attest
  when a node's journal binds it to another report     it does not sign, and the others attest without it
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from ccip_py.chains.evm.keys import KeySigner
from ccip_py.commit.agree import Outcome
from ccip_py.commit.config import CommitConfig, PriceRule, subject
from ccip_py.commit.plugin import CommitPlugin
from ccip_py.commit.view import View
from ccip_py.nodes.agreement import Agreement
from ccip_py.nodes.journal import Journal
from ccip_py.nodes.log import quiet_log
from ccip_py.nodes.metrics import Metrics
from ccip_py.ocr.attest import AttestedReport
from ccip_py.ocr.config import Config
from ccip_py.ocr.messages import Kind, Slot, decode_vote, parse
from ccip_py.ocr.state import Engine
from ccip_py.protocol.ids import Address, ChainSelector, SeqNr
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.lane import Lane

DIGEST = b"\x00\x01" + b"\x0d" * 30
LANE = Lane(ChainSelector(1), ChainSelector(2), *(Address(bytes([n]) * 20) for n in (1, 2, 3)))
RULE = PriceRule(heartbeat=0, deviation_ppb=10**9)
TERMS = CommitConfig(LANE, (), RULE, RULE, 10**9)
SEES = View(10, 20, 1_000, SeqNr(1), (keccak(b"one"), keccak(b"two")), halted=False)


class Killed(Exception):
    """The process died here."""


class FragileJournal(Journal):
    """A journal that dies with its process at one of its writes."""

    writes = 0
    dies_at = 0  # 0: never
    dies_before = True

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Connection]:
        self.writes += 1
        if self.writes == self.dies_at and self.dies_before:
            raise Killed
        with super().transaction(durable=durable) as connection:
            yield connection
        if self.writes == self.dies_at:
            raise Killed


@dataclass
class Committee:
    """Nodes in one room, with one clock and a wire that keeps everything it carried."""

    folder: Path
    signers: list[KeySigner]
    now: float = 0.0
    queues: dict[bytes, deque[bytes]] = field(default_factory=dict)
    carried: list[bytes] = field(default_factory=list)
    attested: dict[int, list[AttestedReport]] = field(default_factory=dict)
    nodes: dict[int, Agreement[View, Outcome]] = field(default_factory=dict)
    journals: dict[int, FragileJournal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        addresses = tuple(signer.address for signer in self.signers)
        self.config = Config(DIGEST, addresses, 1, subject(TERMS))
        self.queues = {address: deque() for address in addresses}

    def start(self, index: int, *, dies_at: int = 0, dies_before: bool = True) -> None:
        signer = self.signers[index]
        journal = FragileJournal.open(self.folder / str(index), signer.address)
        journal.dies_at, journal.dies_before = dies_at, dies_before
        self.journals[index] = journal
        engine: Engine[View, Outcome] = Engine(self.config, CommitPlugin(TERMS), index)
        self.nodes[index] = Agreement(
            engine,
            signer,
            journal,
            Wire(self, signer.address),
            self.attested.setdefault(index, []).append,
            quiet_log(),
            Metrics(),
            "lane",
            clock=lambda: self.now,
        )
        self.nodes[index].see(SEES)

    def kill(self, index: int) -> None:
        self.journals.pop(index).close()
        self.nodes.pop(index, None)
        self.queues[self.signers[index].address].clear()

    def step(self) -> None:
        """A tenth of a second: everybody hears what is on the wire, then notices the time. A node that dies is
        started again."""
        self.now += 0.1
        for index in list(self.nodes):
            try:
                queue = self.queues[self.signers[index].address]
                while queue:
                    self.nodes[index].hear(queue.popleft())
                self.nodes[index].tick()
            except Killed:
                self.kill(index)
                self.start(index)

    def run_until_transmitted(self, steps: int = 600) -> AttestedReport:
        """Until some node is asked to send a report."""
        for _ in range(steps):
            self.step()
            for reports in self.attested.values():
                if reports:
                    return reports[0]
        raise AssertionError(f"nothing was attested in {steps} steps")

    def signed_by(self, index: int) -> dict[Slot, set[bytes]]:
        """Every report this node ever signed, by round, as the wire saw it."""
        found: dict[Slot, set[bytes]] = {}
        for raw in self.carried:
            said = parse(self.config, raw, 10**6)
            assert said is not None
            if said.sender == index and said.message.kind is Kind.SIGNATURE:
                vote = decode_vote(said.message.payload)
                assert vote is not None
                found.setdefault(said.message.slot, set()).add(vote.report)
        return found


@dataclass
class Wire:
    committee: Committee
    own: bytes

    def send(self, to: bytes, payload: bytes) -> None:
        self.committee.carried.append(payload)
        self.committee.queues[to].append(payload)

    def broadcast(self, payload: bytes) -> None:
        for address in self.committee.queues:
            if address != self.own:
                self.send(address, payload)


@pytest.fixture
def committee(tmp_path: Path, signers: list[KeySigner]) -> Iterator[Committee]:
    made = Committee(tmp_path, signers[:4])
    yield made
    for index in list(made.journals):
        made.kill(index)


def test_a_committee_attests(committee: Committee) -> None:
    for index in range(4):
        committee.start(index)

    attested = committee.run_until_transmitted()

    assert len(attested.signatures) == 3


@pytest.mark.parametrize("victim", range(4))
@pytest.mark.parametrize("dies_before", [True, False])
@pytest.mark.parametrize("dies_at", [1, 2])  # its epoch, its signature
def test_L1_a_kill_at_any_journal_write_is_harmless(
    committee: Committee, victim: int, dies_at: int, dies_before: bool
) -> None:
    for index in range(4):
        if index != victim:
            committee.start(index)
    try:
        committee.start(victim, dies_at=dies_at, dies_before=dies_before)
    except Killed:
        committee.kill(victim)
        committee.start(victim)

    committee.run_until_transmitted()
    for _ in range(30):
        committee.step()

    assert all(len(reports) == 1 for reports in committee.signed_by(victim).values())
    for slot, reports in committee.signed_by(victim).items():
        hashes = {keccak(report) for report in reports}
        assert {committee.journals[victim].signed(DIGEST, slot.epoch, slot.round)} == hashes


def test_L1_those_were_all_the_writes_of_a_round(committee: Committee) -> None:
    for index in range(4):
        committee.start(index)
    committee.run_until_transmitted()
    for _ in range(30):
        committee.step()

    assert {journal.writes for journal in committee.journals.values()} == {2}


def test_nothing_is_said_that_is_not_on_disk(committee: Committee, monkeypatch: pytest.MonkeyPatch) -> None:
    """The node dies just before its first signature is recorded: the wire must not have seen that signature."""
    for index in range(4):
        committee.start(index)

    def die(*_: object) -> bool:
        raise Killed

    monkeypatch.setattr(committee.journals[0], "record_signing", die)
    monkeypatch.setattr(committee, "start", die)  # it stays dead

    with pytest.raises(Killed):
        committee.run_until_transmitted()

    assert committee.signed_by(0) == {}


def test_a_node_bound_to_another_report_does_not_sign(committee: Committee) -> None:
    for index in range(4):
        committee.start(index)
    for epoch in range(1, 4):
        for round_ in range(1, 10):
            committee.journals[0].record_signing(DIGEST, epoch, round_, b"\x99" * 32)

    attested = committee.run_until_transmitted()

    assert committee.signed_by(0) == {}
    assert 0 not in {one.signer for one in attested.signatures}
