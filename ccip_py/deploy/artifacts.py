"""The compiled contracts that the wheel ships: one JSON file per contract in `artifacts/` beside this module, and in
`artifacts/solidity/` their sources, as applications import them: `ccip/receivers/CCIPReceiver.sol`.

`compile.py` writes them; nothing here needs a compiler. A file that was replaced is read anew.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ccip_py.errors import ConfigError

FOLDER = Path(__file__).resolve().parent / "artifacts"
MANIFEST = "manifest.json"  # not a contract: what the files were made from
SOLIDITY = "solidity"  # the folder of sources


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract. Interfaces and abstract contracts have no bytecode."""

    name: str
    source: str  # path in the repository
    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes  # creation code, without constructor arguments
    deployed_bytecode: bytes  # runtime code; immutables are zero in it

    def has(self, function: str) -> bool:
        """Whether the contract has an external function of that name."""
        return any(item["type"] == "function" and item["name"] == function for item in self.abi)


def load(name: str, folder: Path = FOLDER) -> Artifact:
    """The artifact of the contract of that name; ours, or one that was compiled into another folder."""
    path = folder / f"{name}.json"
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        raise ConfigError(
            f"there is no compiled contract {name} in {folder}",
            code="NO_ARTIFACT",
            hint="run scripts/setup, or `python -m ccip_py.deploy.compile`",
        ) from None
    return _read(path, changed)


def names() -> tuple[str, ...]:
    """Every contract that is compiled, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json") if path.name != MANIFEST))


def remappings() -> tuple[tuple[str, Path], ...]:
    """Prefix of imports → folder, for any compiler. OpenZeppelin's holds what our sources import, and no more."""
    sources = FOLDER / SOLIDITY
    return (
        ("ccip/", sources / "ccip"),
        ("@openzeppelin/contracts/", sources / "@openzeppelin" / "contracts"),
    )


@lru_cache(maxsize=256)
def _read(path: Path, changed_ns: int) -> Artifact:
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Artifact(
        name=raw["contractName"],
        source=raw["sourceName"],
        abi=tuple(raw["abi"]),
        bytecode=bytes.fromhex(raw["bytecode"].removeprefix("0x")),
        deployed_bytecode=bytes.fromhex(raw["deployedBytecode"].removeprefix("0x")),
    )
