"""Two monitors that look through the same endpoints are found out, and nothing else is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from ccip_py.risk.config import Config, ConfigError, Rpc
from ccip_py.risk.main import run
from ccip_py.risk.rpc import Target
from ccip_py.risk.serve import serve
from ccip_py.risk.windows import prints, shared
from ccip_py.testing.faults import FaultProxy

from .builders import DESTINATION, SOURCE
from .world import World, config_for

ONE, TWO, THREE = (Target(name, f"https://{name}.example/key-of-our-own") for name in ("one", "two", "three"))
KEY, THEIR_KEY = b"\x01" * 20, b"\x02" * 20
OWN = {SOURCE: (ONE, TWO), DESTINATION: (ONE, THREE)}


def status(windows: Any, key: bytes = THEIR_KEY) -> dict[str, Any]:
    return {"blessKey": "0x" + key.hex(), "windows": prints(windows, key)}


def test_the_same_endpoints_in_any_order_are_the_same() -> None:
    assert shared(OWN, status({SOURCE: (TWO, ONE), DESTINATION: (TWO, ONE)})) == [SOURCE]
    assert shared(OWN, status({SOURCE: (TWO, THREE)})) == []
    assert shared(OWN, status({SOURCE: (ONE, TWO, THREE)})) == []


def test_prints_can_not_be_copied_and_tell_nothing() -> None:
    """Whoever shows another one's prints under a key of its own has something else to show."""
    copied = {**status(OWN, KEY), "blessKey": "0x" + THEIR_KEY.hex()}

    assert shared(OWN, copied) == []
    assert "example" not in str(status(OWN))


@pytest.mark.parametrize("nonsense", [None, [], {}, {"windows": 1, "blessKey": "0x"}, {"windows": {"x": 1}}])
def test_nonsense_shares_nothing(nonsense: Any) -> None:
    assert shared(OWN, nonsense) == []


@pytest.mark.anyio
@pytest.mark.parametrize("same", [True, False])
async def test_the_second_of_two_doubles_does_not_start(world: World, tmp_path: Path, same: bool) -> None:
    async with FaultProxy(world.source.url) as a, FaultProxy(world.destination.url) as b:
        other = world.source.url if same else "http://127.0.0.1:9"
        theirs = {SOURCE: (Target("x", a.url), Target("y", other))}
        async with anyio.create_task_group() as group:
            port = await group.start(serve, ("127.0.0.1", 0), {"/status": lambda: status(theirs)})
            peers = (f"http://127.0.0.1:{port}", "http://127.0.0.1:9")
            config = config_for(world, 0, tmp_path, peers=peers, simulated_independence=False)
            chains = tuple(
                replace(chain, endpoints=(Rpc(proxy.url), Rpc(own.url)))
                for chain, proxy, own in zip(
                    config.chains, (a, b), (world.source, world.destination), strict=True
                )
            )
            await start(replace(config, chains=chains), refused=same)
            group.cancel_scope.cancel()


async def start(config: Config, refused: bool) -> None:
    """Starts, and stops at once."""
    stop = anyio.Event()
    if refused:
        with pytest.raises(ConfigError, match=r"chains\.a\.rpc: .* looks through the same endpoints"):
            await run(config, stop=stop)
    else:
        await run(config, ready=lambda _: stop.set(), stop=stop)
