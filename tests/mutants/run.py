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

from ccip_py.deploy.solc import find_solc, read_settings
from tests.mutants import mutants
from tests.mutants.mutants import ROOT, Mutant

BENCH = ROOT / "build" / "mutants"
_BUILD_TIMEOUT = 1_200
_TEST_TIMEOUT = 300
_PROFILE = (
    "unoptimized"  # of foundry.toml: a third of the time to compile, and no promise depends on the optimizer
)
_BUILT = ("build/forge-unoptimized-cache", "build/forge-unoptimized")  # by that profile: cache and artifacts


class Bench:
    """A copy of forge's output, where artifacts may be exchanged."""

    def __init__(self, folder: Path, forge: str) -> None:
        self.folder = folder
        self.forge = forge

    def run(self, *arguments: str, limit: float = _TEST_TIMEOUT) -> subprocess.CompletedProcess[str]:
        """forge with these arguments, on this bench, with a compiler that remembers its answers."""
        answers = self.folder / "answers"
        answers.mkdir(parents=True, exist_ok=True)
        shim = self.folder / "solc"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{mutants.FOLDER}/compiler_shim.py" "$@"\n')
        shim.chmod(0o755)
        settings = {
            "FOUNDRY_PROFILE": _PROFILE,
            "FOUNDRY_SOLC": str(shim),
            "FOUNDRY_OUT": str(self.folder / "out"),
            "FOUNDRY_CACHE_PATH": str(self.folder / "cache"),
            "FOUNDRY_FUZZ_FAILURE_PERSIST_DIR": str(
                self.folder / "failures"
            ),  # what breaks a mutant is no news
            "SHIM_SOLC": str(find_solc(ROOT, read_settings(ROOT).version)),
            "SHIM_CACHE": str(answers),
        }
        return _call([self.forge, *arguments], {**os.environ, **settings}, limit)

    def exchange(self, contracts: dict[str, Any]) -> dict[Path, str]:
        """Put mutated contracts in place; what they replace, to be put back."""
        replaced: dict[Path, str] = {}
        for name, output in contracts.items():
            (path,) = self.folder.glob(f"out/{name}.sol/{name}.json")
            replaced[path] = path.read_text()
            artifact = json.loads(replaced[path])
            for part in ("bytecode", "deployedBytecode"):
                artifact[part]["object"] = "0x" + output[part]["object"]
                if "immutableReferences" in output[part]:
                    artifact[part]["immutableReferences"] = output[part]["immutableReferences"]
            path.write_text(json.dumps(artifact))
        return replaced


def prepare(forge: str) -> Bench:
    """A bench with everything compiled: by forge, unless it is already, then copied."""
    environment = {**os.environ, "FOUNDRY_PROFILE": _PROFILE}
    environment["FOUNDRY_SOLC"] = str(find_solc(ROOT, read_settings(ROOT).version))
    built = _call([forge, "build"], environment, _BUILD_TIMEOUT)
    if built.returncode != 0:
        raise SystemExit(f"error: the contracts' tests do not compile\n{built.stdout}")
    for source, name in zip(_BUILT, ("cache", "out"), strict=True):
        shutil.rmtree(BENCH / name, ignore_errors=True)
        shutil.copytree(ROOT / source, BENCH / name)
    # The cache holds for the folders that it names: without this forge compiles everything again.
    index = BENCH / "cache" / "solidity-files-cache.json"
    text = index.read_text()
    for source, name in zip(_BUILT, ("cache", "out"), strict=True):
        text = text.replace(source, (BENCH / name).relative_to(ROOT).as_posix())
    index.write_text(text)
    return Bench(BENCH, forge)


def _call(
    command: Sequence[str], environment: dict[str, str], limit: float
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=limit,
        check=False,
    )


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
    settings["optimizer"]["enabled"] = False
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


def unbroken(bench: Bench, chosen: Sequence[Mutant]) -> str | None:
    """What is wrong before anything is broken, if something is."""
    ran = bench.run("test", "--match-test", pattern([mutant.id for mutant in chosen]))
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
        ran = bench.run("test", "--match-test", pattern([mutant.id]))
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
            bench = prepare(forge)
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
    forge = os.environ.get("FORGE") or _forge()
    complaints = run(chosen, forge)
    for complaint in complaints:
        print(complaint)
    print(f"{len(chosen) - len(complaints)} of {len(chosen)} mutants were noticed")
    return 1 if complaints else 0


def _forge() -> str:
    found = sorted((ROOT / "node_modules" / "@foundry-rs").glob("forge-*/bin/forge"))
    place = str(found[0]) if found else shutil.which("forge")
    if place is None:
        raise SystemExit("error: no forge in node_modules and none on PATH\nhelp: run scripts/setup")
    return place


if __name__ == "__main__":
    sys.exit(main())
