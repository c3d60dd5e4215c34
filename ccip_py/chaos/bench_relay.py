"""`scripts/bench relay`: how fast messages come through the whole network, what each costs, and what the chains alone do.

Anvils, every node a process of its own, mixed messages over all lanes. A scenario sends so many messages a block for so
many blocks, or all at once, and ends when the last one has been tried, or when its time is up.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ccip_py.chaos.figures import BLOCK_S, ROLES, Figures, Meter, Offered, as_table, delivered
from ccip_py.chaos.fleet import Fleet
from ccip_py.chaos.past import live_through
from ccip_py.chaos.proxies import Proxies
from ccip_py.chaos.replay import ChainsAlone, Recording
from ccip_py.chaos.traffic import MIXED, Traffic
from ccip_py.chaos.watch import Watch
from ccip_py.devnet.network import Network, Options, start_network
from ccip_py.errors import CcipError, NotYet

BLOCK_GAS = 120_000_000
PATIENCE_S = 300.0
POLL_S, RESTART_POLL_S = 0.5, 0.02


@dataclass(frozen=True, slots=True)
class Scenario:
    """`per_block` messages, over all chains together, in every block of `blocks`; with one block, a burst. Each has a
    network of its own."""

    per_block: int
    blocks: int
    past: int = 0  # messages that were sent and executed before any node started
    chains: int = 2  # every chain has a lane to every other
    committers: int = 4

    @property
    def messages(self) -> int:
        return self.per_block * self.blocks

    @property
    def name(self) -> str:
        load = f"burst of {self.messages:,}" if self.blocks == 1 else f"{self.per_block} a block"
        past = f", after {self.past:,}" if self.past else ""
        lanes = f", {self.chains * (self.chains - 1)} lanes" if self.chains > 2 else ""
        return load + past + lanes + (f", {self.committers} committers" if self.committers != 4 else "")


SCENARIOS = {
    "1": Scenario(1, 30),
    "10": Scenario(10, 30),
    "100": Scenario(100, 30),
    "300": Scenario(300, 40),
    "450": Scenario(450, 40),
    "600": Scenario(600, 30),
    "burst-1000": Scenario(1_000, 1),
    "burst-10000": Scenario(10_000, 1),
    "past-1000": Scenario(10, 30, past=1_000),
    "past-10000": Scenario(10, 30, past=10_000),
    "past-100000": Scenario(10, 30, past=100_000),
    "lanes-6": Scenario(10, 30, chains=3),
    "lanes-12": Scenario(12, 30, chains=4),
    "committers-7": Scenario(10, 30, committers=7),
    "long": Scenario(300, 334),
}
LONG = ("long",)  # takes six minutes by itself: only where it is asked for
QUICK = (Scenario(10, 10), Scenario(500, 1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, show as a table, or as JSON. Exit 1 if a scenario could not be finished, or a message of it failed."""
    options = _options(arguments)
    usual = [scenario for name, scenario in SCENARIOS.items() if name not in LONG]
    chosen = [SCENARIOS[name] for name in options.only] or (QUICK if options.quick else usual)
    figures: list[Figures] = []
    code = 0
    for scenario in chosen:
        try:
            figures.append(run(scenario, options, lambda text: print(text, file=sys.stderr, flush=True)))
        except CcipError as error:
            print(f"error[{error.code}]: {scenario.name}: {error}", file=sys.stderr)
            code = 1
    for each in figures:
        if each.delivered.failed:
            failed = f"{each.delivered.failed:,} messages failed, though none of them is hostile"
            print(f"error[MESSAGES_FAILED]: {each.scenario}: {failed}", file=sys.stderr)
            code = 1
    print(json.dumps([asdict(each) for each in figures], indent=2) if options.json else as_table(figures))
    return code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench relay", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--only", nargs="+", choices=SCENARIOS, default=[], metavar="SCENARIO", help=", ".join(SCENARIOS)
    )
    parser.add_argument("--quick", action="store_true", help="a minute's worth, to see that it works")
    parser.add_argument(
        "--limit", type=float, default=PATIENCE_S, help="seconds for the messages of one scenario"
    )
    parser.add_argument(
        "--calls", action="store_true", help="count RPC calls, through proxies that cost time"
    )
    parser.add_argument(
        "--alone", action="store_true", help="replay each run's transactions without the relay"
    )
    parser.add_argument(
        "--restart", action="store_true", help="then kill a node of each role and time its return"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON document")
    return parser.parse_args(arguments)


def run(scenario: Scenario, options: argparse.Namespace, progress: Callable[[str], None]) -> Figures:
    """One scenario on a fresh network; then, where it is asked for, the chains alone, with nothing running beside them."""
    figures, recording = _on_a_network(scenario, options, progress)
    if recording:
        alone = ChainsAlone.of(figures.delivered.messages, recording.replay())
        figures = replace(figures, chains_alone=alone)
    return figures


def _on_a_network(
    scenario: Scenario, options: argparse.Namespace, progress: Callable[[str], None]
) -> tuple[Figures, Recording | None]:
    progress(f"{scenario.name}: {scenario.messages} messages …")
    alike = (1,) * scenario.chains
    shape = Options(
        block_times=(BLOCK_S,) * scenario.chains,
        epochs=alike,
        permissionless_window=3_600,
        committers=scenario.committers,
    )
    with (
        tempfile.TemporaryDirectory(prefix="ccip-bench-") as folder,
        start_network(shape, start_nodes=False) as network,
        Proxies(network.host) as proxies,
        closing(Traffic(network, MIXED)) as traffic,
    ):
        for anvil in network.anvils.values():
            anvil.rpc("evm_setBlockGasLimit", hex(BLOCK_GAS))
        traffic.prepare()
        if scenario.past:
            live_through(network, traffic, scenario.past, progress)
        with _fleet(network, Path(folder), proxies, options) as fleet:
            began = time.monotonic()
            fleet.start_all()
            _warm_up(network, fleet, traffic, options.limit)
            first_work_s = time.monotonic() - began
            recording = Recording(network) if options.alone else None
            figures = measure(network, fleet, traffic, scenario, proxies, options, first_work_s)
        if recording:
            recording.stop()
    progress(f"  {figures.delivered.per_second:.1f} messages/s, {figures.delivered.failed} failed")
    return figures, recording


def _fleet(network: Network, folder: Path, proxies: Proxies, options: argparse.Namespace) -> Fleet:
    """The nodes; where calls are counted, with a proxy before every endpoint of each."""
    first, second = (proxies.route(network, endpoint) if options.calls else None for endpoint in (0, 1))
    return Fleet(network, folder, first, second=second, shown=options.restart)


def measure(
    network: Network,
    fleet: Fleet,
    traffic: Traffic,
    scenario: Scenario,
    proxies: Proxies,
    options: argparse.Namespace,
    first_work_s: float,
) -> Figures:
    """One scenario, to the last message."""
    calls_before = proxies.calls_by_role()
    watch = Watch(network)
    _wait_above(network, _height(network))  # so that the first block of messages has a whole block of time
    meter = Meter(network, fleet)
    offered = _offer(network, traffic, scenario, meter.sample)
    _wait(watch, fleet, scenario.messages, options.limit, meter.sample)
    took, cpu, others, calls = meter.seconds, meter.cpu_seconds(), meter.others(), proxies.calls_by_role()
    came = delivered(watch.journeys(), took)
    watch.close()
    if not came.messages:
        raise NotYet(f"all of {came.failed} messages failed", code="NOTHING_DELIVERED")
    return Figures(
        scenario=scenario.name,
        offered=offered,
        delivered=came,
        cpu_us={who: spent / came.messages * 1e6 for who, spent in cpu.items()},
        others=others,
        memory_mb=meter.memory_mb,
        first_work_s=round(first_work_s, 1),
        restart_s={role: _restart(fleet, f"{role} 0") for role in ROLES} if options.restart else {},
        load=round(os.getloadavg()[0], 1),
        calls={role: (calls[role] - calls_before.get(role, 0)) / came.messages for role in calls} or None,
    )


def _restart(fleet: Fleet, name: str) -> float:
    """Seconds from starting a killed node again until each of its loops has done its work once."""
    fleet.kill(name)
    began = time.monotonic()
    fleet.start(name)
    while not fleet.at_work(name):
        if time.monotonic() - began > PATIENCE_S:
            raise NotYet(f"{name} does not come back:\n{fleet.last_words(name)}", code="STUCK")
        time.sleep(RESTART_POLL_S)
    return round(time.monotonic() - began, 2)


def _offer(network: Network, traffic: Traffic, scenario: Scenario, meanwhile: Callable[[], None]) -> Offered:
    """Hand over all messages: those of a block when the one before it is mined, or at once where that was too late."""
    sending: list[float] = []
    began = time.monotonic()
    for _ in range(scenario.blocks):
        height, started = _height(network), time.monotonic()
        _send_all_ways(network, traffic, scenario.per_block)
        sending.append(time.monotonic() - started)
        meanwhile()
        if scenario.blocks > 1:
            _wait_above(network, height)
    return Offered.of(scenario.per_block, sending, time.monotonic() - began)


def _send_all_ways(network: Network, traffic: Traffic, count: int) -> None:
    """Over all lanes alike; what is left over goes to them in turn."""
    names = [chain.name for chain in network.deployment.chains]
    lanes = [(here, there) for here in names for there in names if here != there]
    first = traffic.handed_over
    for place, (source, destination) in enumerate(lanes):
        share = count // len(lanes) + ((place - first) % len(lanes) < count % len(lanes))
        taken = traffic.send(source, destination, share) if share else 0
        if taken != share:
            raise NotYet(f"the chain {source} took only {taken} of {share} messages", code="CHAIN_FULL")


def _height(network: Network) -> int:
    return next(iter(network.anvils.values())).block_number()


def _wait_above(network: Network, height: int) -> None:
    network.wait_until("the next block", lambda: _height(network) > height)


def _wait(
    watch: Watch, fleet: Fleet, messages: int, limit: float, meanwhile: Callable[[], None] = lambda: None
) -> None:
    deadline = time.monotonic() + limit
    while watch.tried < messages:
        time.sleep(POLL_S)
        meanwhile()
        watch.look()
        for name in fleet.ended():
            raise NotYet(f"{name} ended by itself:\n{fleet.last_words(name)}", code="NODE_GONE")
        if time.monotonic() > deadline:
            raise NotYet(f"{watch.tried} of {watch.sent} messages arrived in {limit:g} s", code="STUCK")


def _warm_up(network: Network, fleet: Fleet, traffic: Traffic, limit: float) -> None:
    """Until every process has started and one message went over each lane."""
    watch, lanes = Watch(network), len(network.deployment.lanes)
    _send_all_ways(network, traffic, lanes)
    _wait(watch, fleet, lanes, limit)
    watch.close()


if __name__ == "__main__":
    sys.exit(main())
