"""A copy of what forge compiled, in which the code of contracts can be exchanged.

The tests deploy from artifacts (`dynamic_test_linking`), so a contract's code is replaced in its artifact and nothing
is compiled: by what is shipped (`tests/contracts/run.py`), or by what has one broken line (`tests/mutants/run.py`).
The tests themselves, and the hostile contracts around them, are compiled by the profile `unoptimized` of foundry.toml.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccip_py.deploy.solc import find_solc, read_settings
from tests.contracts.tools.venv import ROOT

PROFILE = "unoptimized"
_BUILT = ("build/forge-unoptimized-cache", "build/forge-unoptimized")  # by that profile: cache and artifacts
_SHIM = Path(__file__).with_name("compiler_shim.py")
_BUILD_TIMEOUT = 1_200


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder with a copy of forge's output, and the forge that runs on it."""

    folder: Path
    forge: str

    def run(
        self, *arguments: str, limit: float, settings: Mapping[str, str] | None = None, show: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """forge with these arguments on this bench, with a compiler that remembers its answers. `show`: what it says
        is for the terminal, not for us."""
        answers = self.folder / "answers"
        answers.mkdir(parents=True, exist_ok=True)
        shim = self.folder / "solc"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{_SHIM}" "$@"\n')
        shim.chmod(0o755)
        bench = {
            "FOUNDRY_PROFILE": PROFILE,
            "FOUNDRY_SOLC": str(shim),
            "FOUNDRY_OUT": str(self.folder / "out"),
            "FOUNDRY_CACHE_PATH": str(self.folder / "cache"),
            "SHIM_SOLC": str(find_solc(ROOT, read_settings(ROOT).version)),
            "SHIM_CACHE": str(answers),
        }
        return call([self.forge, *arguments], {**os.environ, **bench, **(settings or {})}, limit, show=show)

    def exchange(self, codes: Mapping[str, Mapping[str, Any]]) -> dict[Path, str]:
        """Put other code in the place of these contracts': by name, `bytecode` and `deployedBytecode` as the compiler
        gives them. Returns what was replaced, to be put back."""
        replaced: dict[Path, str] = {}
        for name, code in codes.items():
            (path,) = self.folder.glob(f"out/{name}.sol/{name}.json")
            replaced[path] = path.read_text()
            artifact = json.loads(replaced[path])
            for part in ("bytecode", "deployedBytecode"):
                artifact[part]["object"] = "0x" + code[part]["object"]
                if "immutableReferences" in code[part]:
                    artifact[part]["immutableReferences"] = code[part]["immutableReferences"]
            path.write_text(json.dumps(artifact))
        return replaced


def prepare(folder: Path, forge: str) -> Bench:
    """A bench with everything compiled: by forge, unless it is already, then copied."""
    environment = {**os.environ, "FOUNDRY_PROFILE": PROFILE}
    environment["FOUNDRY_SOLC"] = str(find_solc(ROOT, read_settings(ROOT).version))
    built = call([forge, "build"], environment, _BUILD_TIMEOUT)
    if built.returncode != 0:
        raise SystemExit(f"error: the contracts' tests do not compile\n{built.stdout}")
    for source, name in zip(_BUILT, ("cache", "out"), strict=True):
        shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copytree(ROOT / source, folder / name)
    # The cache holds for the folders that it names: without this forge compiles everything again.
    index = folder / "cache" / "solidity-files-cache.json"
    text = index.read_text()
    for source, name in zip(_BUILT, ("cache", "out"), strict=True):
        text = text.replace(source, (folder / name).relative_to(ROOT).as_posix())
    index.write_text(text)
    return Bench(folder, forge)


def call(
    command: Sequence[str], environment: Mapping[str, str], limit: float, *, show: bool = False
) -> subprocess.CompletedProcess[str]:
    """A command in the checkout, its output captured unless it is to be shown."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=None if show else subprocess.PIPE,
        stderr=None if show else subprocess.STDOUT,
        text=True,
        timeout=limit,
        check=False,
    )


def find_forge() -> str:
    """The forge that the scripts chose, npm's, or PATH's."""
    chosen = os.environ.get("FORGE")
    if chosen:
        return chosen
    found = sorted((ROOT / "node_modules" / "@foundry-rs").glob("forge-*/bin/forge"))
    place = str(found[0]) if found else shutil.which("forge")
    if place is None:
        raise SystemExit("error: no forge in node_modules and none on PATH\nhelp: run scripts/setup")
    return place
