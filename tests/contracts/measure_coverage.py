"""What of `contracts/` the contracts' own tests never run: the lines, the branches, and whether that is too much.

`forge coverage` compiles without the optimizer, by the legacy pipeline, and writes an lcov file; this reads it. Exits
with 1 when less than 99 % of the lines or 95 % of the branches are covered.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "coverage"
LINES, BRANCHES = 99.0, 95.0
_TIMEOUT = 3_600


@dataclass(slots=True)
class File:
    """One source: hits by line, and by branch."""

    name: str
    lines: dict[int, int] = field(default_factory=dict)
    branches: dict[str, int] = field(default_factory=dict)  # "line,block,branch"

    def missed(self) -> str:
        """The line numbers that were not reached, or were left by one way only."""
        lines = [line for line, hits in self.lines.items() if not hits]
        halves = [int(branch.partition(",")[0]) for branch, hits in self.branches.items() if not hits]
        return f"lines {lines or 'all run'}, branches at {sorted(set(halves)) or 'all taken'}"


def measure() -> Path:
    """Run the tests with coverage. Raises CalledProcessError when they fail."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    report = FOLDER / "lcov.info"
    settings = {
        "FOUNDRY_OUT": str(FOLDER / "out"),
        "FOUNDRY_CACHE_PATH": str(FOLDER / "cache"),
        "FOUNDRY_FUZZ_RUNS": "32",
    }
    command = [
        *(os.environ["FORGE"], "coverage", "--report", "lcov", "--report-file", str(report)),
        *("--no-match-coverage", "(tests|node_modules)"),
        *("--no-match-path", "tests/contracts/{invariants,halmos}/*"),
        *("--no-match-contract", "Gas"),  # what is measured there, unoptimized code exceeds
    ]
    subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=_TIMEOUT,
    )
    return report


def read(text: Iterable[str]) -> list[File]:
    """The sources of an lcov report."""
    files: list[File] = []
    for line in text:
        kind, _, value = line.strip().partition(":")
        if kind == "SF":
            files.append(File(value))
        elif kind == "DA":
            number, _, hits = value.partition(",")
            files[-1].lines[int(number)] = int(hits)
        elif kind == "BRDA":
            branch, _, hits = value.rpartition(",")
            files[-1].branches[branch] = 0 if hits == "-" else int(hits)
    return files


def share(hits: Iterable[int]) -> float:
    """Per cent of `hits` that are not zero."""
    counts = list(hits)
    return 100 * sum(count > 0 for count in counts) / len(counts) if counts else 100.0


def main() -> int:
    files = [file for file in read(measure().read_text().splitlines()) if file.name.startswith("contracts/")]
    lines = share(hits for file in files for hits in file.lines.values())
    branches = share(hits for file in files for hits in file.branches.values())
    for file in files:
        if 0 in file.lines.values() or 0 in file.branches.values():
            print(f"{file.name}: {file.missed()}")
    print(f"lines {lines:.2f} % (at least {LINES}), branches {branches:.2f} % (at least {BRANCHES})")
    return 0 if lines >= LINES and branches >= BRANCHES else 1


if __name__ == "__main__":
    sys.exit(main())
