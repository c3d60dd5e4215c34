"""scripts/bench surfaces [--json] [--runs N]: how long people wait for the pytest plugin and for `ccip` to start.

    an empty pytest run with the plugin, and the same without: what it costs those who do not use it
    from the start of pytest to the end of its first test that delivers a message, compiled contracts being there
    each further test that delivers a message, deployment of its receiver included
    every command of `ccip`: its help, `parse` offline, and what asks the chains, to its end, beside a running network

Each figure is the best and the median of several runs of whole processes, in seconds of wall time; `cpu` is what the
processes themselves used, which says more on a machine that others use too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

EMPTY = "def test_empty():\n    pass\n"
DELIVERED = """
import pytest

@pytest.mark.parametrize("index", range({count}))
def test_delivered(ccip, index):
    inbox = ccip.deploy("b", "Inbox", ccip.router("b"))
    ccip.run_until(ccip.send("a", "b", inbox, data=bytes([index])))
    assert inbox.lastData() == bytes([index])
"""
FURTHER = 20
LIMIT_S = {
    "plugin loaded, unused": 0.1,
    "first delivered test": 5.0,
    "further delivered test": 0.4,
    "ccip": 0.5,
}
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row. `limit` is the promise for the best run; None if there is none."""

    name: str
    best: float
    median: float
    cpu: float  # the least of the runs
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One process."""

    wall: float
    cpu: float
    out: str
    err: str


def run(command: Sequence[str], folder: Path) -> Run:
    """A command as a process of its own, in that folder. What it says is kept for what reads it."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, done.stdout, done.stderr)


def figure(name: str, walls: Sequence[float], cpus: Sequence[float], limit: float | None = None) -> Figure:
    """The row of several runs."""
    return Figure(name, round(min(walls), 3), round(statistics.median(walls), 3), round(min(cpus), 3), limit)


def plugin(folder: Path, runs: int) -> Iterator[Figure]:
    """What the plugin costs, used and unused."""
    empty, first, more = (folder / f"test_{name}.py" for name in ("empty", "first", "more"))
    empty.write_text(EMPTY, encoding="utf-8")
    first.write_text(DELIVERED.format(count=1), encoding="utf-8")
    more.write_text(DELIVERED.format(count=FURTHER + 1), encoding="utf-8")
    bare, loaded = [], []
    for _ in range(2 * runs):  # in turn, so that both meet the same machine
        bare.append(run([*PYTEST, "-p", "no:ccip", str(empty)], folder))
        loaded.append(run([*PYTEST, str(empty)], folder))
    extra = [one.wall - other.wall for one, other in zip(loaded, bare, strict=True)]
    unused = "plugin loaded, unused"
    least = round(min(one.wall for one in loaded) - min(one.wall for one in bare), 3)
    more_cpu = min(one.cpu for one in loaded) - min(one.cpu for one in bare)
    yield Figure(unused, least, round(statistics.median(extra), 3), round(more_cpu, 3), LIMIT_S[unused])
    firsts = [_passed(run([*PYTEST, str(first)], folder), 1) for _ in range(runs)]
    name = "first delivered test"
    yield figure(name, [one.wall for one in firsts], [one.cpu for one in firsts], LIMIT_S[name])
    whole = _passed(run([*PYTEST, "--durations=0", "-vv", str(more)], folder), FURTHER + 1)
    name = "further delivered test"
    spent = durations(whole.out)[1:]
    yield figure(name, spent, [max(0.0, whole.cpu - min(one.cpu for one in firsts)) / FURTHER], LIMIT_S[name])


def _passed(done: Run, count: int) -> Run:
    if f"{count} passed" not in done.out:
        raise SystemExit(f"the measured tests did not pass:\n{done.out}{done.err}")
    return done


def durations(said: str) -> list[float]:
    """Seconds of each test, setup, call and teardown together, in the order of its parameter."""
    spent: dict[int, float] = {}
    for seconds, index in re.findall(r"([\d.]+)s \w+ +\S*test_delivered\[(\d+)\]", said):
        spent[int(index)] = spent.get(int(index), 0.0) + float(seconds)
    return [spent[index] for index in sorted(spent)]


def commands(folder: Path, runs: int) -> Iterator[Figure]:
    """How long each command of `ccip` takes to start."""
    from ccip_py.cli.main import app

    names = [str(one.name) for one in (*app.registered_commands, *app.registered_groups)]
    asked = [["--version"], ["--help"], *([name, "--help"] for name in names)]
    asked += [["parse", "0x4e487b71" + "11".zfill(64)], ["up", "--port", "1"]]
    yield from (_timed(arguments, folder, runs) for arguments in asked)
    ccip = [sys.executable, "-m", "ccip_py.cli"]
    up = run([*ccip, "up", "--detach", "--json", "--port", "0", "--port", "0"], folder)
    try:
        receiver = str(json.loads(up.out)["accounts"][1])
        a_to_b = ["-s", "a", "-D", "b"]
        sent = run([*ccip, "send", *a_to_b, "--to", receiver, "--token", "BMT=1", "--wait", "--json"], folder)
        message = str(json.loads(sent.out)["message_id"])
        for arguments in (
            ["status"],
            ["lane"],
            ["lane", *a_to_b],
            ["token", "-n", "a", "-t", "BMT"],
            ["get-supported-tokens", *a_to_b],
            ["send", *a_to_b, "--to", receiver, "--only-get-fee"],
            ["show", message],
            ["manual-exec", "--all-failed"],
            ["curse", "show"],
            ["audit"],
        ):
            yield _timed(arguments, folder, runs)
    finally:
        run([*ccip, "down"], folder)


def _timed(arguments: Sequence[str], folder: Path, runs: int) -> Figure:
    done = [run([sys.executable, "-m", "ccip_py.cli", *arguments], folder) for _ in range(runs)]
    shown = f"ccip {' '.join(word if len(word) < 20 else word[:10] + '…' for word in arguments)}"
    return figure(shown, [one.wall for one in done], [one.cpu for one in done], LIMIT_S["ccip"])


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench surfaces", description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--runs", type=int, default=5, help="processes per figure (5)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = [*plugin(Path(name), options.runs), *commands(Path(name), options.runs)]
    if options.json:
        print(json.dumps({"load": os.getloadavg()[0], "figures": [asdict(one) for one in found]}, indent=2))
    else:
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; seconds")
        print(f"{'':44}{'best':>8}{'median':>8}{'cpu':>8}{'limit':>8}")
        for one in found:
            limit = "" if one.limit is None else f"{one.limit:8.1f}"
            late = "  missed" if one.limit is not None and one.best > one.limit else ""
            print(f"{one.name:44}{one.best:8.2f}{one.median:8.2f}{one.cpu:8.2f}{limit}{late}")
    return int(any(one.limit is not None and one.best > one.limit for one in found))


if __name__ == "__main__":
    sys.exit(main())
