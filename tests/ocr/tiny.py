"""A second subject, as small as a subject can be: members agree on a number, and on nothing else.

Nothing in `ccip_py.ocr` knows of it. The view is what a node measured, the outcome the median, the report its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ccip_py.ocr.messages import Slot
from ccip_py.ocr.plugin import Drop, NotYet, Send, Verdict


@dataclass(frozen=True)
class Reading:
    measured: int
    published: int = 0  # what the world was told last
    near: int = 1000  # how far the median may be from what this node measured


class Median:
    max_observation = 8
    max_report = 8

    def observe(self, view: Reading) -> bytes | None:
        return view.measured.to_bytes(8, "big") if view.measured else None

    def validate(self, observer: int, observation: bytes) -> bool:
        return len(observation) == 8

    def agree(self, observations: Sequence[tuple[int, bytes]], f: int) -> int | None:
        values = sorted(int.from_bytes(observation, "big") for _, observation in observations)
        return values[len(values) // 2] or None

    def report(self, outcome: int, view: Reading) -> bytes | NotYet | None:
        if outcome == view.published:
            return None
        if abs(outcome - view.measured) > view.near:
            return NotYet("measured something else")
        return outcome.to_bytes(8, "big")

    def transmit(self, report: bytes, slot: Slot, view: Reading) -> Verdict:
        return Drop("published") if view.published == int.from_bytes(report, "big") else Send()
