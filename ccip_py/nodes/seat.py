"""A node's seat on a lane: its part in whatever committee the lane's CommitStore has now.

The chain says who the committers are. When that changes, the old agreement falls silent and the node takes its place in
the new one, if it is a member of it; if not, it stands by. Nothing is handed over: every configuration has a digest
of its own, under which the journal keeps what was signed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ccip_py.chains.evm.caller import At, Caller
from ccip_py.chains.evm.contracts import CommitStore
from ccip_py.chains.evm.transactions import Signer
from ccip_py.commit.agree import Outcome
from ccip_py.commit.config import subject
from ccip_py.commit.plugin import CommitPlugin
from ccip_py.commit.view import View
from ccip_py.errors import ConfigError, NotYet
from ccip_py.ocr.attest import AttestedReport
from ccip_py.ocr.config import Config, Timing
from ccip_py.ocr.state import Engine
from ccip_py.protocol.ids import Address

from .agreement import Agreement
from .journal import Journal
from .log import Log
from .metrics import Metrics
from .transport.ports import Transport


@dataclass(frozen=True, slots=True)
class Committee:
    """Whose signatures the CommitStore of a lane counts, as of one block."""

    digest: bytes
    signers: tuple[Address, ...]
    f: int


@dataclass(frozen=True, slots=True)
class LaneWire:
    """The transport as one lane's engine uses it: every payload is marked with the session of its committee."""

    transport: Transport
    session: bytes

    def send(self, to: bytes, payload: bytes) -> None:
        self.transport.send(to, self.session + payload)

    def broadcast(self, payload: bytes) -> None:
        self.transport.broadcast(self.session + payload)


@dataclass(frozen=True, slots=True)
class Seat:
    """What this node brings to any committee of one lane."""

    name: str  # of the lane
    plugin: CommitPlugin
    timing: Timing
    signer: Signer
    transport: Transport
    journal: Journal
    log: Log
    metrics: Metrics
    clock: Callable[[], float] = time.monotonic

    def take(
        self, committee: Committee, transmit: Callable[[AttestedReport], None]
    ) -> Agreement[View, Outcome] | None:
        """The running agreement of that committee, or None if this node is no member of it."""
        config = ocr_config(committee, self.plugin, self.timing)
        if self.signer.address not in config.signers:
            return None
        engine: Engine[View, Outcome] = Engine(config, self.plugin, config.index(self.signer.address))
        wire = LaneWire(self.transport, config.session)
        return Agreement(
            engine, self.signer, self.journal, wire, transmit, self.log, self.metrics, self.name, self.clock
        )


def ocr_config(committee: Committee, plugin: CommitPlugin, timing: Timing) -> Config:
    """The committee as agreement needs it. NotYet while the chain names one that cannot agree safely."""
    try:
        return Config(committee.digest, committee.signers, committee.f, subject(plugin.config), timing)
    except ConfigError as unsound:
        raise NotYet(
            f"the committee on chain is none to agree in: {unsound.message}",
            code="COMMITTEE_UNSOUND",
            hint="the owner configures 3f+1 signers with CommitStore.setOCR2Config; for a large f, raise timing.in_flight",
        ) from unsound


async def read_committee(caller: Caller, commit_store: Address, at: At) -> Committee:
    """Who the committers are at that block."""
    store = CommitStore(commit_store)
    [config] = await caller.read_all(at, [store.config()])
    [signers] = await caller.read_all(at, [store.signers()])
    [quorum] = await caller.read_all(at, [store.quorum()])
    return Committee(config.digest, signers, (quorum - 1) // 2)
