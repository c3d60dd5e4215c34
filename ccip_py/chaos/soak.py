"""`scripts/soak`: traffic and faults for as long as asked, then calm, then the auditor's verdict.

    scripts/soak --minutes 60 --seed 7

All chance comes from one seed, which decides the sequence of faults and what each does (chance.py). The run passes if
the auditor finds every invariant kept, all that was sent has been tried, every honest message has been delivered, and
no node ended by itself. An hour with fewer than 20,000 messages, or with fewer than ten kinds of fault five times each,
is void: it has proved too little. A shorter run is a try.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import httpx

from ccip_py.audit.deployment import load_sites
from ccip_py.audit.reading import read_history
from ccip_py.audit.rpc import EndpointError
from ccip_py.chains.deployment import dump_deployment
from ccip_py.chaos.chance import Turn, dice_for, turns
from ccip_py.chaos.clock import WallClock
from ccip_py.chaos.conclusion import conclude
from ccip_py.chaos.fleet import Fleet, chain_process, process_usage
from ccip_py.chaos.gates import Gates
from ccip_py.chaos.inquiry import Answer, Inquiry
from ccip_py.chaos.nemesis import ABOUT_CURSES, FAULTS, LIAR, PromiseBroken, World, lift_all
from ccip_py.chaos.proxies import Proxies
from ccip_py.chaos.receivers import HOSTILE
from ccip_py.chaos.report import HOUR_S, Plan, Report, as_data, as_text
from ccip_py.chaos.strangers import HARMS
from ccip_py.chaos.traffic import MIXED, Recipe, Traffic
from ccip_py.chaos.watch import Backlog
from ccip_py.deploy import devnet as roles
from ccip_py.devnet.network import Options, start_network
from ccip_py.devnet.node_mains import free_ports
from ccip_py.errors import CcipError

BLOCK_GAS = 120_000_000
TICK_S = 1.0
AUDIT_EVERY_S = 600.0
MEMORY_EVERY_S = 300.0
TROUBLE = (CcipError, EndpointError, httpx.HTTPError)

Progress = Callable[[str], None]
RECIPES = (
    *MIXED,
    Recipe("ordered", 10, "idle", 32, gas_limit=50_000, ordered=True),
    *(Recipe(name, 8, name, 32, gas_limit=100_000, hostile=True) for name in HOSTILE),
    *(Recipe(name, 0.5, "user", hostile=True, harm=name) for name in HARMS),
    Recipe("hostile with token", 4, HOSTILE[0], 32, (("BMT", 10**12),), gas_limit=100_000, hostile=True),
)


def soak(plan: Plan, progress: Progress = lambda _: None, *, folder: Path | None = None) -> Report:
    """Run the plan on a network of its own. What goes wrong before the run is raised, what comes later is in the report."""
    report = Report(plan)
    try:
        _stage(report, progress, folder)
    except Exception as error:
        if not report.ran_s:
            raise
        report.cut_short.append(_told("taking down", error))
    return report


def _stage(report: Report, progress: Progress, folder: Path | None) -> None:
    plan = report.plan
    shape = Options(
        block_times=(1,) * plan.chains,
        epochs=(2,) * plan.chains,
        permissionless_window=24 * 3_600,
        executors=2,
    )
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ccip-soak-")))
        network = stack.enter_context(start_network(shape, start_nodes=False, progress=progress))
        for anvil in network.anvils.values():
            anvil.rpc("evm_setBlockGasLimit", hex(BLOCK_GAS))
        proxies = stack.enter_context(Proxies(network.host))
        ports = free_ports(len(roles.COMMITTERS))
        gates = stack.enter_context(Gates(network.host, ports))
        recipes = [recipe for recipe in RECIPES if plan.strangers or not recipe.harm]
        traffic = Traffic(network, recipes, plan.seed)
        stack.callback(traffic.close)
        traffic.prepare()
        fleet = stack.enter_context(
            Fleet(network, place, proxies.route(network), ports=ports, between=gates.port, credulous={LIAR})
        )
        clock = stack.enter_context(WallClock(network))
        inquiry = Inquiry(place / "deployment.json", place)
        stack.callback(inquiry.close)
        fleet.start_all()
        _Run(World(network, fleet, proxies, gates), traffic, clock, inquiry, report, progress).run()


def _told(part: str, error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{part}: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"


class _Run:
    """One run under way."""

    def __init__(
        self,
        world: World,
        traffic: Traffic,
        clock: WallClock,
        inquiry: Inquiry,
        report: Report,
        progress: Progress,
    ) -> None:
        self._world, self._traffic, self._clock, self._inquiry = world, traffic, clock, inquiry
        self._plan, self._report, self._say = report.plan, report, progress
        world.pass_time = self._go_on
        self._lanes = dice_for(report.plan, "lanes")
        self._began = self._next_tick = time.monotonic()
        self._next_memory, self._next_audit = 0.0, min(AUDIT_EVERY_S, report.plan.seconds / 3)

    def run(self) -> None:
        """Traffic and faults, then calm, then the verdict. An hour's findings outlive whatever goes wrong in a part, be it
        a bug of ours: the report says what it was, and the run has not passed."""
        for part in (self._under_fire, self._calm_down, self._conclude):
            try:
                part()
            except Exception as error:
                self._report.cut_short.append(_told(part.__name__.strip("_").replace("_", " "), error))
                self._say(self._report.cut_short[-1])

    def _under_fire(self) -> None:
        try:
            self._strike_and_heal()
        finally:
            self._report.ran_s = self._second()

    def _strike_and_heal(self) -> None:
        for turn in turns(self._plan):
            if self._second() >= self._plan.seconds:
                return
            with self._struck(turn) as what:
                if what is not None:
                    self._say(f"{self._plan.seconds - self._second():5.0f} s left: {turn.kind}: {what}")
                self._go_on(turn.lasts_s)
            self._go_on(turn.pause_s)
            self._lift_what_is_left(turn.kind)

    def _lift_what_is_left(self, kind: str) -> None:
        """Monitors may have cursed: that is for people to look into, and, unless the fault was about that, a false alarm."""
        try:
            for curse in lift_all(self._world.network.deployment.chains):
                self._trouble(f"cursed after '{kind}', and lifted: {curse}")
                if kind not in ABOUT_CURSES:
                    self._report.broken_promises.append(f"cursed without a reason after '{kind}': {curse}")
        except TROUBLE as error:
            self._trouble(f"a curse after '{kind}' could not be lifted: {error}")

    def _second(self) -> float:
        return time.monotonic() - self._began

    @contextmanager
    def _struck(self, turn: Turn) -> Iterator[str | None]:
        """A fault, counted if it could be staged. What can't be staged or taken back is told and ends nothing."""
        kind = turn.kind
        strike = FAULTS[kind](self._world, turn.dice)
        try:
            what = strike.__enter__()
        except TROUBLE as error:
            self._trouble(f"{kind} could not be staged: {error}")
            yield None
            return
        self._report.faults[kind] += 1
        try:
            yield what
        finally:
            self._heal(kind, strike)

    def _heal(self, kind: str, strike: AbstractContextManager[str]) -> None:
        try:
            strike.__exit__(None, None, None)
        except PromiseBroken as broken:
            self._report.broken_promises.append(f"second {self._second():.0f}, {kind}: {broken}")
        except TROUBLE as error:
            self._trouble(f"{kind} could not be taken back: {error}")

    def _trouble(self, what: str) -> None:
        self._report.troubles.append(f"second {self._second():.0f}: {what}")
        self._say(what)

    def _go_on(self, seconds: float) -> None:
        """Traffic, a little every tick, for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                self._send()
                self._clock.look()
            except TROUBLE as error:
                self._trouble(f"a tick without traffic: {error}")
            self._look_after_nodes()
            self._look_at_memory()
            self._audit()
            self._next_tick = max(self._next_tick + TICK_S, time.monotonic())
            time.sleep(max(0.0, self._next_tick - time.monotonic()))

    def _send(self) -> None:
        """A tick's messages, spread over all lanes by chance, a batch for each."""
        names = [chain.name for chain in self._world.network.deployment.chains]
        lanes = [
            (here, there)
            for here in names
            for there in names
            if here != there and here not in self._world.quiet
        ]
        chosen = self._lanes.choices(lanes, k=self._plan.per_second)
        for here, there in lanes:
            if count := chosen.count((here, there)):
                self._traffic.send(here, there, count)

    def _look_after_nodes(self) -> None:
        for name in self._world.fleet.ended():
            self._report.deaths.append(f"{name}:\n{self._world.fleet.last_words(name)}")
            self._say(f"{name} ended by itself")
            self._world.fleet.kill(name)
            self._world.fleet.start(name)

    def _look_at_memory(self) -> None:
        if self._second() < self._next_memory:
            return
        self._next_memory += min(MEMORY_EVERY_S, self._plan.seconds / 3)
        fleet, network = self._world.fleet, self._world.network
        sizes = {
            role: [fleet.usage(name).memory_bytes for name in fleet.of_kind(role)]
            for role in ("committer", "monitor", "executor")
        }
        sizes["chain"] = [process_usage(chain_process(network, each)).memory_bytes for each in network.anvils]
        for role, found in sizes.items():
            self._report.memory_mb.setdefault(role, []).append(round(max(found) / 2**20, 1))

    def _audit(self) -> None:
        """In the middle of things: nothing may be broken then either."""
        if self._second() > self._next_audit:
            self._next_audit += min(AUDIT_EVERY_S, self._plan.seconds / 3)
            self._inquiry.begin(self._second())
        self._note(self._inquiry.answer())

    def _note(self, answer: Answer | None) -> None:
        if answer is not None:
            self._report.audits.append(answer)
            found = (
                answer.error
                or f"{answer.sent} sent, {answer.tried} tried, {len(answer.violations)} violations"
            )
            self._say(f"audit in {answer.took_s:.0f} s: {found}")

    def _calm_down(self) -> None:
        """No more traffic, no more faults: wait until nothing waits, and stop."""
        try:
            self._world.fleet.start_all()
            began = time.monotonic()
            while not self._drained(began) and time.monotonic() - began <= self._plan.calm_s:
                time.sleep(TICK_S)
            self._report.drained_s = time.monotonic() - began
            self._note(self._inquiry.last_answer(AUDIT_EVERY_S))
            self._next_memory = 0.0
            self._look_at_memory()
        finally:
            for name in self._world.fleet.names:
                self._world.fleet.stop(name)

    def _drained(self, began: float) -> bool:
        """Whether nothing waits any more, or time is up. False if a chain did not answer: then all is counted anew."""
        try:
            with Backlog(self._world.network) as backlog:
                while (left := backlog.left()) and time.monotonic() - began <= self._plan.calm_s:
                    self._say(f"calm: {left} still wait")
                    time.sleep(TICK_S)
                    self._clock.look()
                    self._look_after_nodes()
            self._clock.look()
        except TROUBLE as error:
            self._trouble(f"calm: {error}")
            return False
        return True

    def _conclude(self) -> None:
        self._say("all nodes are stopped; the last audit")
        history = read_history(load_sites(json.loads(dump_deployment(self._world.network.deployment))))
        conclude(self._report, history, self._clock, self._traffic.harm)


# The command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print the report. Exit 0 if everything held, 1 if not, 3 if the run is void."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=HOUR_S / 60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-second", type=int, default=7, help="messages, over all lanes")
    parser.add_argument("--chains", type=int, choices=(2, 3), default=2)
    parser.add_argument("--only", action="append", choices=FAULTS, help="kinds of fault; may be repeated")
    parser.add_argument("--folder", type=Path, help="keep the nodes' files there")
    parser.add_argument("--json", action="store_true", help="print the report as one JSON document")
    options = parser.parse_args(arguments)
    plan = Plan(
        options.minutes * 60, options.seed, options.per_second, options.chains, only=tuple(options.only or ())
    )
    try:
        report = soak(plan, lambda text: print(text, file=sys.stderr, flush=True), folder=options.folder)
    except TROUBLE as error:
        print(f"error[{getattr(error, 'code', 'ENDPOINT')}]: {error}", file=sys.stderr)
        return 1
    print(json.dumps(as_data(report), indent=2) if options.json else as_text(report))
    if not report.passed:
        return 1
    return 3 if report.void else 0


if __name__ == "__main__":
    sys.exit(main())
