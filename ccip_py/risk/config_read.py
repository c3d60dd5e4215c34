"""A configuration from TOML, with the standard library.

All mistakes are reported together, each with the path of its key.
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ccip_py.risk.config import (
    Chain,
    Config,
    ConfigError,
    KeySource,
    Lane,
    Pool,
    PriceBound,
    Rpc,
    mistakes_in,
)

T = TypeVar("T")


def load(path: Path) -> Config:
    """Read a TOML file; relative paths in it count from its folder. Raises ConfigError for what isn't TOML."""
    try:
        return parse(tomllib.loads(path.read_text()), path.parent)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def parse(raw: Mapping[str, Any], base: Path) -> Config:
    """Build and check a configuration from plain data. Raises ConfigError with every mistake."""
    reader = _Reader()
    monitor = reader.table(raw, "monitor")
    host, _, port = str(monitor.get("listen", "127.0.0.1:0")).rpartition(":")
    config = Config(
        name=str(monitor.get("name", "monitor")),
        directory=base / str(monitor.get("store", "risk")),
        listen=(host, reader.get(monitor, "port", lambda _: int(port), default=0)),
        peers=tuple(str(peer).rstrip("/") for peer in monitor.get("peers", ())),
        bless=_key(reader, raw, "bless", base),
        curse=_key(reader, raw, "curse", base),
        relay=_key(reader, raw, "relay", base) if "relay" in raw.get("keys", {}) else None,
        chains=tuple(
            _chain(reader, one, f"chains[{n}]", base) for n, one in enumerate(raw.get("chains", ()))
        ),
        lanes=tuple(_lane(reader, one, f"lanes[{n}]") for n, one in enumerate(raw.get("lanes", ()))),
        poll_seconds=float(monitor.get("poll_seconds", 1.0)),
        timeout_seconds=float(monitor.get("timeout_seconds", 5.0)),
        relay_step_blocks=int(monitor.get("relay_step_blocks", 2)),
        alone_after_blocks=int(monitor.get("alone_after_blocks", 12)),
        stalled_seconds=float(monitor.get("stalled_seconds", 180.0)),
        simulated_independence=bool(monitor.get("simulated_independence", False)),
    )
    mistakes = [*reader.mistakes, *mistakes_in(config)]
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return config


class _Reader:
    """Collects mistakes instead of stopping at the first."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def table(self, raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        value = raw.get(name, {})
        if isinstance(value, Mapping):
            return value
        self.mistakes.append(f"{name}: must be a table")
        return {}

    def get(
        self, raw: Mapping[str, Any], name: str, convert: Callable[[Any], T], default: T, path: str = ""
    ) -> T:
        """One value, converted; a value that doesn't convert is a mistake and becomes `default`."""
        try:
            return convert(raw.get(name))
        except (TypeError, ValueError, AttributeError) as error:
            self.mistakes.append(f"{path}{name}: {error}")
            return default


def _key(reader: _Reader, raw: Mapping[str, Any], role: str, base: Path) -> KeySource:
    keys = reader.table(raw, "keys")
    one = reader.table(keys, role)
    if "dev_key_index" in one:
        return KeySource(dev_key_index=reader.get(one, "dev_key_index", int, 0, f"keys.{role}."))
    if "keystore" not in one or "password_file" not in one:
        reader.mistakes.append(
            f"keys.{role}: needs keystore and password_file (or dev_key_index on a devnet)"
        )
        return KeySource(keystore=base / role)
    return KeySource(base / str(one["keystore"]), base / str(one["password_file"]))


def _chain(reader: _Reader, raw: Mapping[str, Any], path: str, base: Path) -> Chain:
    def get(name: str, convert: Callable[[Any], T], default: T) -> T:
        return reader.get(raw, name, convert, default, f"{path}.")

    finality = raw.get("finality", "finalized")
    return Chain(
        name=str(raw.get("name", path)),
        selector=get("selector", int, 0),
        chain_id=get("chain_id", int, 0),
        endpoints=tuple(_rpc(reader, one, f"{path}.rpc", base) for one in raw.get("rpc", ())),
        finality=None if finality == "finalized" else get("finality", int, 1),
        start_block=int(raw.get("start_block", 0)),
        rmn=get("rmn", _address, bytes(20)),
        rmn_proxy=get("rmn_proxy", _address, bytes(20)),
        former_rmns=get("former_rmns", lambda raw: tuple(map(_address, raw or ())), ()),
        absence_grace=int(raw.get("absence_grace", 64)),
        router=get("router", _address, b"") if "router" in raw else b"",
        registry=get("registry", _address, b"") if "registry" in raw else b"",
        pools=tuple(_pool(reader, pool, f"{path}.pools.") for pool in raw.get("pools", ())),
        prices=tuple(_price(reader, price, f"{path}.prices.") for price in raw.get("prices", ())),
        expected=tuple((str(name), str(value)) for name, value in raw.get("expected", {}).items()),
    )


def _rpc(reader: _Reader, raw: Any, path: str, base: Path) -> Rpc:
    """A URL, or a table of what is to be told there."""
    if not isinstance(raw, Mapping):
        return Rpc(str(raw))
    if unknown := raw.keys() - {"url", "url_file", "headers", "header_files"}:
        reader.mistakes.append(f"{path}: unknown: {', '.join(sorted(unknown))}")
    headers, files = (reader.table(raw, name) for name in ("headers", "header_files"))
    return Rpc(
        url=str(raw.get("url", "")),
        url_file=base / str(raw["url_file"]) if "url_file" in raw else None,
        headers=tuple((str(name), str(value)) for name, value in headers.items()),
        header_files=tuple((str(name), base / str(file)) for name, file in files.items()),
    )


def _pool(reader: _Reader, raw: Mapping[str, Any], path: str) -> Pool:
    limit = raw.get("outside_limit")
    return Pool(
        pool=reader.get(raw, "pool", _address, bytes(20), path),
        token=reader.get(raw, "token", _address, bytes(20), path),
        decimals=reader.get(raw, "decimals", int, 18, path),
        outside_limit=None if limit is None else reader.get(raw, "outside_limit", int, 0, path),
        outflow_percent=int(raw.get("outflow_percent", 25)),
        outflow_blocks=max(1, int(raw.get("outflow_blocks", 300))),
        connected=bool(raw.get("connected", False)),
        lock_box=reader.get(raw, "lock_box", _address, b"", path) if "lock_box" in raw else b"",
    )


def _price(reader: _Reader, raw: Mapping[str, Any], path: str) -> PriceBound:
    return PriceBound(
        name=str(raw.get("name", "?")),
        quoter=reader.get(raw, "quoter", _address, bytes(20), path),
        low=reader.get(raw, "low", int, 0, path),
        high=reader.get(raw, "high", int, 0, path),
        max_age=reader.get(raw, "max_age", int, 0, path),
        token=reader.get(raw, "token", _address, b"", path) if "token" in raw else b"",
        selector=reader.get(raw, "selector", int, 0, path) if "selector" in raw else 0,
    )


def _lane(reader: _Reader, raw: Mapping[str, Any], path: str) -> Lane:
    def get(name: str, convert: Callable[[Any], T], default: T) -> T:
        return reader.get(raw, name, convert, default, f"{path}.")

    return Lane(
        source=get("source", int, 0),
        destination=get("destination", int, 0),
        on_ramp=get("on_ramp", _address, bytes(20)),
        commit_store=get("commit_store", _address, bytes(20)),
        off_ramp=get("off_ramp", _address, bytes(20)),
        retired=bool(raw.get("retired", False)),
    )


def _address(value: Any) -> bytes:
    raw = bytes.fromhex(str(value).removeprefix("0x"))
    if len(raw) != 20:
        raise ValueError(f"an address has 20 bytes, not {len(raw)}")
    return raw
