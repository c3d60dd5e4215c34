"""A network's configuration as a TOML file. Every mistake in it is reported at once, under the path of its key.

Amounts and prices are written in whole units, as people say them ("0.5", 3000), selectors as strings. The commented
example is `examples/network.toml`.
"""

import tomllib
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from ccip_py.chains.rpc_headers import optional_headers
from ccip_py.chains.sections import Section, finality, kind, url
from ccip_py.deploy.config import (
    ChainConfig,
    CommitterConfig,
    FeeParams,
    MonitorConfig,
    NetworkConfig,
    RateLimit,
    TokenConfig,
    TokenOnChain,
    problems,
)
from ccip_py.deploy.keys import REFERENCES, Party, party
from ccip_py.errors import BadInput, ConfigError
from ccip_py.protocol.ids import NO_ADDRESS, Address, ChainSelector
from ccip_py.protocol.selectors import selector_of

T = TypeVar("T")
_NOBODY = Party(NO_ADDRESS)


def load_config(path: Path | str) -> NetworkConfig:
    """Read a configuration; ConfigError lists all that is wrong with it."""
    try:
        return parse_config(Path(path).read_text(encoding="utf-8"))
    except OSError as missing:
        raise ConfigError(f"cannot read {path}: {missing.strerror}") from None


def parse_config(text: str) -> NetworkConfig:
    """Read the text of a configuration."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise ConfigError(f"the configuration is not TOML: {broken}") from None
    return read_config(values)


def read_config(values: dict[str, Any]) -> NetworkConfig:
    """The same for what TOML was read into already."""
    found: list[str] = []
    config = _network(Section(values, "", found))
    # What was not readable stands in the value as a default, and must not be complained about twice.
    found = found or list(problems(config))
    if found:
        raise ConfigError("the network's configuration has mistakes:\n" + "\n".join(f"  {x}" for x in found))
    return config


def _network(root: Section) -> NetworkConfig:
    committers, monitors = _table(root, "committers"), _table(root, "monitors")
    config = NetworkConfig(
        chains=tuple(_chain(section) for section in root.sections("chains")),
        committers=CommitterConfig(_parties(committers, "addresses"), committers.number("f", 1, 10)),
        monitors=MonitorConfig(
            bless_keys=_parties(monitors, "bless_keys"),
            curse_keys=_parties(monitors, "curse_keys"),
            bless_threshold=monitors.number("bless_threshold", 1, 16),
            curse_threshold=monitors.number("curse_threshold", 1, 16),
        ),
        executors=_parties(root, "executors"),
        guardian=_party(root, "guardian").address,
        fee_aggregator=_party(root, "fee_aggregator").address,
        lanes=tuple(_lane(section) for section in _optional_sections(root, "lanes")),
        tokens=tuple(_token(section) for section in _optional_sections(root, "tokens")),
        holders=_parties(root, "holders") if "holders" in root.values else (),
        holder_link=_amount(root, "holder_link", 18, "0"),
        fees=_fees(_table(root, "fees", optional=True)),
        permissionless_window=root.number("permissionless_window", 0, 2**32 - 1),
        allowed_senders=_parties(root, "allowed_senders") if "allowed_senders" in root.values else (),
    )
    for section in (committers, monitors, root):
        section.done()
    return config


def _chain(section: Section) -> ChainConfig:
    chain_id = section.number("chain_id", 1)
    deployer = _party(section, "deployer")
    chain = ChainConfig(
        name=section.text("name"),
        chain_id=chain_id,
        selector=_selector(section, chain_id),
        rpc_url=section.take("rpc_url", url, "an http or https URL", ""),
        deployer=deployer,
        owner=_party(section, "owner") if "owner" in section.values else deployer,
        timelock=section.number("timelock", 1, 2**32 - 1) if "timelock" in section.values else None,
        finality=_default(
            section, "finality", finality, '"finalized", "safe" or a depth in blocks', "finalized"
        ),
        native_usd=_amount(section, "native_usd", 18),
        link_usd=_amount(section, "link_usd", 18),
        gas_price=_amount(section, "gas_price_gwei", 9),
        link=_existing(section, "link"),
        wrapped_native=_existing(section, "wrapped_native"),
        rpc_headers=optional_headers(section),
    )
    section.done()
    return chain


def _lane(section: Section) -> tuple[str, str]:
    lane = section.text("source"), section.text("destination")
    section.done()
    return lane


def _selector(section: Section, chain_id: int) -> ChainSelector:
    if "selector" in section.values:
        return section.selector("selector")
    section.used.add("selector")
    try:
        return selector_of(chain_id)
    except BadInput:
        section.problems.append(f"{section.path}selector: chain {chain_id} is not in the table, write it out")
        return ChainSelector(0)


def _token(section: Section) -> TokenConfig:
    symbol = section.text("symbol")
    places = _table(section, "on")
    on = {name: _place(_table(places, name)) for name in places.values}
    token = TokenConfig(
        symbol, _default(section, "name", str, "a name", symbol), _amount(section, "usd", 18), on
    )
    section.done()
    return token


def _place(section: Section) -> TokenOnChain:
    decimals = _default(section, "decimals", int, "a whole number", 18)
    place = TokenOnChain(
        kind=section.take("kind", kind, "burn_mint or lock_release", "burn_mint"),
        decimals=decimals,
        initial_supply=_amount(section, "initial_supply", decimals, "0"),
        liquidity=_amount(section, "liquidity", decimals, "0"),
        outbound=_limit(section, "outbound", decimals),
        inbound=_limit(section, "inbound", decimals),
        address=_existing(section, "address"),
    )
    section.done()
    return place


def _limit(section: Section, key: str, decimals: int) -> RateLimit | None:
    section.used.add(key)
    if key not in section.values:
        return None
    inner = _table(section, key)
    limit = RateLimit(_amount(inner, "capacity", decimals), _amount(inner, "rate", decimals))
    inner.done()
    return limit


def _fees(section: Section) -> FeeParams:
    """Every field of FeeParams under its own name; what is left out keeps its default."""
    defaults = FeeParams()
    values = {
        name: _default(section, name, _whole, "a whole number", getattr(defaults, name))
        for name in FeeParams.__dataclass_fields__
    }
    section.done()
    return FeeParams(**values)


# Small readers


def _party(section: Section, key: str) -> Party:
    """An address or key reference; what is wrong with a reference is worth more words than "want"."""
    section.used.add(key)
    value = section.values.get(key)
    if not isinstance(value, str):
        section.problems.append(
            f"{section.path}{key}: missing, want {REFERENCES}" if value is None else _wrong(section, key)
        )
        return _NOBODY
    return _read_party(value, f"{section.path}{key}", section.problems)


def _parties(section: Section, key: str) -> tuple[Address, ...]:
    values = section.take(key, _list, f"a list, each {REFERENCES}", [])
    found = [_read_party(v, f"{section.path}{key}[{i}]", section.problems) for i, v in enumerate(values)]
    return tuple(one.address for one in found)


def _read_party(value: Any, where: str, found: list[str]) -> Party:
    try:
        return party(str(value))
    except ConfigError as problem:
        found.append(f"{where}: {problem}" + (f"; {problem.hint}" if problem.hint else ""))
        return _NOBODY


def _wrong(section: Section, key: str) -> str:
    return f"{section.path}{key}: want {REFERENCES}"


def _existing(section: Section, key: str) -> Address | None:
    section.used.add(key)
    return section.address(key) if key in section.values else None


def _amount(section: Section, key: str, decimals: int, default: str | None = None) -> int:
    """A decimal of whole units, exact in smallest units."""
    if default is not None and key not in section.values:
        section.used.add(key)
        return 0
    return int(
        section.take(key, lambda v: _units(v, decimals), f"an amount with up to {decimals} decimals", 0)
    )


def _units(value: Any, decimals: int) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError
    try:
        exact = Decimal(str(value)).scaleb(decimals)
    except InvalidOperation:
        raise ValueError from None
    if not exact.is_finite() or exact != exact.to_integral_value() or exact < 0:
        raise ValueError
    return int(exact)


def _default(section: Section, key: str, check: Callable[[Any], T], wanted: str, default: T) -> T:
    section.used.add(key)
    return section.take(key, check, wanted, default) if key in section.values else default


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError
    return value


def _table(section: Section, key: str, optional: bool = False) -> Section:
    section.used.add(key)
    value = section.values.get(key)
    if not isinstance(value, dict) and not (optional and value is None):
        section.problems.append(f"{section.path}{key}: want a table")
    return Section(value if isinstance(value, dict) else {}, f"{section.path}{key}.", section.problems)


def _optional_sections(section: Section, key: str) -> list[Section]:
    section.used.add(key)
    return list(section.sections(key)) if key in section.values else []
