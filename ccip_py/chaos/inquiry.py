"""An audit in the middle of a run, by a process of its own: `ccip audit`, as a stranger would run it.

The run goes on meanwhile. The auditor pins the heads it begins with, so what it judges is one moment of each chain.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What one audit found. `error` says why nothing was decided."""

    began_s: float  # since the run began
    took_s: float
    sent: int = 0
    tried: int = 0
    violations: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""


class Inquiry:
    """One audit at a time."""

    def __init__(self, deployment: Path, folder: Path) -> None:
        self._deployment = deployment
        self._out, self._err = folder / "audit.json", folder / "audit.err"
        self._process: subprocess.Popen[bytes] | None = None
        self._began = self._asked_at = 0.0

    @property
    def under_way(self) -> bool:
        """Whether an answer is still to come."""
        return self._process is not None

    def begin(self, second: float) -> None:
        """Start an audit; nothing happens if one is under way."""
        if self._process is not None:
            return
        command = ["nice", "-n", "5", sys.executable, "-m", "ccip_py.audit", str(self._deployment), "--json"]
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        self._began, self._asked_at = second, time.monotonic()

    def answer(self) -> Answer | None:
        """The answer, once; None while there is none."""
        if self._process is None or self._process.poll() is None:
            return None
        decided, self._process = self._process.returncode in (0, 1), None
        took = time.monotonic() - self._asked_at
        if not decided:
            words = self._err.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            return Answer(self._began, took, error=words[0] if words else "the auditor ended without a word")
        verdict = json.loads(self._out.read_text(encoding="utf-8"))
        lanes = verdict["lanes"]
        return Answer(
            self._began,
            took,
            sent=sum(lane["sent"] for lane in lanes),
            tried=sum(lane["delivered"] + lane["failed"] for lane in lanes),
            violations=[finding for finding in verdict["findings"] if finding["broken"]],
        )

    def last_answer(self, patience_s: float) -> Answer | None:
        """That of the audit under way, waited for; if it takes too long it is ended, and the answer says so."""
        if self._process is None:
            return None
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.close()
            took = time.monotonic() - self._asked_at
            return Answer(self._began, took, error="not decided when the run was over, and ended")
        return self.answer()

    def close(self) -> None:
        """End the audit that is under way."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
