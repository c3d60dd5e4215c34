"""All nodes of a network, driven by hand: nothing happens by itself, and nothing has to be waited for.

    nodes = SteppedNodes(deployment, folder)
    sent = await nodes.commit()      committers look, agree and transmit, if there is something to commit
    sent = await nodes.bless()       monitors look, judge and relay, if there is something to bless
    sent = await nodes.execute()     executors look and execute
    await nodes.close()

These are the nodes that run as processes elsewhere: the same eyes, engines, keys, signatures, journals and senders, with
their loops replaced by calls of their cycles in turn. Their clock is this object's own. It is moved on only where a
node waits for time and for nothing else, so a leader that is down costs no second of anybody's life.

What nodes know besides the chains is in `folder`. Close the nodes, put the folder back together with the chains, and go
on: they are opened again when they are needed, as nodes are that were restarted.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from ccip_py.chains.deployment import Deployment
from ccip_py.chains.evm.caller import Caller
from ccip_py.chains.evm.contracts import CommitStore, OnRamp
from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.deploy import devnet as roles
from ccip_py.devnet.node_mains import NodeMains
from ccip_py.devnet.shared_answers import MonitorAnswers, SharedAnswers
from ccip_py.errors import BrokenInvariant, CcipError
from ccip_py.nodes.chain_link import Surroundings
from ccip_py.nodes.committer import SESSION_BYTES, LaneCommitter
from ccip_py.nodes.log import quiet_log
from ccip_py.nodes.transport.in_process import InProcessTransport
from ccip_py.nodes.wire import Committer, Executor, Watched
from ccip_py.protocol.ids import ChainSelector
from ccip_py.risk import config as risk
from ccip_py.risk import keys as risk_keys
from ccip_py.risk.monitor import Monitor

LaneKey = tuple[ChainSelector, ChainSelector]

PATIENCE = 20.0
"""Seconds of the nodes' clock that one agreement may take: several leaders' worth."""

SHORTEST_WAIT = 0.05
"""Seconds of the nodes' clock: as fine as their shortest timer."""

MONITOR_CYCLES, ATTENTIVE_CYCLES = 2, 4
"""Per round: votes of those who come later must be heard; and what is to be held against anybody, be seen again."""

A_LOOK = 1.0
"""Seconds of the nodes' clock between two rounds: enough that everybody looks again."""


@dataclass(slots=True)
class _Open:
    """A node that is up, and what to close when it goes down."""

    stack: AsyncExitStack
    watched: list[Watched] = field(default_factory=list)
    committer: Committer | None = None
    transport: InProcessTransport | None = None
    executor: Executor | None = None
    monitor: Monitor | None = None


class SteppedNodes:
    """Every node of one network. Belongs to one event loop; one call at a time."""

    def __init__(
        self, deployment: Deployment, folder: Path, *, executors: int = 1, monitors: int = 4
    ) -> None:
        self.down: set[str] = set()  # names of nodes that are not to run: "committer 0"
        self.troubles: dict[str, str] = {}  # by node: why its last cycle came to nothing
        self.answers = SharedAnswers()
        self.mains = NodeMains(
            deployment, folder, range(1, monitors + 1), Surroundings(lambda: self._now, self.answers)
        )
        self.committers = [f"committer {i}" for i in range(len(roles.COMMITTERS))]
        self.monitors = [f"monitor {i}" for i in range(monitors)]
        self.executors = [f"executor {i}" for i in range(executors)]
        self.fruitless = (
            0  # agreements in a row that ended without a report, though there was something to commit
        )
        self.attentive = False  # look at every lane and let every monitor look, whether or not there is work
        self._deployment = deployment
        self._now = 1_000.0
        self._up: dict[str, _Open] = {}
        self._pages: dict[str, Callable[[], Any]] = {}
        self._settled: dict[LaneKey, int] = {}  # the CommitStore's next number when nothing was open
        self._rpcs = {
            chain.selector: Rpc(chain.rpc_url, chain_id=chain.chain_id, carrier=self.answers)
            for chain in deployment.chains
        }

    # --- Up and down ---

    async def close(self) -> None:
        """Take every node down, as if its process had ended."""
        for name in list(self._up):
            await self._close(name)
        self._settled = {}
        self.troubles = {}

    async def aclose(self) -> None:
        """Take every node down, and the connections too."""
        await self.close()
        await self.answers.aclose()

    async def restart(self, names: Iterable[str]) -> None:
        """Those nodes find new settings when they are needed next."""
        for name in names:
            await self._close(name)

    async def _close(self, name: str) -> None:
        known = self._up.pop(name, None)
        if known is not None:
            await known.stack.aclose()

    async def _running(self, names: Iterable[str]) -> list[tuple[str, _Open]]:
        """Those of the nodes that are to run, opened if they are not."""
        found = []
        for name in names:
            if name in self.down:
                await self._close(name)
                continue
            if name not in self._up:
                self._up[name] = await self._open(name)
            found.append((name, self._up[name]))
        return found

    async def _open(self, name: str) -> _Open:
        kind, number = name.split()
        async with AsyncExitStack() as stack:
            up = _Open(stack)
            if kind == "committer":
                signer = _signer(roles.COMMITTERS[int(number)])
                up.committer, up.transport = self.mains.make_committer(int(number), signer, quiet_log())
                up.watched = list(await stack.enter_async_context(up.committer.opened()))
                self.mains.hub.join(up.transport.inbox)
                stack.callback(self.mains.hub.leave, up.transport.inbox)
            elif kind == "monitor":
                http = MonitorAnswers(self.answers, self._pages)
                up.monitor = _monitor(self.mains.monitor_config(int(number)), http)
                stack.callback(up.monitor.close)
                page = f"{self.mains.monitor_urls()[int(number)]}/votes"
                self._pages[page] = up.monitor.votes
                stack.callback(self._pages.pop, page)
            else:
                key = _signer(roles.EXECUTORS[int(number)]) if kind == "executor" else None
                up.executor = self.mains.make_executor(name, key, quiet_log())
                up.watched = list(await stack.enter_async_context(up.executor.opened()))
            up.stack = stack.pop_all()
        return up

    async def read(self) -> None:
        """Every node reads what there is and does nothing about it."""
        self._begin()
        for name, each in await self._running(self.committers):
            for lane in each.committer.lanes.values() if each.committer else ():
                await self._try(name, lane.view_cycle())
        for _, each in await self._running(self.monitors):
            if each.monitor is not None:
                await each.monitor.cycle()
        for name, each in await self._running(self.executors):
            for reader in each.executor.lanes.values() if each.executor else ():
                await self._try(name, reader.cycle())

    # --- Rounds. Each says whether a node sent a transaction. ---

    async def commit(self) -> bool:
        """Committers look at the lanes with messages to commit, agree, and whose turn it is transmits."""
        before = self._begin()
        lanes = await self._lanes_with_work()
        if lanes:
            up = await self._running(self.committers)
            for lane in lanes:
                await self._agree([(name, each) for name, each in up if each.committer], lane)
        return self.answers.sent > before

    async def bless(self) -> bool:
        """Monitors look, one after the other, until one of them sends the votes."""
        before = self._begin()
        if not (self.attentive or await self._restless()):
            return False
        up = await self._running(self.monitors)
        for name, each in up * (ATTENTIVE_CYCLES if self.attentive else MONITOR_CYCLES):
            assert each.monitor is not None
            try:
                await each.monitor.cycle()
            except Exception as error:  # as in a monitor's own loop: the next cycle starts afresh
                self.troubles[name] = str(error)
            if self.answers.sent > before and not self.attentive:
                break
        return self.answers.sent > before

    async def execute(self) -> bool:
        """Executors look at the lanes with open roots and execute what is blessed."""
        before = self._begin()
        lanes = await self._restless()
        for name, each in await self._running(self.executors) if lanes else ():
            assert each.executor is not None
            for lane in lanes:
                await self._try(name, each.executor.lanes[lane].cycle())
        return self.answers.sent > before

    async def mind(self) -> bool:
        """Nodes see to what they sent; lanes on which nothing is open any more get no more attention."""
        before = self._begin()
        for name, each in list(self._up.items()):
            for watched in each.watched:
                await self._try(name, watched.cycle())
        for lane in await self._restless():
            await self._settle(lane)
        return self.answers.sent > before

    def _begin(self) -> int:
        self._now += A_LOOK
        self.answers.forget()
        return self.answers.sent

    async def _try(self, name: str, cycle: Coroutine[Any, Any, None]) -> None:
        try:
            await cycle
        except BrokenInvariant:
            raise
        except CcipError as trouble:
            self.troubles[name] = str(trouble)
        else:
            self.troubles.pop(name, None)

    # --- Which lanes ---

    async def _lanes_with_work(self) -> list[LaneKey]:
        if self.attentive:
            return [(lane.source, lane.destination) for lane in self._deployment.lanes]
        numbers = await self._numbers()
        return [lane for lane, (sent, committed) in numbers.items() if sent > committed]

    async def _restless(self) -> list[LaneKey]:
        """Lanes whose CommitStore has moved since nothing was open on them."""
        numbers = await self._numbers()
        return [lane for lane, (_, committed) in numbers.items() if self._settled.get(lane, 1) != committed]

    async def _numbers(self) -> Mapping[LaneKey, tuple[int, int]]:
        """By lane: the next number of the OnRamp and of the CommitStore. One question per chain."""
        lanes = self._deployment.lanes
        found: dict[LaneKey, dict[str, int]] = {(lane.source, lane.destination): {} for lane in lanes}
        for selector, rpc in self._rpcs.items():
            here = [lane for lane in lanes if selector in (lane.source, lane.destination)]
            views = [
                OnRamp(lane.on_ramp).expected_next()
                if lane.source == selector
                else CommitStore(lane.commit_store).expected_next()
                for lane in here
            ]
            for lane, number in zip(here, await Caller(rpc).read_all("latest", views), strict=True):
                side = "sent" if lane.source == selector else "committed"
                found[lane.source, lane.destination][side] = number
        return {lane: (each["sent"], each["committed"]) for lane, each in found.items()}

    async def _settle(self, lane: LaneKey) -> None:
        """Ask an executor without a key whether anything is open."""
        for _, each in await self._running(["observer 0"]):
            assert each.executor is not None
            seen = await each.executor.lanes[lane].eyes.look()
            if not seen.open_roots:
                self._settled[lane] = (await self._numbers())[lane][1]

    # --- Agreeing ---

    async def _agree(self, up: list[tuple[str, _Open]], lane: LaneKey) -> None:
        """Let the committee of one lane talk until a report is on chain, or for as long as its patience lasts."""
        members = [(name, each, each.committer.lanes[lane]) for name, each in up if each.committer]
        for name, _, member in members:
            await self._try(name, member.view_cycle())
        if not any([await _wants_report(member) for *_, member in members]):
            return
        end, before = self._now + PATIENCE, self.answers.sent
        while self.answers.sent == before and self._now < end:
            while self._carry(up):
                pass
            for name, _, member in members:
                if member.turn is not None and self.answers.sent == before:
                    await self._try(name, member.transmit_cycle())
            self._let_time_pass([member for *_, member in members])
        self.fruitless = 0 if self.answers.sent > before else self.fruitless + 1

    def _carry(self, up: list[tuple[str, _Open]]) -> bool:
        """Hand over every message under way between committers; whether there was one."""
        moved = False
        for _, each in up:
            assert each.transport is not None
            assert each.committer is not None
            by_session = {member.session: member for member in each.committer.lanes.values()}
            while (incoming := each.transport.take()) is not None:
                moved = True
                member = by_session.get(incoming.payload[:SESSION_BYTES])
                if member is not None and member.agreement is not None:
                    member.agreement.hear(incoming.payload[SESSION_BYTES:])
        return moved

    def _let_time_pass(self, members: list[LaneCommitter]) -> None:
        """To the next moment at which any of them has something to do."""
        agreements = [member.agreement for member in members if member.agreement is not None]
        self._now = max(self._now + SHORTEST_WAIT, min(each.wakes_at for each in agreements))
        for each in agreements:
            each.tick()


async def _wants_report(member: LaneCommitter) -> bool:
    """Whether what this committer sees would make a report if everybody saw it."""
    try:
        view = await member.eyes.look()
    except CcipError:
        return False
    observation = member.plugin.observe(view)
    return observation is not None and member.plugin.agree([(0, observation)] * 3, 1) is not None


@cache
def _signer(index: int) -> KeySigner:
    return KeySigner(dev_key(index))


@cache
def _monitor_key(source: risk.KeySource) -> risk_keys.Key:
    return risk_keys.load(source)


def _monitor(config: risk.Config, http: MonitorAnswers) -> Monitor:
    """A monitor that relays at once: nobody runs beside it."""
    assert config.relay is not None
    keys = [_monitor_key(source) for source in (config.bless, config.curse, config.relay)]
    return Monitor(replace(config, relay_step_blocks=0), keys[0], keys[1], keys[2], http)
