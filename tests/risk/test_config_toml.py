"""A configuration written and read again is the same, in every field there is."""

import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ccip_py.risk.config import Chain, Config, KeySource, Lane, Pool, PriceBound, Rpc
from ccip_py.risk.config_read import parse
from ccip_py.risk.config_toml import as_toml

ONE, TWO, THREE = (bytes([n]) * 20 for n in (1, 2, 3))
# Nothing here is as it would be if it were left out.
CHAIN = Chain(
    'a "quoted" name',
    7759470850252068959,
    31337,
    (
        Rpc("http://127.0.0.1:1"),
        Rpc("http://127.0.0.1:2", headers=(("X-A", "1"),), header_files=(("X-B", Path("/secrets/b")),)),
        Rpc(url_file=Path("/secrets/url"), headers=(("X-A", "1"), ("X-C", '"'))),
    ),
    5,
    9,
    ONE,
    TWO,
    6,
    router=THREE,
    registry=ONE,
    former_rmns=(TWO, THREE),
    pools=(Pool(ONE, TWO, 6, 2**100, 10, 20, True, THREE),),
    prices=(
        PriceBound("LINK", ONE, 5 * 10**18, 50 * 10**18, 60, TWO),
        PriceBound("gas", ONE, 1, 2, 3, selector=2**64 - 1),
    ),
    expected=(("bless threshold", "4"), (f"quorum of {ONE.hex()}", "5")),
)
CONFIG = Config(
    "monitor-9",
    Path("/somewhere"),
    ("127.0.0.1", 9_101),
    ("http://127.0.0.1:9102",),
    KeySource(dev_key_index=11),
    KeySource(Path("/keys/curse.json"), Path("/keys/curse.txt")),
    KeySource(dev_key_index=12),
    (CHAIN, replace(CHAIN, name="b", selector=2, chain_id=1337, finality=None)),
    (Lane(CHAIN.selector, 2, ONE, TWO, THREE, retired=True),),
    2.5,
    7.0,
    3,
    13,
    90.0,
    True,
)


def values(of: Any) -> Iterator[tuple[str, bool]]:
    """(class and field, whether it says something) of everything in a configuration."""
    for field in fields(of):
        value = getattr(of, field.name)
        yield f"{type(of).__name__}.{field.name}", field.default is MISSING or value != field.default
        for inner in value if isinstance(value, tuple) else (value,):
            if is_dataclass(inner):
                yield from values(inner)


def test_what_is_written_is_what_is_read() -> None:
    assert parse(tomllib.loads(as_toml(CONFIG)), Path("/")) == CONFIG


def test_the_example_leaves_nothing_at_its_default() -> None:
    """Otherwise a field that the writer forgets would go unnoticed."""
    told = {name for name, says in values(CONFIG) if says}
    assert {name for name, _ in values(CONFIG)} == told


@pytest.mark.parametrize("absent", ["relay", "limit"])
def test_what_is_not_there_stays_away(absent: str) -> None:
    unlimited = replace(CHAIN, pools=(Pool(ONE, TWO, 6),))
    without = {"relay": {"relay": None}, "limit": {"chains": (unlimited, CONFIG.chains[1])}}[absent]
    config = replace(CONFIG, **without)

    assert parse(tomllib.loads(as_toml(config)), Path("/")) == config
