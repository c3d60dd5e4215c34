"""One committer: a key, a folder, its own connections, and one agreement per lane.

Each lane runs by itself, and each of its loops is a short cycle:

    views      pin → read → tell the engine what it sees (or that it sees nothing)
    time       wake the engine when it asked to be woken
    transmit   when it is this node's turn: look again, and send only what would still take effect

When the CommitStore has another committee, the lane moves there (see `seat`).

What peers say arrives in one more loop, whatever the lane. The journal, the engine and the CommitStore each make
sure on their own that a crash at any moment leads to no second signature and no second commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import anyio
from anyio.abc import TaskGroup

from ccip_py.chains.evm.sender import Sender
from ccip_py.commit.agree import Outcome
from ccip_py.commit.plugin import CommitPlugin
from ccip_py.commit.view import View
from ccip_py.errors import ContractRefused
from ccip_py.ocr.attest import AttestedReport
from ccip_py.ocr.plugin import Drop, Send
from ccip_py.protocol.codec.evm import decode_commit_report, transmit_call
from ccip_py.protocol.digests import report_context
from ccip_py.protocol.lane import Lane

from .agreement import Agreement
from .chain_link import UNTOLD, on_new_blocks
from .commit_view import CommitEyes, ConfigChanged
from .cycle import Cycle, Nudge, Pace, run_cycles
from .log import Event, Log, Stage
from .metrics import Metrics
from .seat import Committee, Seat
from .transport.envelope import Incoming
from .transport.ports import Transport

SESSION_BYTES = 32
HEARD_AT_ONCE = 32  # payloads, before other work gets its turn
LISTENED = 1.0  # seconds in silence, until a node that has just started counts as one that listens
OUTSIDE = 1.0  # seconds between looks whether there is an agreement to wake


@dataclass(slots=True)
class LaneCommitter:
    """One lane of one committer."""

    lane: Lane
    name: str
    eyes: CommitEyes
    plugin: CommitPlugin
    sender: Sender | None  # None: dry
    log: Log
    metrics: Metrics
    seat: Seat | None = None  # None: dry, nothing is said or signed
    agreement: Agreement[View, Outcome] | None = None  # None: dry, or not in the committee
    turn: AttestedReport | None = None  # what it is this node's turn to send
    _told: View | None = None
    turned: Nudge = field(default_factory=Nudge)

    def start(self, tasks: TaskGroup, pace: Pace) -> None:
        """Begin to work."""
        news = on_new_blocks(*self.eyes.ends)
        self._loop(tasks, "views", self.view_cycle, replace(pace, pause=max(UNTOLD, pace.pause)), news)
        if self.seat is not None:
            self._loop(tasks, "time", self.time_cycle, Pace(pause=0.0))
            self._loop(tasks, "transmit", self.transmit_cycle, Pace(pause=1.0), self.turned)

    def take_turn(self, attested: AttestedReport) -> None:
        """It is this node's turn to send."""
        self.turn = attested
        self.turned.now()

    @property
    def session(self) -> bytes | None:
        """What marks the payloads of this lane's committee among peers; None outside of it."""
        return self.agreement.session if self.agreement is not None else None

    def join(self, committee: Committee) -> None:
        """Leave the committee this node was in, if any, and take its place in this one, if it is a member."""
        if self.agreement is not None:
            self.agreement.end()
        self.agreement = self.turn = self._told = None
        if self.seat is not None:
            self.agreement = self.seat.take(committee, self.take_turn)
            self.log.info(
                Event.STANDING_BY if self.agreement is None else Event.JOINED,
                stage=Stage.AGREE,
                digest=committee.digest,
                members=len(committee.signers),
            )

    async def time_cycle(self) -> None:
        """Wake the engine when it asked to be woken."""
        if self.agreement is not None:
            await self.agreement.next_tick()
        else:
            await anyio.sleep(OUTSIDE)

    async def view_cycle(self) -> None:
        """See, and tell. A node that cannot see says so, and abstains."""
        view: View | None = None
        try:
            view = await self.eyes.look()
        except ConfigChanged:
            self.join(await self.eyes.committee())
            return
        finally:
            if self.agreement is not None and (view is None or view is not self._told):
                self.agreement.see(view)
            self._told = view
        self.metrics.reached.labels(self.name, Stage.COMMIT).set(view.expected_next - 1)
        self.metrics.reached.labels(self.name, Stage.OBSERVE).set(view.expected_next + len(view.leaves) - 1)
        if self.seat is None and view.leaves:
            self.log.info(Event.DRY, stage=Stage.OBSERVE, first=view.expected_next, waiting=len(view.leaves))

    async def transmit_cycle(self) -> None:
        """Send what it is our turn to send, if a fresh look says that it would still take effect."""
        attested = self.turn
        if attested is None:
            return
        verdict = self.plugin.transmit(attested.report, attested.slot, await self.eyes.look())
        if isinstance(verdict, Send):
            await self._send(attested)
        elif isinstance(verdict, Drop):
            self._done(attested)
            self.log.info(Event.TRANSMIT_DROPPED, stage=Stage.COMMIT, why=verdict.why)

    async def _send(self, attested: AttestedReport) -> None:
        report = decode_commit_report(attested.report)
        about = {"stage": Stage.COMMIT, "root": bytes(report.root), "first": report.interval.first}
        about["last"] = report.interval.last
        if self.sender is None:
            self._done(attested)
            self.log.info(Event.DRY, **about)
            return
        context = report_context(self.eyes.config_digest, attested.slot.epoch, attested.slot.round)
        signatures = [one.signature for one in attested.signatures]
        try:
            call = transmit_call(context, attested.report, signatures)
            await self.sender.send(self.lane.commit_store, call, purpose=f"commit {self.name}")
        except ContractRefused as refused:
            self._done(attested)
            self.log.warning(Event.TRANSMIT_DROPPED, why=str(refused), **about)
            return
        self._done(attested)
        self.metrics.sent.labels(self.name, "commit").inc()
        self.log.info(Event.TRANSMITTED, **about)

    def _done(self, attested: AttestedReport) -> None:
        if self.turn is attested:
            self.turn = None

    def _loop(
        self, tasks: TaskGroup, what: str, cycle: Cycle, pace: Pace, nudge: Nudge | None = None
    ) -> None:
        tasks.start_soon(run_cycles, f"{what} {self.name}", cycle, pace, self.log, self.metrics, nudge)


async def hear_peers(transport: Transport, lanes: Iterable[LaneCommitter]) -> None:
    """One cycle: hand what has arrived to the lanes it is for. A payload starts with its committee's session."""
    incoming: Incoming | None = None
    with anyio.move_on_after(LISTENED):
        incoming = await transport.receive()
    by_session = {lane.session: lane for lane in lanes}
    for _ in range(HEARD_AT_ONCE):
        if incoming is None:
            return
        lane = by_session.get(incoming.payload[:SESSION_BYTES])
        if lane is not None and lane.agreement is not None:
            lane.agreement.hear(incoming.payload[SESSION_BYTES:])
        incoming = transport.take()
