"""What a soak was asked to do and what came of it: passed, broken, or void because it proved too little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ccip_py.audit.history import Finding
from ccip_py.chaos.inquiry import Answer
from ccip_py.chaos.watch import percentile

HOUR_S = 3_600.0
WANTED_MESSAGES, WANTED_KINDS, WANTED_EACH = 20_000, 10, 5  # of an hour
AUDITED_FROM_S = 600.0  # a run of this length has to be audited while it goes on
PROMISED_CALM_S = 120.0  # in which the queue should be empty once all faults are over
BOUNDS_S = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300)  # of the latency histogram


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how much, under which chance."""

    seconds: float = HOUR_S
    seed: int = 1
    per_second: int = 7
    chains: int = 2
    strangers: bool = (
        True  # tokens and pools that do harm: what they hold up is tried after three quarters of a minute
    )
    only: tuple[str, ...] = ()  # kinds of fault; none named: all of them
    deep_every: int = 3  # turns of all kinds of fault; 0: no deep reorg
    longest_fault_s: float = 10.0
    longest_pause_s: float = 4.0
    calm_s: float = 300.0  # what has not been tried by then is lost


@dataclass(slots=True)
class Fate:
    """How messages of one kind fared."""

    sent: int = 0
    delivered: int = 0
    failed: int = 0


@dataclass(slots=True)
class Report:
    """What happened."""

    plan: Plan
    ran_s: float = 0.0  # under traffic and faults
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    lost: int = 0  # sent, and never tried
    doubled: int = 0
    hostile: dict[str, Fate] = field(default_factory=dict)  # by what is hostile about them
    histogram: dict[str, dict[str, int]] = field(default_factory=dict)  # of ordinary and of hostile messages
    latency_s: dict[str, dict[str, float]] = field(default_factory=dict)  # likewise, from block to block
    faults: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(
        default_factory=list
    )  # faults that could not be staged, or not taken back at once
    broken_promises: list[str] = field(default_factory=list)  # faults that had to be noticed, and were not
    deaths: list[str] = field(default_factory=list)  # nodes that ended by themselves
    drained_s: float = 0.0  # from the end of the faults until nothing waited
    audits: list[Answer] = field(default_factory=list)  # while it ran
    memory_mb: dict[str, list[float]] = field(default_factory=dict)  # of the largest of a role, over time
    violations: list[Finding] = field(default_factory=list)  # at the end
    decided: bool = False  # the final audit was made
    cut_short: list[str] = field(default_factory=list)  # parts of the run that ended by an error, and which
    notes: list[str] = field(default_factory=list)

    @property
    def a_try(self) -> bool:
        """Whether less than an hour was asked for: that neither proves nor is void."""
        return self.plan.seconds < HOUR_S

    @property
    def void(self) -> str:
        """Why an hour proves too little; empty if it doesn't, and for a try."""
        if self.a_try:
            return ""
        often = sum(count >= WANTED_EACH for count in self.faults.values())
        reasons = {
            f"{self.sent:,} messages, {WANTED_MESSAGES:,} are wanted": self.sent < WANTED_MESSAGES,
            f"{often} kinds of fault {WANTED_EACH} times, {WANTED_KINDS} are wanted": often < WANTED_KINDS,
            f"{self.ran_s:.0f} s, {HOUR_S:.0f} are wanted": self.ran_s < HOUR_S,
        }
        return "; ".join(reason for reason, holds in reasons.items() if holds)

    @property
    def broken_meanwhile(self) -> list[dict[str, Any]]:
        """What audits found broken while it ran."""
        return [violation for audit in self.audits for violation in audit.violations]

    @property
    def honest(self) -> Fate:
        """How the messages fared that mean no harm: each of them has to be delivered."""
        hostile = self.hostile.values()
        return Fate(
            self.sent - sum(fate.sent for fate in hostile),
            self.delivered - sum(fate.delivered for fate in hostile),
            self.failed - sum(fate.failed for fate in hostile),
        )

    @property
    def reasons(self) -> list[str]:
        """Why the run did not pass; none if everything held, before the end and at the end."""
        honest = self.honest
        found = {
            "cut short": bool(self.cut_short),
            "no verdict at the end": not self.decided,
            "no audit was decided while it ran": self._unaudited,
            f"{honest.failed} honest messages failed": honest.failed > 0,
            "no honest message was delivered": self.decided and honest.delivered <= 0,
            f"{self.drained_s:.0f} s until the queue was empty, {PROMISED_CALM_S:.0f} s were promised": self._slow,
            f"{self.lost} messages lost": self.lost > 0,
            f"{self.doubled} messages doubled": self.doubled > 0,
            f"{len(self.deaths)} nodes ended by themselves": bool(self.deaths),
            f"{len(self.broken_promises)} promises broken": bool(self.broken_promises),
            f"{len(self.broken_meanwhile)} violations while it ran": bool(self.broken_meanwhile),
            f"{len(self.violations)} violations at the end": bool(self.violations),
        }
        return [reason for reason, holds in found.items() if holds]

    @property
    def _unaudited(self) -> bool:
        return self.plan.seconds >= AUDITED_FROM_S and all(audit.error for audit in self.audits)

    @property
    def _slow(self) -> bool:
        """The promise is an hour's: a try only says how long it took, as its machine may be anything."""
        return not self.a_try and self.drained_s > PROMISED_CALM_S

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not self.reasons

    @property
    def verdict(self) -> str:
        """In one line."""
        held = "everything held" if self.passed else f"BROKEN: {', '.join(self.reasons)}"
        if self.a_try:
            return f"{held}, in a try of {self.plan.seconds / 60:g} minutes"
        return f"VOID: {self.void} ({held})" if self.void else held


def histogram(took: Sequence[float]) -> dict[str, int]:
    """How many took how long."""
    counts = {f"≤ {bound} s": 0 for bound in BOUNDS_S} | {f"> {BOUNDS_S[-1]} s": 0}
    for seconds in took:
        bound = next((f"≤ {bound} s" for bound in BOUNDS_S if seconds <= bound), f"> {BOUNDS_S[-1]} s")
        counts[bound] += 1
    return counts


def percentiles(took: Sequence[float]) -> dict[str, float]:
    """The usual three."""
    return {f"p{percent}": round(percentile(took, percent), 1) for percent in (50, 95, 99)}


def as_data(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    counted = {"faults": dict(report.faults)}  # asdict makes pairs of a Counter's items
    plain = asdict(replace(report, faults=Counter())) | counted
    return {**plain, "passed": report.passed, "void": report.void, "verdict": report.verdict}


def as_text(report: Report) -> str:
    """The report for a person."""
    kept = "as promised" if report.drained_s <= PROMISED_CALM_S else f"{PROMISED_CALM_S:.0f} s were promised"
    lines = [
        f"{report.ran_s / 60:.1f} minutes on {report.plan.chains} chains, seed {report.plan.seed}",
        f"messages: {report.sent:,} sent, {report.delivered:,} delivered, {report.failed:,} failed, "
        f"{report.lost} lost, {report.doubled} doubled",
        "of those that mean no harm: "
        f"{report.honest.sent:,} sent, {report.honest.delivered:,} delivered, {report.honest.failed:,} failed",
        f"the queue was empty {report.drained_s:.0f} s after the faults ({kept})",
        *_hostile(report),
        *_latencies(report),
        f"faults: {report.faults.total()} of {len(report.faults)} kinds",
        *(f"  {count:>4} {kind}" for kind, count in report.faults.most_common()),
        "memory over time, MB of the largest process: "
        + "; ".join(
            f"{role} {', '.join(f'{size:.0f}' for size in sizes)}" for role, sizes in report.memory_mb.items()
        ),
        *_audits(report),
        *(f"note: {note}" for note in report.notes),
        *(f"trouble: {trouble}" for trouble in report.troubles),
        *(f"BROKEN: cut short: {error}" for error in report.cut_short),
        *(f"BROKEN: {broken}" for broken in report.broken_promises),
        *(f"ended by itself: {death}" for death in report.deaths),
        *(
            f"BROKEN {v.invariant} on {v.chain}: {v.what} {' '.join(v.transactions)}"
            for v in report.violations
        ),
        f"verdict: {report.verdict}",
    ]
    return "\n".join(lines)


def _hostile(report: Report) -> Iterator[str]:
    yield f"hostile: {sum(fate.sent for fate in report.hostile.values()):,} of them; sent, delivered, failed:"
    for name, fate in sorted(report.hostile.items()):
        yield f"  {fate.sent:>6,} {fate.delivered:>6,} {fate.failed:>6,} {name}"


def _latencies(report: Report) -> Iterator[str]:
    for kind, spread in report.latency_s.items():
        yield f"latency of {kind} messages: " + ", ".join(
            f"{name} {value:.0f} s" for name, value in spread.items()
        )
    columns = list(report.histogram.values())
    for bound in columns[0] if columns else ():
        yield f"  {bound:>7} " + " ".join(f"{column[bound]:>7,}" for column in columns)


def _audits(report: Report) -> Iterator[str]:
    for audit in report.audits:
        what = (
            audit.error or f"{audit.sent:,} sent, {audit.tried:,} tried, {len(audit.violations)} violations"
        )
        yield f"audit at minute {audit.began_s / 60:.0f}, in {audit.took_s:.0f} s: {what}"
        for violation in audit.violations:
            yield f"  BROKEN {violation['invariant']} on {violation['chain']}: {violation['what']}"
