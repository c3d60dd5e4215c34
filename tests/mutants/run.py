"""Break one line at a time, and require that the test named after it notices.

    python tests/mutants/run.py              all of them
    python tests/mutants/run.py A1 F4        these
    python tests/mutants/run.py --sample 10 --seed 7

Each mutated contract is compiled alone, unoptimized, and put in the place of its artifact in a copy of what
`scripts/test` built; the tests deploy from artifacts, so nothing else is compiled. A mutated line of Python is tried
in a copy of the package. What must fail is run unbroken first, and must pass.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ccip_py.deploy.solc import read_settings
from tests.contracts.tools.bench import Bench, find_forge, prepare
from tests.mutants import mutants
from tests.mutants.mutants import ROOT, Mutant

BENCH = ROOT / "build" / "mutants"
_TEST_TIMEOUT = 300


def compiled(chosen: Sequence[Mutant]) -> Iterator[tuple[Mutant, dict[str, Any]]]:
    """Each mutant of a contract with its bytecode, as soon as it is there."""
    where = {path.stem: path.relative_to(ROOT).as_posix() for path in (ROOT / "contracts").rglob("*.sol")}
    jobs = [
        {
            "id": mutant.id,
            "changed": {mutant.path: mutants.apply(mutant)},
            "targets": {name: where[name] for name in mutant.rebuild},
        }
        for mutant in chosen
    ]
    settings = read_settings(ROOT).standard_json()
    settings["optimizer"]["enabled"] = settings["viaIR"] = False  # no promise depends on them
    request = {"root": str(ROOT), "settings": settings, "jobs": jobs}
    with tempfile.TemporaryFile("w+") as stdin:
        json.dump(request, stdin)
        stdin.seek(0)
        with subprocess.Popen(
            ["node", str(mutants.FOLDER / "compile.mjs")], stdin=stdin, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for mutant, line in zip(chosen, process.stdout, strict=True):
                yield mutant, json.loads(line)


def pattern(ids: Sequence[str]) -> str:
    return rf"^test(Fuzz)?_({'|'.join(ids)})_"


def _try(bench: Bench, ids: Sequence[str]) -> subprocess.CompletedProcess[str]:
    # what breaks a mutant is no news
    settings = {"FOUNDRY_FUZZ_FAILURE_PERSIST_DIR": str(bench.folder / "failures")}
    return bench.run("test", "--match-test", pattern(ids), limit=_TEST_TIMEOUT, settings=settings)


def unbroken(bench: Bench, chosen: Sequence[Mutant]) -> str | None:
    """What is wrong before anything is broken, if something is."""
    ran = _try(bench, [mutant.id for mutant in chosen])
    for mutant in chosen:
        if not re.search(rf"\[PASS\] test(Fuzz)?_{mutant.id}_", ran.stdout):
            return f"{mutant.id}: its test does not pass unbroken\n{ran.stdout}"
    return None


def try_contract(bench: Bench, mutant: Mutant, output: dict[str, Any]) -> str | None:
    """None if the named test noticed; otherwise what happened instead."""
    if "error" in output:
        return f"{mutant.id}: does not compile\n{output['error']}"
    replaced = bench.exchange(output["contracts"])
    try:
        ran = _try(bench, [mutant.id])
    finally:
        for path, text in replaced.items():
            path.write_text(text)
    if re.search(rf"\[FAIL.*\] test(Fuzz)?_{mutant.id}_", ran.stdout):
        return None
    return f"{mutant.id}: survived. {mutant.breaks}\n{ran.stdout}"


def try_python(mutant: Mutant) -> str | None:
    """The same for a line of Python: the named test in a copy of the package, unbroken and broken."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        shutil.copytree(ROOT / "ccip_py", copy / "ccip_py", ignore=shutil.ignore_patterns("__pycache__"))
        for shared in (
            "pyproject.toml",
            "foundry.toml",
            "contracts",
            "tests",
            "build",
            "node_modules",
            "scripts",
        ):
            (copy / shared).symlink_to(ROOT / shared)
        before = _pytest(copy, mutant)
        (copy / mutant.path).write_text(mutants.apply(mutant), encoding="utf-8")
        after = _pytest(copy, mutant)
    if before.returncode != 0:
        return f"{mutant.id}: its test does not pass unbroken\n{before.stdout}"
    return None if after.returncode == 1 else f"{mutant.id}: survived. {mutant.breaks}\n{after.stdout}"


def _pytest(root: Path, mutant: Mutant) -> subprocess.CompletedProcess[str]:
    assert mutant.test is not None
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-k",
        f"test_{mutant.id}_",
    ]
    return subprocess.run(
        [*command, str(root / mutant.test)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TEST_TIMEOUT,
        check=False,
    )


def run(chosen: Sequence[Mutant], forge: str) -> list[str]:
    """Try them all, saying each result. The complaints; none if every mutant was noticed."""
    complaints: list[str] = []
    contracts = [mutant for mutant in chosen if mutant.rebuild]

    def say(mutant: Mutant, complaint: str | None, started: float) -> None:
        verdict = "noticed" if complaint is None else "SURVIVED"
        print(f"{mutant.id:4} {verdict:8} {time.monotonic() - started:5.1f} s  {mutant.breaks}", flush=True)
        if complaint is not None:
            complaints.append(complaint)

    with ThreadPoolExecutor(max_workers=1) as compiler:
        ready: list[Future[tuple[Mutant, dict[str, Any]]]] = []
        if contracts:
            stream = compiled(contracts)
            ready = [compiler.submit(next, stream) for _ in contracts]
            bench = prepare(BENCH, forge)
            trouble = unbroken(bench, contracts)
            if trouble is not None:
                return [trouble]
        for mutant in (one for one in chosen if one.test is not None):
            started = time.monotonic()
            say(mutant, try_python(mutant), started)
        for future in ready:
            mutant, output = future.result()
            started = time.monotonic()
            say(mutant, try_contract(bench, mutant, output), started)
    return complaints


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Break one line at a time and require that its test notices."
    )
    parser.add_argument("ids", nargs="*", help="rows of the threat table, all if none is named")
    parser.add_argument("--sample", type=int, help="only so many, picked at random")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args(arguments)
    everything = mutants.read_all()
    unknown = [name for name in options.ids if name not in everything]
    if unknown:
        parser.error(f"no mutant is named {', '.join(unknown)}; there are {', '.join(everything)}")
    chosen = [everything[name] for name in options.ids] or list(everything.values())
    if options.sample is not None:
        print(f"seed {options.seed}: repeat with --sample {options.sample} --seed {options.seed}")
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
    forge = find_forge()
    complaints = run(chosen, forge)
    for complaint in complaints:
        print(complaint)
    print(f"{len(chosen) - len(complaints)} of {len(chosen)} mutants were noticed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
