"""Slither over `contracts/`: fails on a finding that nobody has answered.

A finding is answered where it is: `// slither-disable-next-line <detector>` below a comment that says why. Whole
detectors are off only for what the design decided once for all contracts; `OFF` says what that was.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.contracts.tools.venv import ROOT, environment

OFF = {
    "assembly": "only in ExactGasCall, whose reasons stand there",
    "calls-loop": "a report holds many messages and a message many tokens; both are capped, and strangers get their gas",
    "low-level-calls": "strangers are called so that their revert is an answer; each call looks at what came back",
    "naming-convention": "a constant's getter is upper case in the public ABI",
    "reentrancy-events": "an event carries ids and amounts; nothing follows from its place among others",
    "timestamp": "minutes and hours are compared, and a producer of blocks can shift seconds",
    "too-many-digits": "the subject of a global curse is that number in the public ABI",
    "unimplemented-functions": "they are what an application that inherits has to write",
    "unindexed-event-address": "the layouts of 1.5's events are part of compatibility",
    "uninitialized-local": "a local starts at zero; saying so again says nothing",
}
_FOLDER = ROOT / "build" / "slither"
_BUILD_TIMEOUT, _TIMEOUT = 1_200, 900


def build(forge: str) -> None:
    """What slither reads: forge's output with the syntax trees, all of it, and of `contracts/` only."""
    command = [forge, "build", "contracts", "--build-info", "--force"]
    command += ["--out", str(_FOLDER / "out"), "--cache-path", str(_FOLDER / "cache")]
    # what is read is the sources, not the code
    quick = {**os.environ, "FOUNDRY_OPTIMIZER": "false", "FOUNDRY_VIA_IR": "false"}
    subprocess.run(command, cwd=ROOT, env=quick, check=True, timeout=_BUILD_TIMEOUT, stdin=subprocess.DEVNULL)


def findings(forge: str) -> list[dict[str, Any]]:
    """What slither says of our sources, without what is answered."""
    report = _FOLDER / "findings.json"
    report.unlink(missing_ok=True)
    command = [str(environment("slither") / "slither"), ".", "--ignore-compile", "--json", str(report)]
    command += ["--foundry-out-directory", str(_FOLDER / "out"), "--filter-paths", "node_modules"]
    command += ["--exclude", ",".join(OFF)]
    path = os.pathsep.join([str(Path(forge).resolve().parent), os.environ["PATH"]])
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    answer = json.loads(report.read_text()) if report.exists() else {"success": False}
    if not answer["success"]:
        raise SystemExit(f"error: slither did not finish\n{ran.stdout}")
    return list(answer["results"].get("detectors", []))


def main() -> int:
    forge = os.environ["FORGE"]
    build(forge)
    left = findings(forge)
    for finding in left:
        print(f"{finding['impact']} {finding['check']}: {finding['description'].strip()}")
    print(f"{len(left)} findings without an answer")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
