"""`scripts/soak`: traffic and faults for as long as asked, then calm, then the auditor's verdict.

    scripts/soak --minutes 60 --seed 7

All chance comes from one seed. The run passes if the auditor finds every invariant kept, all that was sent has been
tried, no node ended by itself and nothing was forgotten. An hour with fewer than 20,000 messages, or with fewer
than ten kinds of fault five times each, is void: it has proved too little.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ccip_py.audit.deployment import load_sites
from ccip_py.audit.history import Finding, History
from ccip_py.audit.reading import ChainMoved, read_history
from ccip_py.audit.rpc import EndpointError
from ccip_py.audit.verdict import Verdict, judge
from ccip_py.chains.deployment import dump_deployment
from ccip_py.chaos.clock import WallClock, latencies
from ccip_py.chaos.fleet import Fleet
from ccip_py.chaos.gates import Gates
from ccip_py.chaos.nemesis import FAULTS, LIAR, World
from ccip_py.chaos.proxies import Proxies
from ccip_py.chaos.receivers import HOSTILE
from ccip_py.chaos.traffic import MIXED, Recipe, Traffic
from ccip_py.chaos.watch import percentile
from ccip_py.deploy import devnet as roles
from ccip_py.devnet.network import Options, start_network
from ccip_py.devnet.node_mains import free_ports
from ccip_py.errors import CcipError

WANTED_MESSAGES, WANTED_KINDS, WANTED_EACH = 20_000, 10, 5  # of an hour
BLOCK_GAS = 120_000_000
TICK_S = 1.0
AUDIT_EVERY_S = 300.0
CALM_S = 120.0  # in which the queue must be empty once all faults are over
BOUNDS_S = (5, 10, 15, 20, 30, 45, 60, 90, 120)  # of the latency histogram

Progress = Callable[[str], None]
RECIPES = (
    *MIXED,
    Recipe("ordered", 10, "idle", 32, gas_limit=50_000, ordered=True),
    *(Recipe(name, 9, name, 32, gas_limit=100_000, hostile=True) for name in HOSTILE),
    Recipe("hostile with token", 5, HOSTILE[0], 32, (("BMT", 10**12),), gas_limit=100_000, hostile=True),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how much, under which chance."""

    seconds: float = 3_600.0
    seed: int = 1
    per_second: int = 7
    longest_fault_s: float = 10.0
    longest_pause_s: float = 4.0
    calm_s: float = CALM_S

    @property
    def wants(self) -> int:
        """Messages, below which the run has proved too little."""
        return int(WANTED_MESSAGES * min(1.0, self.seconds / 3_600))


@dataclass(slots=True)
class Report:
    """What happened."""

    plan: Plan
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    lost: int = 0  # sent, and never tried
    doubled: int = 0
    histogram: dict[str, int] = field(default_factory=dict)
    latency_s: dict[str, float] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    deaths: list[str] = field(default_factory=list)  # nodes that ended by themselves
    drained_s: float = 0.0  # from the end of the faults until nothing waited
    audits: int = 0
    memory_mb: dict[str, list[float]] = field(default_factory=dict)  # by role, over time
    violations: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def void(self) -> str:
        """Why the run proves too little; empty if it doesn't."""
        if self.sent < self.plan.wants:
            return f"{self.sent} messages, {self.plan.wants} are wanted"
        often = sum(count >= WANTED_EACH for count in self.faults.values())
        if self.plan.seconds >= 3_600 and often < WANTED_KINDS:
            return f"{often} kinds of fault {WANTED_EACH} times, {WANTED_KINDS} are wanted"
        return ""

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not (self.violations or self.lost or self.doubled or self.deaths)


def soak(plan: Plan, progress: Progress = lambda _: None, *, folder: Path | None = None) -> Report:
    """Run the plan on a network of its own."""
    report = Report(plan)
    shape = Options(block_times=(1, 1), epochs=(2, 2), permissionless_window=24 * 3_600, executors=2)
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ccip-soak-")))
        network = stack.enter_context(start_network(shape, start_nodes=False, progress=progress))
        for anvil in network.anvils.values():
            anvil.rpc("evm_setBlockGasLimit", hex(BLOCK_GAS))
        proxies = stack.enter_context(Proxies(network.host))
        ports = free_ports(len(roles.COMMITTERS))
        gates = stack.enter_context(Gates(network.host, ports))
        traffic = Traffic(network, RECIPES, plan.seed)
        stack.callback(traffic.close)
        traffic.prepare()
        fleet = stack.enter_context(
            Fleet(network, place, proxies.route(network), ports=ports, between=gates.port, credulous={LIAR})
        )
        clock = stack.enter_context(WallClock(network))
        fleet.start_all()
        _Run(plan, World(network, fleet, proxies, gates), traffic, clock, report, progress).run()
    return report


class _Run:
    """One run under way."""

    def __init__(
        self, plan: Plan, world: World, traffic: Traffic, clock: WallClock, report: Report, progress: Progress
    ) -> None:
        self._plan, self._world, self._traffic = plan, world, traffic
        self._clock, self._report, self._say = clock, report, progress
        self._dice = random.Random(plan.seed)
        self._sites = load_sites(json.loads(dump_deployment(world.network.deployment)))
        self._next_tick = time.monotonic()
        self._next_audit = time.monotonic() + AUDIT_EVERY_S

    def run(self) -> None:
        """Traffic and faults, then calm, then the verdict."""
        end = time.monotonic() + self._plan.seconds
        order: list[str] = []
        while time.monotonic() < end:
            order = order or self._dice.sample(list(FAULTS), len(FAULTS))
            kind = order.pop()
            with FAULTS[kind](self._world, self._dice) as what:
                self._report.faults[kind] += 1
                self._say(f"{end - time.monotonic():5.0f} s left: {kind}: {what}")
                self._go_on(self._dice.uniform(2.0, self._plan.longest_fault_s))
            self._go_on(self._dice.uniform(0.5, self._plan.longest_pause_s))
            if time.monotonic() > self._next_audit:
                self._audit()
        self._world.fleet.start_all()
        verdict, history = self._until_calm()
        self._conclude(verdict, history)

    def _go_on(self, seconds: float) -> None:
        """Traffic, a little every tick, for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            a, b = (chain.name for chain in self._world.network.deployment.chains[:2])
            there = self._dice.randint(0, self._plan.per_second)
            self._traffic.send(a, b, there)
            self._traffic.send(b, a, self._plan.per_second - there)
            self._look_after_nodes()
            self._clock.look()
            self._next_tick = max(self._next_tick + TICK_S, time.monotonic())
            time.sleep(max(0.0, self._next_tick - time.monotonic()))

    def _look_after_nodes(self) -> None:
        for name in self._world.fleet.ended():
            self._report.deaths.append(f"{name}:\n{self._world.fleet.last_words(name)}")
            self._say(f"{name} ended by itself")
            self._world.fleet.kill(name)
            self._world.fleet.start(name)

    def _audit(self) -> None:
        """In the middle of things: nothing may be broken then either."""
        self._next_audit = time.monotonic() + AUDIT_EVERY_S
        self._note_memory()
        try:
            verdict = judge(read_history(self._sites))
        except (ChainMoved, EndpointError) as error:
            self._say(f"no audit now: {error}")
            return
        self._report.audits += 1
        self._report.violations += verdict.violations
        sent, done = _sums(verdict)
        self._say(f"audit: {sent} sent, {done} tried, {len(verdict.violations)} violations")

    def _until_calm(self) -> tuple[Verdict, History]:
        """No more traffic, no more faults: wait until nothing waits."""
        began = time.monotonic()
        while True:
            self._clock.look()
            self._look_after_nodes()
            history = read_history(self._sites)
            verdict = judge(history)
            sent, done = _sums(verdict)
            self._report.drained_s = time.monotonic() - began
            if sent == done or self._report.drained_s > self._plan.calm_s:
                return verdict, history
            self._say(f"calm: {sent - done} of {sent} still wait")
            time.sleep(TICK_S * 2)

    def _conclude(self, verdict: Verdict, history: History) -> None:
        report = self._report
        report.audits += 1
        report.sent, _ = _sums(verdict)
        report.delivered = sum(tally.delivered for tally in verdict.tallies)
        report.failed = sum(tally.failed for tally in verdict.tallies)
        report.lost = sum(tally.waiting for tally in verdict.tallies)
        report.doubled = sum(finding.invariant == "S2" for finding in verdict.violations)
        report.violations += verdict.violations
        report.notes = [f"{n.invariant} {n.chain}: {n.what}" for n in verdict.findings if not n.broken]
        took = latencies(history, self._clock)
        report.latency_s = {f"p{percent}": percentile(took, percent) for percent in (50, 95, 99)}
        report.histogram = _histogram(took)
        self._note_memory()

    def _note_memory(self) -> None:
        fleet = self._world.fleet
        for role in ("committer", "monitor", "executor"):
            largest = max(fleet.usage(name).memory_bytes for name in fleet.of_kind(role))
            self._report.memory_mb.setdefault(role, []).append(round(largest / 2**20, 1))


def _sums(verdict: Verdict) -> tuple[int, int]:
    sent = sum(tally.sent for tally in verdict.tallies)
    return sent, sent - sum(tally.waiting for tally in verdict.tallies)


def _histogram(took: Sequence[float]) -> dict[str, int]:
    counts = {f"≤ {bound} s": 0 for bound in BOUNDS_S} | {f"> {BOUNDS_S[-1]} s": 0}
    for seconds in took:
        bound = next((f"≤ {bound} s" for bound in BOUNDS_S if seconds <= bound), f"> {BOUNDS_S[-1]} s")
        counts[bound] += 1
    return counts


# The command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print the report. Exit 0 if everything held, 1 if not, 3 if the run is void."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-second", type=int, default=7, help="messages, over both directions")
    parser.add_argument("--folder", type=Path, help="keep the nodes' files there")
    parser.add_argument("--json", action="store_true", help="print the report as one JSON document")
    options = parser.parse_args(arguments)
    plan = Plan(options.minutes * 60, options.seed, options.per_second)
    try:
        report = soak(plan, lambda text: print(text, file=sys.stderr, flush=True), folder=options.folder)
    except CcipError as error:
        print(f"error[{error.code}]: {error}", file=sys.stderr)
        return 1
    print(json.dumps(as_data(report), indent=2) if options.json else as_text(report))
    if not report.passed:
        return 1
    return 3 if report.void else 0


def as_data(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    return {**asdict(report), "passed": report.passed, "void": report.void}


def as_text(report: Report) -> str:
    """The report for a person."""
    lines = [
        f"{report.plan.seconds / 60:g} minutes, seed {report.plan.seed}",
        f"messages: {report.sent:,} sent, {report.delivered:,} delivered, {report.failed:,} failed, "
        f"{report.lost} lost, {report.doubled} doubled; the queue was empty {report.drained_s:.0f} s after the faults",
        "latency: " + ", ".join(f"{name} {value:.0f} s" for name, value in report.latency_s.items()),
        *(f"  {bound:>7} {count:>7,}" for bound, count in report.histogram.items()),
        f"faults: {report.faults.total()} of {len(report.faults)} kinds",
        *(f"  {count:>4} {kind}" for kind, count in report.faults.most_common()),
        "memory, MB of the largest node at each audit: "
        + "; ".join(f"{role} {', '.join(map(str, sizes))}" for role, sizes in report.memory_mb.items()),
        *(f"note: {note}" for note in report.notes),
        *(f"ended by itself: {death}" for death in report.deaths),
        *(
            f"BROKEN {v.invariant} on {v.chain}: {v.what} {' '.join(v.transactions)}"
            for v in report.violations
        ),
        f"verdict after {report.audits} audits: {'everything held' if report.passed else 'BROKEN'}"
        + (f"; VOID: {report.void}" if report.void else ""),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
