"""Prove, with halmos, what `tests/contracts/halmos/` states: for every value of every argument, not for samples.

What is bounded: loops unroll `LOOP` times (a proof of Merkle depth 4 and a committee of ten need fewer); a solver has
`SOLVER_SECONDS` for each question it is asked. A proof that does not finish fails: there is no "probably".
Arguments of the functions say over which numbers they range; hashes never collide, and how much gas is left is
anybody's choice. `foundry.toml`, `[profile.halmos]`, says what is compiled differently, and why.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.contracts.tools.venv import ROOT, environment

SOLVER = ROOT / "tests" / "contracts" / "tools" / "solver.py"
LOOP = 12
SOLVER_SECONDS = 300
_TIMEOUT = 7_200


def main() -> int:
    programs = environment("halmos")
    # forge can't compile a part of it anew: PlainMath is there by another name
    for built in ("out", "cache"):
        shutil.rmtree(ROOT / "build" / "halmos" / built, ignore_errors=True)
    path = os.pathsep.join([str(Path(os.environ["FORGE"]).resolve().parent), os.environ["PATH"]])
    command = [
        *(str(programs / "halmos"), "--forge-build-out", "build/halmos/out", "--no-status"),
        *("--solver-command", f"{programs / 'python'} {SOLVER}", "--loop", str(LOOP)),
        *("--solver-timeout-assertion", f"{SOLVER_SECONDS}s", *sys.argv[1:]),
    ]
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": path, "FOUNDRY_PROFILE": "halmos"},
        stdin=subprocess.DEVNULL,
        timeout=_TIMEOUT,
        check=False,
    )
    return ran.returncode


if __name__ == "__main__":
    sys.exit(main())
