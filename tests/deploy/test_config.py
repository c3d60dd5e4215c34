"""A configuration that is wrong is refused, with everything that is wrong about it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ccip_py.deploy import NetworkConfig, devnet_config
from ccip_py.deploy.config import RateLimit, TokenOnChain, checked, problems
from ccip_py.deploy.keys import Party, dev_address
from ccip_py.errors import ConfigError
from ccip_py.protocol.ids import NO_ADDRESS, Address, ChainSelector

GOOD = devnet_config()
STRANGER = Address(b"\x17" * 20)

Change = Callable[[NetworkConfig], NetworkConfig]


def test_the_devnet_itself_is_right() -> None:
    assert checked(GOOD) is GOOD
    assert checked(devnet_config(["http://x:1", "http://x:2", "http://x:3"])).lane_names() == (
        ("a", "b"),
        ("a", "c"),
        ("b", "a"),
        ("b", "c"),
        ("c", "a"),
        ("c", "b"),
    )


def committers(config: NetworkConfig, **changes: object) -> NetworkConfig:
    return replace(config, committers=replace(config.committers, **changes))  # type: ignore[arg-type]


def monitors(config: NetworkConfig, **changes: object) -> NetworkConfig:
    return replace(config, monitors=replace(config.monitors, **changes))  # type: ignore[arg-type]


def chain(config: NetworkConfig, place: int = 0, **changes: object) -> NetworkConfig:
    chains = list(config.chains)
    chains[place] = replace(chains[place], **changes)  # type: ignore[arg-type]
    return replace(config, chains=tuple(chains))


def place(config: NetworkConfig, **changes: object) -> NetworkConfig:
    """Change how the first token lives on chain a."""
    token = config.tokens[0]
    on = {**token.on, "a": replace(token.on["a"], **changes)}  # type: ignore[arg-type]
    return replace(config, tokens=(replace(token, on=on), *config.tokens[1:]))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda c: replace(c, chains=c.chains[:1], tokens=()), "a network has at least two"),
        (lambda c: chain(c, chain_id=1337), "chain_id 1337 is used twice"),
        (
            lambda c: chain(c, selector=ChainSelector(3379446385462418246)),
            "selector 3379446385462418246 is used twice",
        ),
        (lambda c: chain(c, 1, name="a"), "name a is used twice"),
        (lambda c: chain(c, name="a/b"), "is no name"),
        (lambda c: chain(c, deployer=Party(STRANGER)), "deployer: needs a key"),
        (lambda c: chain(c, native_usd=0), "native_usd: must be more than 0"),
        (lambda c: committers(c, f=0), "committers.f: must be 1 or more"),
        (lambda c: committers(c, f=2), "f = 2 needs 7, got 4"),
        (lambda c: monitors(c, bless_threshold=0), "bless_threshold: from 1 to 4"),
        (lambda c: monitors(c, curse_threshold=0), "curse_threshold: from 1 to 4"),
        (lambda c: monitors(c, bless_threshold=5), "bless_threshold: from 1 to 4"),
        (lambda c: monitors(c, curse_keys=c.monitors.curse_keys[:3]), "each monitor has one of each"),
        (lambda c: replace(c, executors=()), "executors: at least one"),
        (lambda c: replace(c, executors=c.executors * 2), "is listed twice in one role"),
        (lambda c: replace(c, guardian=NO_ADDRESS), "guardian: the zero address"),
        (lambda c: replace(c, guardian=c.committers.addresses[0]), "is committer and guardian"),
        (lambda c: replace(c, executors=(c.monitors.bless_keys[0],)), "is bless key and executor"),
        (lambda c: monitors(c, curse_keys=c.monitors.bless_keys), "is bless key and curse key"),
        (lambda c: replace(c, guardian=c.chains[0].owner.address), "is guardian and owner"),
        (lambda c: replace(c, guardian=c.chains[1].deployer.address), "is deployer and guardian"),
        (lambda c: replace(c, lanes=(("a", "b"), ("a", "b"))), "a to b is listed twice"),
        (lambda c: replace(c, lanes=(("a", "x"),)), "there is no chain x"),
        (lambda c: replace(c, lanes=(("a", "a"),)), "a to itself"),
        (lambda c: replace(c, tokens=c.tokens * 2), "the symbol is used twice"),
        (
            lambda c: replace(c, tokens=(replace(c.tokens[0], symbol="LINK"),)),
            "not a symbol for a token of yours",
        ),
        (lambda c: replace(c, tokens=(replace(c.tokens[0], usd=0),)), "tokens.BMT.usd: must be more than 0"),
        (
            lambda c: replace(c, tokens=(replace(c.tokens[0], on={"a": TokenOnChain("burn_mint")}),)),
            "two chains at least",
        ),
        (lambda c: place(c, liquidity=1), "only a lock-release pool holds liquidity"),
        (lambda c: place(c, decimals=37), "decimals: from 0 to 36"),
        (lambda c: place(c, outbound=RateLimit(capacity=1, rate=0)), "outbound: want 0 < rate ≤ capacity"),
        (lambda c: place(c, inbound=RateLimit(capacity=1, rate=2)), "inbound: want 0 < rate ≤ capacity"),
        (lambda c: replace(c, permissionless_window=-1), "permissionless_window"),
    ],
)
def test_each_mistake_is_named(change: Change, complaint: str) -> None:
    found = list(problems(change(GOOD)))

    assert any(complaint in one for one in found), found


def test_all_mistakes_are_reported_together() -> None:
    wrong = committers(monitors(chain(GOOD, gas_price=-1), curse_threshold=0), f=0)

    with pytest.raises(ConfigError) as refused:
        checked(wrong)

    for part in ("committers.f", "monitors.curse_threshold", "chains.a.gas_price"):
        assert part in refused.value.message


def test_keys_that_everybody_has_are_for_local_chains_only() -> None:
    public = chain(GOOD, chain_id=11155111, selector=ChainSelector(16015286601757825753))

    found = [one for one in problems(public) if "everybody has the key" in one]

    roles = "committer", "bless key", "curse key", "executor", "guardian", "owner", "deployer"
    assert all(any(one.startswith(role) for one in found) for role in roles), found


def test_an_owner_may_deploy() -> None:
    same = chain(GOOD, owner=Party(dev_address(4), "anvil:4"))

    assert list(problems(same)) == []
