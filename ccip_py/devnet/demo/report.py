"""What the demonstration shows: lines for a person as things happen, and the same as data.

With `--json` the data is one document on stdout at the end and the lines go to stderr.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from ccip_py.errors import CcipError
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.types import SentMessage, StageReached

COLOURS = {
    Stage.SENT: "cyan",
    Stage.COMMITTED: "blue",
    Stage.BLESSED: "magenta",
    Stage.EXECUTED: "green",
    Stage.FAILED: "red",
}


@dataclass(slots=True)
class Journey:
    """One message of the demonstration and what was seen of it."""

    label: str
    lane: str
    sent: SentMessage
    fee: str
    began: float
    stages: list[dict[str, Any]] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "lane": self.lane,
            "sequence_number": str(self.sent.sequence_number),
            "message_id": self.sent.message_id.to_0x_hex(),
            "fee": self.fee,
            "stages": self.stages,
        }


class Report:
    """Prints as it goes, and keeps everything that was printed."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._console = Console(file=sys.stderr if as_json else sys.stdout, highlight=False, soft_wrap=True)
        self._began = time.monotonic()
        self._acts: list[dict[str, Any]] = []
        self._checks: list[dict[str, Any]] = []
        self._journeys: list[Journey] = []

    @property
    def seconds(self) -> float:
        """Since the demonstration began."""
        return time.monotonic() - self._began

    def act(self, title: str) -> None:
        """Begin a part of the story."""
        self._acts.append({"title": title, "at_s": round(self.seconds, 1), "lines": []})
        self._console.print(f"\n[bold]{len(self._acts)}  {title}[/bold]   [dim]{self.seconds:.0f} s[/dim]")

    def line(self, text: str) -> None:
        """Something that happened."""
        self._acts[-1]["lines"].append(text)
        self._console.print(f"   {text}", markup=False)

    def stage(self, journey: Journey, reached: StageReached) -> None:
        """A message reached a stage."""
        if journey not in self._journeys:
            self._journeys.append(journey)
        latency = 0.0 if reached.stage is Stage.SENT else time.monotonic() - journey.began
        journey.stages.append(
            {
                "stage": reached.stage.value,
                "chain": str(reached.chain),
                "block": reached.block,
                "transaction": reached.transaction.to_0x_hex(),
                "latency_s": round(latency, 1),
                "gas_used": str(reached.gas_used),
                "reason": reached.reason,
                **_root(reached),
            }
        )
        colour = COLOURS[reached.stage]
        note = reached.reason or _note(journey, reached)
        self._console.print(
            f"   {journey.label:<27} {journey.lane} #{journey.sent.sequence_number:<2} "
            f"[{colour}]{reached.stage.value:<9}[/{colour}] block {reached.block:<4} "
            f"{reached.transaction.to_0x_hex()[:10]}…  {latency:5.1f} s  gas {reached.gas_used:>9,}  [dim]{note}[/dim]"
        )

    def refused(self, what: str, error: CcipError) -> None:
        """Something was refused, as it should be; the contract's own word for it is shown."""
        self.line(f"{what}: refused, {error}")

    def check(self, name: str, held: bool, detail: str) -> None:
        """A claim that decides the exit code."""
        self._checks.append({"name": name, "held": held, "detail": detail})
        mark = "[green]✓[/green]" if held else "[red]✗ BROKEN[/red]"
        self._console.print(f"   {mark} {name}  [dim]{detail}[/dim]")

    def end(self) -> int:
        """Say how it went; the exit code."""
        broken = [check["name"] for check in self._checks if not check["held"]]
        if broken:
            self._console.print(f"\n[bold red]{len(broken)} of {len(self._checks)} checks broke[/bold red]")
        else:
            self._console.print(
                f"\n[bold green]All {len(self._checks)} checks held[/bold green], in {self.seconds:.0f} s"
            )
        if self._json:
            document = {
                "held": not broken,
                "seconds": round(self.seconds, 1),
                "acts": self._acts,
                "messages": [journey.as_data() for journey in self._journeys],
                "checks": self._checks,
            }
            print(json.dumps(document, indent=2))
        return 1 if broken else 0


def _note(journey: Journey, reached: StageReached) -> str:
    if reached.stage is Stage.SENT:
        return f"fee {journey.fee}"
    if reached.root is not None:
        return f"root {reached.root.to_0x_hex()[:10]}… over {reached.first}–{reached.last}"
    return ""


def _root(reached: StageReached) -> dict[str, str]:
    if reached.root is None:
        return {}
    return {"root": reached.root.to_0x_hex(), "first": str(reached.first), "last": str(reached.last)}
