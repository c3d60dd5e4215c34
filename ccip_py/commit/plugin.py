"""The five functions of committing, in the shape the agreement engine asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..ocr.messages import Slot
from ..ocr.plugin import NotYet, Verdict
from .agree import Outcome, agree
from .config import CommitConfig
from .observe import decode_observation, encode_observation, observation_bytes, observe
from .report import report
from .transmit import transmit
from .view import View


@dataclass(frozen=True, slots=True)
class CommitPlugin:
    config: CommitConfig

    @property
    def max_observation(self) -> int:
        return observation_bytes(self.config)

    @property
    def max_report(self) -> int:
        """Bytes of the longest report: ten words of frame, two per price."""
        return 32 * (12 + 2 * (len(self.config.tokens) + 1))

    def observe(self, view: View) -> bytes | None:
        return encode_observation(observe(self.config, view))

    def validate(self, observer: int, observation: bytes) -> bool:
        return decode_observation(self.config, observation) is not None

    def agree(self, observations: Sequence[tuple[int, bytes]], f: int) -> Outcome | None:
        decoded = [decode_observation(self.config, observation) for _, observation in observations]
        return agree(self.config, [observation for observation in decoded if observation is not None], f)

    def report(self, outcome: Outcome, view: View) -> bytes | NotYet | None:
        return report(outcome, view)

    def transmit(self, report: bytes, slot: Slot, view: View) -> Verdict:
        return transmit(report, slot, view)
