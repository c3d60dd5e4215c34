"""What a drill measures, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One promise of a drill: whether it held, and how long it took if time is part of it."""

    drill: str
    promise: str
    held: bool
    seconds: float | None = None
    target: float | None = None  # seconds; beyond it the promise is late
    detail: str = ""

    @property
    def verdict(self) -> str:
        if not self.held:
            return "BROKEN"
        return "held" if self.in_time else "late"

    @property
    def in_time(self) -> bool:
        """Whether it held, and soon enough: tests ask only for the first, as their machine may be anything."""
        late = self.seconds is not None and self.target is not None and self.seconds > self.target
        return self.held and not late


def table(figures: Sequence[Figure]) -> str:
    """For people: a line per promise."""
    rows = [("drill", "promise", "took", "target", "", "")]
    for one in figures:
        took = "" if one.seconds is None else f"{one.seconds:.1f} s"
        target = "" if one.target is None else f"{one.target:g} s"
        rows.append((one.drill, one.promise, took, target, one.verdict, one.detail))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def as_json(figures: Sequence[Figure]) -> str:
    """For programs."""
    return json.dumps([{**asdict(one), "verdict": one.verdict} for one in figures], indent=2)
