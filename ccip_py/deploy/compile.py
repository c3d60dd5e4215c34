"""Compile `contracts/` into the artifacts that the wheel ships, and lay the sources beside them.

Promise: the files in `artifacts/` are exactly what the compiler and settings of `foundry.toml` make of the sources,
with one name per contract; the sources, and what they import, are in `artifacts/solidity/`, for applications that derive
from them; stale files are removed, and nothing is compiled twice for the same content. A failed compile leaves the old
artifacts alone.

`python -m ccip_py.deploy.compile` does it from the command line and says what it did.
"""

import hashlib
import json
import os
import posixpath
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccip_py.deploy import artifacts
from ccip_py.deploy.solc import CompilerSettings, find_solc, read_settings
from ccip_py.errors import CcipError, ConfigError

ROOT = Path(__file__).resolve().parents[2]
SOURCES = "contracts"

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_IMPORT = re.compile(r"""\bimport\s+(?:[^"';]*?\bfrom\s+)?["']([^"']+)["']""")
_OUTPUTS = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a call to `compile_contracts` did."""

    names: tuple[str, ...]
    fresh: bool  # nothing had changed, nothing was compiled


def compile_contracts(
    root: Path = ROOT,
    folder: Path = artifacts.FOLDER,
    solc: str | None = None,
    *,
    sources: str = SOURCES,
) -> Compiled:
    """Bring the artifacts in `folder` up to date with what is in the folder `sources` of `root`."""
    settings = read_settings(root)
    request = standard_json(root, settings, sources)
    key = fingerprint(request, settings)
    known = _manifest(folder)
    if known and known["key"] == key and _intact(folder, known["files"]):
        return Compiled(_names(known["files"]), fresh=True)
    binary = find_solc(root, settings.version, solc)
    files = _files(_run(binary, request), settings)
    _replace(folder, key, {**files, **_importable(request)})
    return Compiled(_names(files), fresh=False)


def _names(files: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(Path(name).stem for name in files if name.endswith(".json")))


def _importable(request: Mapping[str, Any]) -> dict[str, str]:
    """File name → source, where `ccip/…` and the packages that it imports are found below `artifacts/solidity/`."""
    places = ((f"{SOURCES}/", "ccip/"), ("node_modules/", ""))
    return {
        f"{artifacts.SOLIDITY}/{place}{name.removeprefix(prefix)}": source["content"]
        for name, source in request["sources"].items()
        for prefix, place in places
        if name.startswith(prefix)
    }


def fingerprint(request: Mapping[str, Any], settings: CompilerSettings) -> str:
    """One hash over all that decides the files: every source, the settings, the compiler's version, and their places."""
    decisive = [settings.version, request, artifacts.SOLIDITY]
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def is_fresh(root: Path = ROOT, folder: Path = artifacts.FOLDER) -> bool:
    """Whether the artifacts belong to the sources as they are now. Needs no compiler."""
    settings = read_settings(root)
    known = _manifest(folder)
    key = fingerprint(standard_json(root, settings), settings)
    return known is not None and known["key"] == key and _intact(folder, known["files"])


def standard_json(root: Path, settings: CompilerSettings, sources: str = SOURCES) -> dict[str, Any]:
    """The compiler's input: the contracts of one folder and, inline, every source they import."""
    ours = sorted(path.relative_to(root).as_posix() for path in (root / sources).rglob("*.sol"))
    if not ours:
        raise ConfigError(f"there are no Solidity sources in {root / sources}")
    texts: dict[str, dict[str, str]] = {}
    todo = list(ours)
    while todo:
        name = todo.pop()
        if name not in texts:
            text = _source(root, name)
            texts[name] = {"content": text}
            todo.extend(_imports(name, text, settings.remappings))
    return {
        "language": "Solidity",
        "sources": dict(sorted(texts.items())),
        "settings": {
            **settings.standard_json(),
            "outputSelection": {name: {"*": _OUTPUTS} for name in ours},
        },
    }


def _source(root: Path, name: str) -> str:
    try:
        return (root / name).read_text(encoding="utf-8")
    except OSError:
        raise ConfigError(
            f"the contracts import {name}, which is not there", hint="run `npm ci` (scripts/setup does)"
        ) from None


def _imports(name: str, text: str, remappings: tuple[str, ...]) -> Iterator[str]:
    for target in _IMPORT.findall(_COMMENT.sub("", text)):
        if target.startswith("."):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        else:
            yield _remap(target, remappings)


def _remap(target: str, remappings: tuple[str, ...]) -> str:
    """The longest prefix wins, as in the compiler."""
    rules = [rule.split("=", 1) for rule in remappings]
    fitting = [(prefix, place) for prefix, place in rules if target.startswith(prefix)]
    if not fitting:
        return target
    prefix, place = max(fitting, key=lambda rule: len(rule[0]))
    return place + target[len(prefix) :]


def _run(binary: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    # py-solc-x takes a quarter of a second to import: only those who really compile pay for it.
    import solcx
    from solcx.exceptions import SolcError

    try:
        answer: dict[str, Any] = solcx.compile_standard(dict(request), solc_binary=binary)
    except SolcError as refused:
        raise ConfigError(f"the contracts do not compile:\n{refused.message}", code="COMPILE_ERROR") from None
    return answer


def _files(answer: Mapping[str, Any], settings: CompilerSettings) -> dict[str, str]:
    """File name → content for each contract worth keeping: one that has an ABI."""
    compiler = {"version": settings.version, "settings": settings.standard_json()}
    files: dict[str, str] = {}
    for source, contracts in sorted(answer["contracts"].items()):
        for name, output in sorted(contracts.items()):
            if not output["abi"]:
                continue
            if f"{name}.json" in files:
                raise ConfigError(f"two contracts are named {name}, the second in {source}")
            artifact = {
                "contractName": name,
                "sourceName": source,
                "abi": output["abi"],
                "bytecode": "0x" + output["evm"]["bytecode"]["object"],
                "deployedBytecode": "0x" + output["evm"]["deployedBytecode"]["object"],
                "compiler": compiler,
            }
            files[f"{name}.json"] = json.dumps(artifact, indent=1) + "\n"
    return files


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        manifest: dict[str, Any] = json.loads((folder / artifacts.MANIFEST).read_text(encoding="utf-8"))
        return manifest if {"key", "files"} <= set(manifest) else None
    except (OSError, ValueError):
        return None


def _intact(folder: Path, files: Mapping[str, str]) -> bool:
    return all(_digest(folder / name) == digest for name, digest in files.items())


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _replace(folder: Path, key: str, files: Mapping[str, str]) -> None:
    """Write all, remove what is stale, and only then say so: an interrupted run is done again."""
    (folder / artifacts.MANIFEST).unlink(missing_ok=True)
    for name, text in files.items():
        _write(folder / name, text)
    for stale in (*folder.glob("*.json"), *folder.rglob("*.sol")):
        if stale.relative_to(folder).as_posix() not in files:
            stale.unlink(missing_ok=True)
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())}
    _write(folder / artifacts.MANIFEST, json.dumps({"key": key, "files": digests}, indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def main() -> int:
    """Compile and say so in one line."""
    try:
        done = compile_contracts()
    except CcipError as problem:
        print(
            f"error: {problem.message}" + (f"\nhelp: {problem.hint}" if problem.hint else ""), file=sys.stderr
        )
        return 1
    state = "up to date" if done.fresh else "compiled"
    print(f"{len(done.names)} contracts {state} in {artifacts.FOLDER.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
