"""Find the one compiler that `foundry.toml` names.

Looked for in this order: an explicit setting, py-solc-x's installed versions, PATH, the npm package behind
`scripts/solc`. Only the exact version counts: another compiler makes other bytecode, and then what was tested is
not what is deployed. An explicit setting of another version is an error, never silently passed over.

`python -m ccip_py.deploy.solc` prints the path it finds, for scripts that hand it to forge.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccip_py.errors import CcipError, ConfigError

SETTING = "CCIP_SOLC"
_VERSION_TIMEOUT_SECONDS = 60  # the npm compiler is WebAssembly: several seconds on a loaded machine


@dataclass(frozen=True, slots=True)
class CompilerSettings:
    """What `[profile.default]` of foundry.toml says about compiling."""

    version: str
    evm_version: str
    via_ir: bool
    optimizer: bool
    optimizer_runs: int
    bytecode_hash: str
    cbor_metadata: bool
    remappings: tuple[str, ...]

    def standard_json(self) -> dict[str, Any]:
        """The `settings` of the compiler's JSON input, without the selection of outputs."""
        return {
            "remappings": list(self.remappings),
            "optimizer": {"enabled": self.optimizer, "runs": self.optimizer_runs},
            "metadata": {"bytecodeHash": self.bytecode_hash, "appendCBOR": self.cbor_metadata},
            "evmVersion": self.evm_version,
            "viaIR": self.via_ir,
        }


def read_settings(root: Path) -> CompilerSettings:
    """Read the settings that forge uses too; a missing one is an error, because defaults differ by tool."""
    path = root / "foundry.toml"
    try:
        profile = tomllib.loads(path.read_text(encoding="utf-8"))["profile"]["default"]
        return CompilerSettings(
            version=profile["solc"],
            evm_version=profile["evm_version"],
            via_ir=profile["via_ir"],
            optimizer=profile["optimizer"],
            optimizer_runs=profile["optimizer_runs"],
            bytecode_hash=profile["bytecode_hash"],
            cbor_metadata=profile["cbor_metadata"],
            remappings=tuple(profile["remappings"]),
        )
    except OSError as missing:
        raise ConfigError(
            f"cannot read {path}: {missing.strerror}", hint="compiling needs a checkout"
        ) from None
    except KeyError as missing:
        raise ConfigError(f"{path} does not set {missing} in [profile.default]") from None


def find_solc(
    root: Path, version: str, explicit: str | None = None, environment: Mapping[str, str] = os.environ
) -> Path:
    """The compiler of exactly that version, or ConfigError naming every way to get one."""
    setting = explicit or environment.get(SETTING)
    if setting:
        return _explicit(setting, version)
    for candidate in _candidates(root, version, environment):
        if version_of(candidate) == version:
            return candidate
    raise ConfigError(
        f"no solc {version} found: {SETTING} is not set, and neither py-solc-x's installed versions, "
        f"PATH nor node_modules has that version",
        code="NO_COMPILER",
        hint=f"any of these is enough: `npm ci` in {root}; "
        f"`python -c \"import solcx; solcx.install_solc('{version}')\"`; "
        f"a solc {version} on PATH; {SETTING}=/path/to/solc",
    )


def version_of(binary: Path) -> str | None:
    """The version as x.y.z that a compiler says it has, or None if it cannot be run."""
    try:
        said = subprocess.run(
            [binary, "--version"],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_VERSION_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"^Version: (\d+\.\d+\.\d+)", said.stdout, re.MULTILINE)
    return found.group(1) if found else None


def _explicit(setting: str, version: str) -> Path:
    binary = Path(shutil.which(setting) or setting)
    got = version_of(binary)
    if got is None:
        raise ConfigError(f"{SETTING}={setting} is not a solc that runs", hint=f"point it at solc {version}")
    if got != version:
        raise ConfigError(
            f"{SETTING}={setting} is solc {got}, foundry.toml wants {version}",
            hint=f"unset {SETTING} or point it at solc {version}",
        )
    return binary.resolve()


def _candidates(root: Path, version: str, environment: Mapping[str, str]) -> Iterator[Path]:
    installed = Path(environment.get("SOLCX_BINARY_PATH") or Path.home() / ".solcx") / f"solc-v{version}"
    if installed.exists():
        yield installed / "solc" if installed.is_dir() else installed
    on_path = shutil.which("solc", path=environment.get("PATH"))
    if on_path:
        yield Path(on_path)
    if (root / "node_modules" / "solc").is_dir():
        yield root / "scripts" / "solc"


def main() -> int:
    """Print the path of the compiler; exit 1 with one line when there is none."""
    root = Path(__file__).resolve().parents[2]
    try:
        print(find_solc(root, read_settings(root).version))
    except CcipError as problem:
        print(f"error: {problem.message}\nhelp: {problem.hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
