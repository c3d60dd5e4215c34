"""Revert data → what a contract meant: the error's name and values, also of errors wrapped in errors.

Knows every error of our compiled contracts (the ABIs beside `deploy`), `Error(string)`, `Panic(uint256)` and, of
the rest, the four bytes. Data comes from strangers: nothing in it can make this module raise.

    explain(data) -> Revert          for showing: str(revert) is `ReceiverError(err=Error(message=no))`
    refusal(data) -> ContractRefused for raising
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ccip_py.errors import ContractRefused
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak

ARTIFACTS = Path(__file__).resolve().parents[2] / "deploy" / "artifacts"

WRAPPERS = frozenset({"ReceiverError", "TokenHandlingError", "ExecutionError"})
"""Errors whose bytes are another contract's revert data."""

DEPTH = 8
"""Errors in errors that are followed; deeper ones are shown as hex."""

PANICS = {
    0x01: "assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x21: "no such enum value",
    0x31: "pop of an empty array",
    0x32: "index out of bounds",
    0x41: "out of memory",
    0x51: "call of an unset function",
}


@dataclass(frozen=True, slots=True)
class ErrorType:
    """One error that a contract declares."""

    name: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    contracts: tuple[str, ...] = ()

    @property
    def selector(self) -> bytes:
        return keccak(f"{self.name}({','.join(self.types)})".encode())[:4]


Errors = Mapping[bytes, ErrorType]
"""By selector."""


@dataclass(frozen=True, slots=True)
class Revert:
    """One error with its values by name; a wrapped error is a `Revert` among the values."""

    name: str
    values: Mapping[str, Any]
    contracts: tuple[str, ...] = ()  # those of ours that declare it
    hint: str = ""

    def __str__(self) -> str:
        inner = ", ".join(f"{name}={_show(value)}" for name, value in self.values.items())
        return f"{self.name}({inner})"

    @property
    def innermost(self) -> "Revert":
        """The error that started it."""
        for value in self.values.values():
            if isinstance(value, Revert):
                return value.innermost
        return self


_ERROR = ErrorType("Error", ("message",), ("string",))
_PANIC = ErrorType("Panic", ("code",), ("uint256",))


def errors_of(abis: Mapping[str, Iterable[Mapping[str, Any]]]) -> Errors:
    """All errors of the given ABIs, by contract name."""
    found: dict[bytes, ErrorType] = {known.selector: known for known in (_ERROR, _PANIC)}
    for contract, abi in abis.items():
        for item in abi:
            if item.get("type") != "error":
                continue
            names = tuple(field.get("name") or str(i) for i, field in enumerate(item["inputs"]))
            error = ErrorType(item["name"], names, tuple(map(_type, item["inputs"])), (contract,))
            known = found.get(error.selector, error)
            owners = tuple(dict.fromkeys((*known.contracts, contract)))
            found[error.selector] = ErrorType(known.name, known.names, known.types, owners)
    return MappingProxyType(found)


def our_errors(folder: Path = ARTIFACTS) -> Errors:
    """The errors of the compiled contracts in `folder`, read again only when a file was added or replaced."""
    return _errors_in(folder, folder.stat().st_mtime_ns) if folder.is_dir() else errors_of({})


@lru_cache(maxsize=4)
def _errors_in(folder: Path, _changed_ns: int) -> Errors:
    abis: dict[str, Any] = {}
    for path in sorted(folder.glob("*.json")):
        raw = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(raw, dict) and isinstance(raw.get("abi"), list):
            abis[str(raw.get("contractName", path.stem))] = raw["abi"]
    return errors_of(abis)


_learned: dict[bytes, ErrorType] = {}


def learn_errors(contract: str, abi: Iterable[Mapping[str, Any]]) -> None:
    """From now on this process also knows the errors of that ABI. Ours keep their names."""
    _learned.update(errors_of({contract: abi}))


def explain(data: bytes, errors: Errors | None = None) -> Revert:
    """What the revert data says."""
    return _explain(data, {**_learned, **our_errors()} if errors is None else errors, DEPTH)


def refusal(data: bytes, contract: str = "", errors: Errors | None = None) -> ContractRefused:
    """The error to raise for a call that reverted with `data`, by `contract` if the caller knows which."""
    revert = explain(data, errors)
    concrete = [name for name in revert.contracts if not (name[0] == "I" and name[1:2].isupper())]
    owner = contract or (concrete[0] if len(concrete) == 1 else "a contract")
    values = {
        name: str(value) if isinstance(value, Revert) else value for name, value in revert.values.items()
    }
    return ContractRefused(owner, revert.name, values, hint=revert.hint or revert.innermost.hint)


def _explain(data: bytes, errors: Errors, depth: int) -> Revert:
    if not data:
        return Revert("NoReason", {}, hint="reverted without data: out of gas, or a bare revert")
    error = errors.get(data[:4])
    if error is None:
        return _unknown(data)
    from eth_abi.abi import decode  # only for who has something to decode: see `encode_values`
    from eth_abi.exceptions import DecodingError

    try:
        raw = decode(error.types, data[4:])
    except (DecodingError, OverflowError, ValueError):
        return _unknown(data)
    values: dict[str, Any] = {}
    for name, kind, value in zip(error.names, error.types, raw, strict=True):
        if error.name in WRAPPERS and kind == "bytes" and depth:
            values[name] = _explain(value, errors, depth - 1)
        else:
            values[name] = _readable(kind, value)
    hint = PANICS.get(raw[0], "") if error is _PANIC or error.name == "Panic" else ""
    return Revert(error.name, values, error.contracts, hint)


def _unknown(data: bytes) -> Revert:
    return Revert(
        f"0x{data[:4].hex()}",
        {"data": data[4:]},
        hint="an error of a contract that is not ours; look its four bytes up in that contract's ABI",
    )


def _type(field: Mapping[str, Any]) -> str:
    kind = str(field["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_type, field['components']))}){kind[5:]}"


def _readable(kind: str, value: Any) -> Any:
    if kind == "address":
        return checksum(Address(bytes.fromhex(value[2:])))
    return value


def _show(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
