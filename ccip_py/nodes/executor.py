"""One executor on one lane: relay what waits for a blessing, then execute what is blessed.

One cycle: look → relay → select → simulate → look again → send. Nothing is remembered that could be read again: what is
under way is in the sender's journal, what is done is on chain. Being wrong is cheap here: the chain skips what was
executed by somebody else. What keeps a message from being executed is set aside with a growing pause and holds up nobody
else; a message whose receiver failed is never tried again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from anyio.abc import TaskGroup

from ccip_py.chains.evm.reverts import Revert
from ccip_py.chains.evm.sender import Sender
from ccip_py.chains.evm.sending import Entry, State
from ccip_py.errors import ContractRefused, NotYet
from ccip_py.execute.poison import Split, after_revert, narrowed, quarantine_seconds
from ccip_py.execute.report import execution_report, tree_of
from ccip_py.execute.select import Avoid, Batch, select
from ccip_py.execute.transmit import Send, decide
from ccip_py.execute.turns import Standing
from ccip_py.execute.view import CommittedRoot
from ccip_py.protocol.codec.evm import execute_call, manually_execute_call
from ccip_py.protocol.hashing import metadata_hash
from ccip_py.protocol.ids import Address, MessageId, Root, SeqNr
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.merkle import Tree
from ccip_py.protocol.message import Message
from ccip_py.protocol.report import ExecutionReport

from .blessing_relay import BlessingRelay
from .chain_link import UNTOLD, on_new_blocks
from .config import ExecutorConfig
from .cycle import Pace, run_cycles
from .execution_view import ExecutorEyes, Seen
from .log import Event, Log, Stage
from .market import Market
from .metrics import Metrics
from .simulation import Simulator
from .token_data import NoTokenData, TokenDataSource
from .under_way import messages_under_way

FRESH = 2.0  # seconds

TOKEN_STEP_WAITS = 2  # how often a message waits for its tokens; then the chain records its failure

NOBODY = Address(bytes(20))


@dataclass(frozen=True, slots=True)
class Aside:
    """How often a message was set aside, and until when: destination seconds."""

    times: int
    until: int
    seq_nr: SeqNr


@dataclass(frozen=True, slots=True)
class Ready:
    """A report that would execute now, as it is sent."""

    committed: CommittedRoot
    report: ExecutionReport
    call: bytes
    gas: int


@dataclass(slots=True)
class LaneExecutor:
    """One lane of one executor."""

    lane: Lane
    name: str
    eyes: ExecutorEyes
    blessings: BlessingRelay
    market: Market
    sender: Sender | None  # None: dry
    config: ExecutorConfig
    log: Log
    metrics: Metrics
    token_data: TokenDataSource = field(default_factory=NoTokenData)
    simulator: Simulator = field(init=False)
    _worked_on: Seen | None = None
    _aside: dict[MessageId, Aside] = field(default_factory=dict)
    _trees: dict[Root, Tree] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.simulator = Simulator(self.eyes.destination.rpc, self.lane.off_ramp)

    def start(self, tasks: TaskGroup, pace: Pace) -> None:
        """Begin to work: with every new block of either chain, and now and then without."""
        unhurried, news = replace(pace, pause=max(UNTOLD, pace.pause)), on_new_blocks(*self.eyes.ends)
        name = f"execute {self.name}"
        tasks.start_soon(run_cycles, name, self.cycle, unhurried, self.log, self.metrics, news)

    async def cycle(self) -> None:
        """One round of work; nothing if there is no new block since the last one."""
        now = self._worked_on.view.now if self._worked_on is not None else 0
        self.eyes.turns.next_cycle({each.seq_nr for each in self._aside.values() if each.until > now})
        seen = await self.eyes.look()
        if seen is self._worked_on:
            return
        await self.blessings.relay(seen)
        self._forget(seen)
        self._check_registered(seen)
        avoid, guard = await self._avoid(seen), await self.market.guard(seen.view.messages.values())
        chosen = select(seen.view, self.config.limits, self._standing(seen), avoid, guard)
        reports = [found for batch in chosen.batches for found in await self._simulated(batch, seen)]
        if reports:
            await self._send_all(reports, seen)
        await self._retry_token_failures(seen)
        self._worked_on = seen

    # --- Choosing ---

    def _check_registered(self, seen: Seen) -> None:
        if self.sender is not None and self.sender.address not in seen.executors:
            raise NotYet(
                "this key is not a registered executor of the lane: it only relays blessings",
                code="NOT_AN_EXECUTOR",
                context={"key": self.sender.address},
                hint="the owner registers executors with OffRamp.setExecutors",
            )

    def _standing(self, seen: Seen) -> Standing:
        return Standing(self._me(seen), seen.executors, self.config.turn_step)

    def _me(self, seen: Seen) -> Address:
        """This executor; a dry one speaks as any registered one, which simulations allow."""
        return self.sender.address if self.sender is not None else min(seen.executors, default=NOBODY)

    async def _avoid(self, seen: Seen) -> Avoid:
        entries: Sequence[Entry] = await self.sender.entries() if self.sender is not None else ()
        open_entries = [each for each in entries if each.state is State.PENDING or each.success]
        pending = messages_under_way(open_entries, self.lane.off_ramp)
        later = seen.view.now + 1
        return Avoid(
            pending=dict.fromkeys(pending, later),
            quarantined={each: aside.until for each, aside in self._aside.items()},
        )

    # --- Simulating ---

    async def _simulated(self, batch: Batch, seen: Seen) -> list[Ready]:
        """The reports out of a batch that would do now what they are for; the rest is set aside."""
        data = await self.token_data.fetch(batch.messages)
        found: list[Ready] = []
        waiting = [batch]
        while waiting:
            part = waiting.pop()
            report = execution_report(part.committed, self._tree(part.committed, seen), part.messages, data)
            ready = Ready(part.committed, report, execute_call(report), part.gas)
            outcome = await self.simulator.confirmed(
                self._me(seen), ready.call, part.gas, part.messages, data
            )
            if isinstance(outcome, Revert):
                waiting += self._after_revert(part, outcome, seen)
            elif early := [each for each in part.messages if self._can_wait(each, outcome)]:
                for message in early:
                    self._set_aside(message, seen, str(outcome[message.message_id]))
                rest = tuple(each for each in part.messages if each not in early)
                waiting += [narrowed(part, rest)] if rest else []
            else:
                found.append(ready)
        return found

    def _after_revert(self, part: Batch, revert: Revert, seen: Seen) -> list[Batch]:
        """What to try instead, the first one last."""
        match after_revert(part):
            case Split(first, second):
                return [second, first]
            case quarantine:
                self._set_aside(quarantine.message, seen, str(revert))
                return []

    def _can_wait(self, message: Message, failing: Mapping[MessageId, Revert]) -> bool:
        """Waiting is for limits that refill. A pool that will not release must not keep its root open for ever: after a
        few waits its message goes with the others, and fails on the record."""
        before = self._aside.get(message.message_id)
        return message.message_id in failing and (before is None or before.times < TOKEN_STEP_WAITS)

    def _tree(self, committed: CommittedRoot, seen: Seen) -> Tree:
        if committed.root not in self._trees:
            metadata = metadata_hash(self.lane.source, self.lane.destination, self.lane.on_ramp)
            self._trees[committed.root] = tree_of(committed, seen.view.messages, metadata)
        return self._trees[committed.root]

    def _set_aside(self, message: Message, seen: Seen, why: str) -> None:
        before = self._aside.get(message.message_id)
        times = before.times + 1 if before is not None else 1
        until = seen.view.now + quarantine_seconds(times)
        self._aside[message.message_id] = Aside(times, until, message.sequence_number)
        self.log.warning(
            Event.MESSAGE_SET_ASIDE,
            stage=Stage.EXECUTE,
            message_id=bytes(message.message_id),
            seq_nr=message.sequence_number,
            times=times,
            why=why,
        )

    # --- Sending ---

    async def _send_all(self, reports: Sequence[Ready], seen: Seen) -> None:
        """With a view that is not older than a block: somebody else may have been quicker."""
        fresh = (await self.eyes.look() if self.eyes.age() > FRESH else seen).view
        ahead: list[ExecutionReport] = []  # what went out before continues its senders' nonces
        for ready in reports:
            report, root = ready.report, ready.committed.root
            verdict = decide(report, root, fresh, ahead)
            about = {"stage": Stage.EXECUTE, "root": bytes(root), "messages": len(report.messages)}
            about["first"] = report.messages[0].sequence_number
            if not isinstance(verdict, Send):
                self.log.info(Event.EXECUTION_POSTPONED, why=verdict.reason, **about)
                continue
            ahead.append(report)
            if self.sender is None:
                self.log.info(Event.DRY, **about)
                continue
            purpose = f"execute {self.name}"
            await self.sender.send(self.lane.off_ramp, ready.call, gas_limit=ready.gas, purpose=purpose)
            self.metrics.sent.labels(self.name, "execute").inc()
            ids = [bytes(message.message_id) for message in report.messages]
            self.log.info(Event.EXECUTION_SENT, message_ids=ids, **about)

    async def _retry_token_failures(self, seen: Seen) -> None:
        """Messages recorded as FAILURE because their tokens could not be delivered: anybody may try again, and the
        chain refuses, before it costs anything, while it would fail again."""
        avoid = await self._avoid(seen)
        for root in seen.open_roots:
            committed = next((each for each in seen.view.roots if each.root == root.root), None)
            for seq_nr in sorted(root.token_failures):
                message = seen.view.messages.get(seq_nr)
                if committed is None or not committed.blessed or message is None or seen.view.stopped:
                    continue
                if avoid.reason(message, seen.view.now) is None:
                    await self._retry(committed, message, seen)

    async def _retry(self, committed: CommittedRoot, message: Message, seen: Seen) -> None:
        data = await self.token_data.fetch([message])
        report = execution_report(committed, self._tree(committed, seen), [message], data)
        about = {"stage": Stage.EXECUTE, "message_id": bytes(message.message_id), "retry": True}
        if self.sender is None:
            self.log.info(Event.DRY, **about)
            return
        try:
            await self.sender.send(self.lane.off_ramp, manually_execute_call(report), purpose="retry tokens")
        except ContractRefused as refused:
            self._set_aside(message, seen, str(refused))
            return
        self.log.info(Event.EXECUTION_SENT, **about)

    def _forget(self, seen: Seen) -> None:
        """Keep only what is about open roots, so that memory follows the backlog."""
        roots = {each.root for each in seen.view.roots}
        self._trees = {root: tree for root, tree in self._trees.items() if root in roots}
        there = {
            number
            for each in seen.view.roots
            for number in range(each.interval.first, each.interval.last + 1)
        }
        self._aside = {each: aside for each, aside in self._aside.items() if aside.seq_nr in there}
        last = max((each.interval.last for each in seen.view.roots), default=None)
        if last is not None:
            self.metrics.reached.labels(self.name, Stage.COMMIT).set(last)
