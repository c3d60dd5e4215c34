"""Reading a JSON object that may be wrong: every mistake is noted under its path, not the first only."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address, ChainSelector

PoolKind = Literal["burn_mint", "lock_release"]
POOL_KINDS: tuple[PoolKind, ...] = ("burn_mint", "lock_release")
Finality = int | Literal["finalized", "safe"]


@dataclass(slots=True)
class Section:
    """One JSON object being read; every problem is noted under its path and reading goes on."""

    values: Mapping[str, Any]
    path: str
    problems: list[str]
    used: set[str] = field(default_factory=set)

    def take(self, key: str, check: Callable[[Any], Any], wanted: str, default: Any) -> Any:
        self.used.add(key)
        if key not in self.values:
            self.problems.append(f"{self.path}{key}: missing, want {wanted}")
            return default
        try:
            return check(self.values[key])
        except (ValueError, TypeError):
            self.problems.append(f"{self.path}{key}: want {wanted}, got {self.values[key]!r}")
            return default

    def secret(self, key: str, check: Callable[[Any], Any], wanted: str, default: Any) -> Any:
        """As `take`, but what is wrong is never shown: it may be what should not stand there."""
        self.used.add(key)
        try:
            return check(self.values[key])
        except (KeyError, ValueError, TypeError):
            self.problems.append(f"{self.path}{key}: want {wanted}")
            return default

    def text(self, key: str) -> str:
        return str(self.take(key, _text, "a non-empty string", ""))

    def number(self, key: str, low: int = 0, high: int = 2**64 - 1) -> int:
        return int(
            self.take(key, lambda v: _number(v, low, high), f"a whole number from {low} to {high}", low)
        )

    def selector(self, key: str) -> ChainSelector:
        return ChainSelector(self.take(key, _selector, "a chain selector as a decimal string", 0))

    def address(self, key: str) -> Address:
        return Address(self.take(key, _address, "a checksum address that is not zero", bytes(20)))

    def sections(self, key: str) -> Iterator["Section"]:
        for index, value in enumerate(self.take(key, _list, "a list", [])):
            here = f"{self.path}{key}[{index}]."
            if isinstance(value, dict):
                yield Section(value, here, self.problems)
            else:
                self.problems.append(f"{here[:-1]}: want an object, got {value!r}")

    def done(self) -> None:
        self.problems.extend(f"{self.path}{key}: unknown key" for key in sorted(set(self.values) - self.used))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value


def _number(value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError
    return value


def _selector(value: Any) -> int:
    if not isinstance(value, str) or not value.isdecimal():
        raise ValueError
    return _number(int(value), 1, 2**64 - 1)


def _address(value: Any) -> bytes:
    address = Address(bytes.fromhex(_text(value)[2:]))
    if len(address) != 20 or not any(address) or checksum(address) != value:
        raise ValueError
    return address


def digest(value: Any) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x") or len(value) != 66 or int(value, 16) == 0:
        raise ValueError
    return bytes.fromhex(value[2:])


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError
    return value


def url(value: Any) -> str:
    if urlsplit(_text(value)).scheme not in ("http", "https") or not urlsplit(value).hostname:
        raise ValueError
    return str(value)


def finality(value: Any) -> Finality:
    if value == "finalized" or value == "safe":
        return "finalized" if value == "finalized" else "safe"
    return _number(value, 0, 100_000)


def kind(value: Any) -> PoolKind:
    return POOL_KINDS[POOL_KINDS.index(value)]


def addresses(value: Any) -> tuple[Address, ...]:
    return tuple(Address(_address(item)) for item in _list(value))
