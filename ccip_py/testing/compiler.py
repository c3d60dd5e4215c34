"""Solidity compiled on the fly, once per content.

    compiled = compile_solidity("pragma solidity ^0.8.20; contract Box { … }", cache)
    compiled = compile_solidity(Path("contracts/Box.sol"), cache)
    compiled["Box"]

A project's own remappings (foundry.toml, remappings.txt) come first, then its node_modules. A source may also import the
contracts that come with this package as `ccip/receivers/CCIPReceiver.sol`, the most usual ones by production's package
names too, and what these themselves need of OpenZeppelin's (in a checkout: all of it).
The compiler is the newest at hand that the pragma accepts.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ccip_py.deploy import artifacts
from ccip_py.deploy.artifacts import Artifact
from ccip_py.deploy.compile import ROOT
from ccip_py.deploy.solc import SETTING, version_of
from ccip_py.errors import ConfigError
from ccip_py.testing.contracts import artifact_of

PACKAGE = "@chainlink/contracts-ccip/contracts/"
PRODUCTIONS = (
    (f"{PACKAGE}interfaces/IRouterClient.sol", "interfaces/IRouterClient.sol"),
    (f"{PACKAGE}libraries/Client.sol", "types/Client.sol"),
    (f"{PACKAGE}applications/CCIPReceiver.sol", "receivers/CCIPReceiver.sol"),
)
"""What production calls some of our sources."""
OUTPUTS = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
INLINE = "Inline.sol"

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_IMPORT = re.compile(r"""\bimport\s+(?:[^"';]*?\bfrom\s+)?["']([^"']+)["']""")
_PRAGMA = re.compile(r"\bpragma\s+solidity\s+([^;]+);")

Remappings = tuple[tuple[str, str], ...]


class Compiled(dict[str, Artifact]):
    """Contracts by name."""

    def __missing__(self, name: str) -> Artifact:
        raise ConfigError(f"no contract {name} was compiled", hint=f"there are {', '.join(self) or 'none'}")


def compile_solidity(source: str | Path, cache: Path, project: Path | None = None) -> Compiled:
    """The contracts of one source, or of every `.sol` file of a folder, by name. Text is Solidity; a Path is a place.

    ConfigError with the compiler's own words if it does not compile.
    """
    project = project or Path.cwd()
    remappings = tuple(_remappings(project))
    roots = dict(_given(source))
    texts, used = _all_sources(roots, remappings, project)
    pragmas = [pragma for name in roots for pragma in _PRAGMA.findall(_bare(texts[name]))]
    binary, version = _compiler(project, pragmas)
    request = _request(roots, texts, used)
    key = hashlib.sha256(json.dumps([version, request], sort_keys=True).encode()).hexdigest()
    answer = _cached(cache / "solidity" / f"{key}.json", lambda: _run(binary, request))
    return Compiled(
        (name, artifact_of(name, _outputs(output), place))
        for place in roots
        for name, output in answer["contracts"].get(place, {}).items()
    )


def _given(source: str | Path) -> Iterator[tuple[str, str]]:
    if isinstance(source, str):
        if not re.search(r"\b(contract|library|interface)\b", source):
            raise ConfigError(
                f"not Solidity: {source[:60]!r}",
                hint='text is taken for source; a file is Path("contracts/Box.sol")',
            )
        yield INLINE, source
        return
    place = source.resolve()
    files = sorted(place.rglob("*.sol")) if place.is_dir() else [place]
    if not files:
        raise ConfigError(f"there are no Solidity sources in {place}")
    for file in files:
        yield file.as_posix(), _read(file, "the test")


def _read(file: Path, by: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        raise ConfigError(
            f"{by} imports {file}, which is not there",
            hint="npm packages are looked for in node_modules; other places need a line in remappings.txt",
        ) from None


def _remappings(project: Path) -> Iterator[tuple[str, str]]:
    """Prefix → place, the project's own first. Relative places start at the project."""
    lines: list[str] = []
    if (project / "remappings.txt").is_file():
        lines += (project / "remappings.txt").read_text(encoding="utf-8").split()
    if (project / "foundry.toml").is_file():
        profile = tomllib.loads((project / "foundry.toml").read_text(encoding="utf-8")).get("profile", {})
        lines += profile.get("default", {}).get("remappings", [])
    known = {
        prefix: _slashed((project / place).resolve(), place)
        for prefix, _, place in (line.partition("=") for line in lines)
    }
    modules = project / "node_modules"
    for package in sorted(modules.iterdir()) if modules.is_dir() else ():
        known.setdefault(f"{package.name}/", package.as_posix() + "/")
    (ours, sources), (theirs, part) = artifacts.remappings()
    whole = ROOT / "node_modules" / theirs  # a checkout has all of it, not only what our own sources import
    if not (modules / theirs).exists():
        known.setdefault(theirs, _slashed(whole if whole.is_dir() else part, theirs))
    base = known.setdefault(ours, _slashed(sources, ours))
    for name, place in PRODUCTIONS:
        if not (modules / name).exists():
            known.setdefault(name, base + place)
    yield from known.items()


def _slashed(path: Path, like: str) -> str:
    return path.as_posix() + ("/" if like.endswith("/") else "")


def _all_sources(
    roots: Mapping[str, str], remappings: Remappings, project: Path
) -> tuple[dict[str, str], Remappings]:
    """Everything that is needed, each file under one name, its place; and the remappings that led there."""
    texts, used = dict(roots), dict[str, str]()
    todo = list(roots)
    while todo:
        name = todo.pop()
        for target in _IMPORT.findall(_bare(texts[name])):
            rule = None if target.startswith(".") else _rule(target, remappings)
            if rule is not None:
                used[rule[0]] = rule[1]
            found = _resolve(name, target, rule)
            if found not in texts:
                texts[found] = _read(project / found, name)
                todo.append(found)
    return texts, tuple(sorted(used.items()))


def _rule(target: str, remappings: Remappings) -> tuple[str, str] | None:
    """The longest prefix wins, as in the compiler."""
    fitting = [rule for rule in remappings if target.startswith(rule[0])]
    return max(fitting, key=lambda rule: len(rule[0]), default=None)


def _resolve(name: str, target: str, rule: tuple[str, str] | None) -> str:
    if target.startswith("."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    return target if rule is None else rule[1] + target[len(rule[0]) :]


def _bare(text: str) -> str:
    return _COMMENT.sub("", text)


def _request(roots: Mapping[str, str], texts: Mapping[str, str], remappings: Remappings) -> dict[str, Any]:
    return {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sorted(texts.items())},
        "settings": {
            "remappings": [f"{prefix}={place}" for prefix, place in remappings],
            "optimizer": {"enabled": True, "runs": 200},
            "evmVersion": "cancun",
            "outputSelection": {name: {"*": OUTPUTS} for name in roots},
        },
    }


def _compiler(project: Path, pragmas: list[str]) -> tuple[Path, str]:
    """The newest compiler at hand that every pragma accepts."""
    from packaging.version import Version
    from solcx.exceptions import UnsupportedVersionError
    from solcx.install import select_pragma_version

    seen: dict[str, Path] = {}
    for binary in _binaries(project):
        version = _version(binary)
        if version:
            seen.setdefault(version, binary)
    for version in sorted(seen, key=Version, reverse=True):
        try:
            if all(select_pragma_version(f"pragma solidity {each};", [Version(version)]) for each in pragmas):
                return seen[version], version
        except (UnsupportedVersionError, ValueError):
            continue
    raise ConfigError(
        f"no Solidity compiler for pragma {', '.join(pragmas) or 'any'}; at hand: {', '.join(seen) or 'none'}",
        code="NO_COMPILER",
        hint=f"python -c \"import solcx; solcx.install_solc('0.8.30')\"; or a solc on PATH; or {SETTING}=/path/to/solc",
    )


def _binaries(project: Path) -> Iterator[Path]:
    setting = os.environ.get(SETTING)
    if setting:
        yield Path(shutil.which(setting) or setting)
    installed = Path(os.environ.get("SOLCX_BINARY_PATH") or Path.home() / ".solcx")
    for place in sorted(installed.glob("solc-v*")):
        yield place / "solc" if place.is_dir() else place
    on_path = shutil.which("solc")
    if on_path:
        yield Path(on_path)
    if (ROOT / "node_modules" / "solc").is_dir():
        yield ROOT / "scripts" / "solc"


_versions: dict[tuple[Path, int], str | None] = {}


def _version(binary: Path) -> str | None:
    """Asked once per process: the npm compiler takes a second to say it."""
    npm = ROOT / "node_modules" / "solc" / "package.json"
    if binary == ROOT / "scripts" / "solc" and npm.is_file():
        return str(json.loads(npm.read_text(encoding="utf-8"))["version"])
    try:
        key = binary, binary.stat().st_mtime_ns
    except OSError:
        return None
    if key not in _versions:
        _versions[key] = version_of(binary)
    return _versions[key]


def _run(binary: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    import solcx
    from solcx.exceptions import SolcError

    try:
        answer: dict[str, Any] = solcx.compile_standard(dict(request), solc_binary=binary)
    except SolcError as refused:
        raise ConfigError(f"it does not compile:\n{refused.message}", code="COMPILE_ERROR") from None
    return {"contracts": answer["contracts"]}


def _cached(place: Path, make: Any) -> dict[str, Any]:
    """What is in the file, or what `make` makes, kept there. Two that make it at once make the same."""
    try:
        known: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        return known
    except (OSError, ValueError):
        made: dict[str, Any] = make()
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    beside.write_text(json.dumps(made), encoding="utf-8")
    beside.replace(place)
    return made


def _outputs(output: Mapping[str, Any]) -> dict[str, Any]:
    code = output["evm"]
    return {
        "abi": output["abi"],
        "bytecode": code["bytecode"]["object"],
        "deployedBytecode": code["deployedBytecode"]["object"],
    }
