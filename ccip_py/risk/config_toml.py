"""A configuration as the TOML text that `config_read.load` reads: for tools that write monitors' files for them.

    path.write_text(as_toml(config))

Everything is written, so that what is left out somewhere is left out on purpose. Paths are written as they are.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from ccip_py.risk.config import Chain, Config, KeySource, Lane, Pool, PriceBound, Rpc

Table: TypeAlias = "Mapping[str, str | Table]"
Value: TypeAlias = "str | int | float | bytes | Table | tuple[str | Table, ...]"

_TOML_MAX = 2**63 - 1


def as_toml(config: Config) -> str:
    """Ends in a newline."""
    return "\n".join(_lines(config)) + "\n"


def _lines(config: Config) -> Iterator[str]:
    yield from _table(
        "[monitor]",
        name=config.name,
        store=str(config.directory),
        listen=f"{config.listen[0]}:{config.listen[1]}",
        peers=config.peers,
        poll_seconds=config.poll_seconds,
        timeout_seconds=config.timeout_seconds,
        relay_step_blocks=config.relay_step_blocks,
        alone_after_blocks=config.alone_after_blocks,
        stalled_seconds=config.stalled_seconds,
        simulated_independence=config.simulated_independence,
    )
    for role, source in (("bless", config.bless), ("curse", config.curse), ("relay", config.relay)):
        if source is not None:
            yield from _key(role, source)
    for chain in config.chains:
        yield from _chain(chain)
    for lane in config.lanes:
        yield from _lane(lane)


def _key(role: str, source: KeySource) -> Iterator[str]:
    if source.dev_key_index is not None:
        yield from _table(f"[keys.{role}]", dev_key_index=source.dev_key_index)
    else:
        files = {"keystore": str(source.keystore), "password_file": str(source.password_file)}
        yield from _table(f"[keys.{role}]", **files)


def _chain(chain: Chain) -> Iterator[str]:
    optional: dict[str, bytes | tuple[str, ...]] = {
        "router": chain.router,
        "registry": chain.registry,
        "former_rmns": tuple("0x" + rmn.hex() for rmn in chain.former_rmns),
    }
    yield from _table(
        "[[chains]]",
        name=chain.name,
        selector=str(chain.selector),
        chain_id=chain.chain_id,
        rpc=tuple(_rpc(endpoint) for endpoint in chain.endpoints),
        finality="finalized" if chain.finality is None else chain.finality,
        start_block=chain.start_block,
        rmn=chain.rmn,
        rmn_proxy=chain.rmn_proxy,
        absence_grace=chain.absence_grace,
        **{name: value for name, value in optional.items() if value},
    )
    for pool in chain.pools:
        yield from _pool(pool)
    for bound in chain.prices:
        yield from _price(bound)
    if chain.expected:
        yield "[chains.expected]"
        yield from (f"{json.dumps(name)} = {json.dumps(value)}" for name, value in chain.expected)


def _rpc(endpoint: Rpc) -> "str | Table":
    """Its URL, if that is all there is to say."""
    if endpoint == Rpc(endpoint.url):
        return endpoint.url
    told: dict[str, str | Table] = {"url": endpoint.url} if endpoint.url else {}
    if endpoint.url_file is not None:
        told["url_file"] = str(endpoint.url_file)
    if endpoint.headers:
        told["headers"] = dict(endpoint.headers)
    if endpoint.header_files:
        told["header_files"] = {name: str(file) for name, file in endpoint.header_files}
    return told


def _pool(pool: Pool) -> Iterator[str]:
    limit = {} if pool.outside_limit is None else {"outside_limit": pool.outside_limit}
    box = {"lock_box": pool.lock_box} if pool.lock_box else {}
    yield from _table(
        "[[chains.pools]]",
        pool=pool.pool,
        token=pool.token,
        decimals=pool.decimals,
        **limit,
        outflow_percent=pool.outflow_percent,
        outflow_blocks=pool.outflow_blocks,
        connected=pool.connected,
        **box,
    )


def _price(bound: PriceBound) -> Iterator[str]:
    what: dict[str, Value] = {"token": bound.token} if bound.token else {"selector": str(bound.selector)}
    yield from _table(
        "[[chains.prices]]",
        name=bound.name,
        quoter=bound.quoter,
        **what,
        low=bound.low,
        high=bound.high,
        max_age=bound.max_age,
    )


def _lane(lane: Lane) -> Iterator[str]:
    yield from _table(
        "[[lanes]]",
        source=str(lane.source),
        destination=str(lane.destination),
        on_ramp=lane.on_ramp,
        commit_store=lane.commit_store,
        off_ramp=lane.off_ramp,
        retired=lane.retired,
    )


def _table(heading: str, **values: Value) -> Iterator[str]:
    yield heading
    yield from (f"{name} = {_value(value)}" for name, value in values.items())


def _value(value: Value) -> str:
    if isinstance(value, bytes):
        return f'"0x{value.hex()}"'
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    # TOML's integers have 64 bits; the reader takes them as text as well.
    if isinstance(value, int) and not isinstance(value, bool) and value > _TOML_MAX:
        return f'"{value}"'
    return json.dumps(value)
