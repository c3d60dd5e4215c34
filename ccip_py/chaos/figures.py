"""What a run of the relay's bench comes to: who used how much while messages went through, and the table of it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccip_py.chaos.fleet import TICKS, Fleet, chain_process, process_usage
from ccip_py.chaos.replay import ChainsAlone
from ccip_py.chaos.watch import Journey, percentile
from ccip_py.devnet.network import Network

ROLES = ("committer", "monitor", "executor")
CHAIN, GENERATOR = "chain", "generator"
BLOCK_S = 1  # of every chain of the bench
SAMPLE_S = 5.0
MIDDLE = (10, 90)  # percent of the deliveries: between these a run is steady

Spread = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Delivered:
    """How the messages fared. One that failed at its receiver counts for no rate and no latency."""

    messages: int
    failed: int
    per_second: float  # from the first sending to the last delivery
    # between the first and the last tenth of the deliveries, by the destinations' clocks
    sustained: float | None
    seconds: Spread  # p50, p95, p99 between the blocks of sending and of delivery
    blocks: Spread


@dataclass(frozen=True, slots=True)
class Offered:
    """How fast messages were handed to the chains, all of them together."""

    per_second: float  # as it was achieved
    named: float | None  # as the scenario says; None of a burst, which is as fast as can be
    blocks: int
    late: int  # blocks whose messages took longer than a block to hand over

    @classmethod
    def of(cls, per_block: int, sending_s: Sequence[float], took_s: float) -> Offered:
        """From how long each block's messages took, and all of them with the waiting for blocks."""
        blocks, messages = len(sending_s), per_block * len(sending_s)
        if blocks == 1:
            return cls(messages / sending_s[0], None, 1, 0)
        late = sum(seconds > BLOCK_S for seconds in sending_s)
        return cls(messages / took_s, per_block / BLOCK_S, blocks, late)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a scenario came to."""

    scenario: str
    offered: Offered
    delivered: Delivered
    cpu_us: dict[
        str, float
    ]  # per message, over all nodes of a role; of all chains; of whoever sends and watches
    others: float  # cores that everything else on the machine used meanwhile
    memory_mb: dict[str, list[float]]  # of the largest node of a role, every SAMPLE_S seconds
    first_work_s: float  # from starting all processes until a first message was through
    restart_s: dict[
        str, float
    ]  # from starting one node of a role again until all its loops have done their work once
    load: float  # of the machine over the last minute, at the end
    chains_alone: ChainsAlone | None = None
    # RPC calls per message, of all nodes of a role to all their endpoints
    calls: dict[str, float] | None = None


@dataclass(slots=True)
class Meter:
    """CPU and memory of everybody from now on."""

    network: Network
    fleet: Fleet
    _began: float = field(default_factory=time.monotonic)
    _cpu: dict[str, float] = field(default_factory=dict)
    _busy: float = 0.0
    _memory: dict[str, list[float]] = field(default_factory=dict)
    _sampled: float = float("-inf")

    def __post_init__(self) -> None:
        self._cpu, self._busy = self._spent(), _busy()
        self.sample()

    def sample(self) -> None:
        """Note how much memory is held, if it is time."""
        if time.monotonic() - self._sampled < SAMPLE_S:
            return
        self._sampled = time.monotonic()
        for role in ROLES:
            most = max(self.fleet.usage(name).memory_bytes for name in self.fleet.of_kind(role))
            self._memory.setdefault(role, []).append(round(most / 2**20, 1))

    @property
    def seconds(self) -> float:
        """Since this began."""
        return time.monotonic() - self._began

    @property
    def memory_mb(self) -> dict[str, list[float]]:
        """By role, as it went."""
        return self._memory

    def cpu_seconds(self) -> dict[str, float]:
        """Spent since this began, by role."""
        return {who: spent - self._cpu[who] for who, spent in self._spent().items()}

    def others(self) -> float:
        """Cores that everybody else has used since."""
        return max(0.0, (_busy() - self._busy - sum(self.cpu_seconds().values())) / self.seconds)

    def _spent(self) -> dict[str, float]:
        spent = {
            role: sum(self.fleet.usage(name).cpu_seconds for name in self.fleet.of_kind(role))
            for role in ROLES
        }
        chains = [process_usage(chain_process(self.network, chain)) for chain in self.network.anvils]
        return {
            **spent,
            CHAIN: sum(usage.cpu_seconds for usage in chains),
            GENERATOR: process_usage(os.getpid()).cpu_seconds,
        }


def _busy() -> float:
    """CPU seconds that the whole machine has used."""
    fields = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:]
    user, nice, system, _idle, _waiting, *interrupts = map(int, fields)
    return (user + nice + system + sum(interrupts[:3])) / TICKS


def delivered(journeys: Sequence[Journey], took_s: float) -> Delivered:
    """What came of all that were tried within so many seconds."""
    good = [journey for journey in journeys if journey.succeeded]
    return Delivered(
        messages=len(good),
        failed=len(journeys) - len(good),
        per_second=len(good) / took_s,
        sustained=sustained(good),
        seconds=spread([journey.seconds for journey in good]),
        blocks=spread([journey.blocks for journey in good]),
    )


def sustained(journeys: Sequence[Journey]) -> float | None:
    """Messages per second while the network was neither filling nor emptying; none if that was not even a second."""
    times = sorted(journey.tried_at for journey in journeys)
    if not times:
        return None
    first, last = (times[len(times) * percent // 100] for percent in MIDDLE)
    between = sum(first < at <= last for at in times)
    return between / (last - first) if last > first else None


def spread(values: Sequence[float]) -> Spread:
    """p50, p95, p99."""
    return percentile(values, 50), percentile(values, 95), percentile(values, 99)


def as_table(figures: Sequence[Figures]) -> str:
    """Markdown, as docs/relay.md has it."""
    lines = [
        "| load | offered messages/s: achieved of named | messages delivered | failed "
        "| messages/s: sustained, with start and end "
        "| chains alone, messages/s: slowest chain, all on one core "
        "| seconds p50/p95/p99 | blocks p50/p95/p99 | CPU µs per message: committers, monitors, executor, chains, generator "
        "| MB at the start → at the end: committer, monitor, executor | first work, s "
        "| restart, s: committer, monitor, executor | cores used by others |",
        "|---|---|---:|---:|---:|---:|---|---|---|---|---:|---|---:|",
        *map(_row, figures),
    ]
    counted = [each for each in figures if each.calls]
    if counted:
        lines += ["", "| load | RPC calls per message: " + ", ".join(ROLES) + " (all nodes of a role) |"]
        lines += ["|---|---|"]
        lines += [f"| {each.scenario} | {_commas(each.calls or {}, '.2f')} |" for each in counted]
    return "\n".join(lines)


def _row(each: Figures) -> str:
    alone = (
        f"{each.chains_alone.slowest_chain:,.0f}, {each.chains_alone.one_core:,.0f}"
        if each.chains_alone
        else "–"
    )
    memory = ", ".join(f"{mb[0]:.0f} → {mb[-1]:.0f}" for mb in each.memory_mb.values())
    came = each.delivered
    return (
        f"| {each.scenario} | {_offered(each.offered)} | {came.messages:,} | {came.failed:,} "
        f"| {_rate(came.sustained)}, {came.per_second:,.1f} | {alone} "
        f"| {_slashes(came.seconds)} | {_slashes(came.blocks)} | {_commas(each.cpu_us, ',.0f')} | {memory} "
        f"| {each.first_work_s:g} | {_commas(each.restart_s, '.1f') or '–'} | {each.others:.1f} |"
    )


def _offered(each: Offered) -> str:
    named = f" of {each.named:g}" if each.named else " at once"
    late = f"; longer than a block in {each.late} of {each.blocks}" if each.late else ""
    return f"{each.per_second:,.1f}{named}{late}"


def _rate(per_second: float | None) -> str:
    return "–" if per_second is None else f"{per_second:,.1f}"


def _commas(values: dict[str, float], how: str) -> str:
    return ", ".join(format(value, how) for value in values.values())


def _slashes(values: Spread) -> str:
    return " / ".join(f"{value:g}" for value in values)
