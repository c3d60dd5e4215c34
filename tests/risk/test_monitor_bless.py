"""Four monitors bless what is right, cheaply, and only that."""

from pathlib import Path
from typing import Any

import pytest

from ccip_py.risk import keys
from ccip_py.risk.rpc import Endpoint

from .world import World, bless_key, curse_key, monitored, set_monitors

pytestmark = pytest.mark.anyio


async def test_a_good_root_is_blessed_with_one_transaction(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send(5)
        root = world.commit(1, 5)

        await world.settle(4)

        assert world.is_blessed(root)
        assert sum(world.sendings_of(monitor) for monitor in world.monitors) == 1
        assert world.anomalies() == set()


async def test_three_monitors_are_enough_and_two_are_not(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send()
        root = world.commit(1, 1)

        await world.settle(8, world.monitors[:2])
        assert not world.is_blessed(root)

        await world.settle(12, world.monitors[:3])
        assert world.is_blessed(root)


async def test_unfinal_messages_are_not_blessed(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send()
        root = world.commit(1, 1)
        for _ in range(5):
            for monitor in world.monitors:
                await monitor.cycle()
        assert not world.is_blessed(root)

        await world.settle(5)
        assert world.is_blessed(root)


async def test_monitors_that_hear_nobody_get_there_together(world: World, tmp_path: Path) -> None:
    """No peers at all: after a while each brings its own vote, and the contract adds them up."""
    async with monitored(world, tmp_path, peers=(), alone_after_blocks=3):
        world.send(2)
        root = world.commit(1, 2)

        await world.settle(14)

        assert world.is_blessed(root)


async def test_a_new_set_of_monitors_votes_again(world: World, tmp_path: Path) -> None:
    """Partial votes die with the configuration that they were counted under."""
    async with monitored(world, tmp_path, peers=(), alone_after_blocks=2):
        world.send()
        root = world.commit(1, 1)
        await world.settle(5, world.monitors[:2])
        same = [(keys.dev_key(bless_key(n)).address, keys.dev_key(curse_key(n)).address) for n in range(4)]
        set_monitors(world.destination, next(reversed(world.rmn.values())), same)

        await world.settle(6, world.monitors[2:3])
        assert not world.is_blessed(root)

        await world.settle(6)
        assert world.is_blessed(root)


async def test_work_per_cycle_does_not_grow_with_history(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path, count=3):
        for n in range(6):
            world.send()
            world.commit(n + 1, n + 1)
            await world.settle(2)
        await world.settle(8)

        assert all(statements == [] for m in world.monitors for statements in m._blessings.open.values())
        assert all(monitor.votes() == [] for monitor in world.monitors)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many questions each request to an endpoint holds, as they are made."""
    sizes: list[int] = []
    post = Endpoint._post

    async def counted(self: Endpoint, body: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
        sizes.append(len(body))
        return await post(self, body)

    monkeypatch.setattr(Endpoint, "_post", counted)
    return sizes


async def test_a_chain_that_stands_still_is_asked_for_its_head_only(
    world: World, tmp_path: Path, asked: list[int]
) -> None:
    async with monitored(world, tmp_path, count=1):
        (monitor,) = world.monitors
        await world.settle(20)  # owners and code are asked for as well, once in a while
        asked.clear()
        for _ in range(3):
            await monitor.cycle()
        assert asked == [3, 3] * 3

        asked.clear()
        await world.settle(1)
        assert len(asked) == 4


async def test_catching_up_does_not_take_a_round_trip_for_each_block(
    world: World, tmp_path: Path, asked: list[int]
) -> None:
    """What a monitor missed while it was away is what everybody waits for."""
    world.send(40)
    world.source.mine(4)
    async with monitored(world, tmp_path, count=1):
        (monitor,) = world.monitors
        await monitor.cycle()

        assert monitor.facts.sent.through(monitor.config.lanes[0]) == 40
        assert sum(asked) > 80
        assert len(asked) < 20


async def test_a_restarted_monitor_goes_on_where_it_was(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path, count=3):
        world.send(2)
        world.commit(1, 2)
        await world.settle(4)
    world.monitors.clear()

    async with monitored(world, tmp_path, count=3):
        before = [
            monitor.facts.cursor(chain.selector)
            for monitor in world.monitors
            for chain in monitor.config.chains
        ]
        assert None not in before
        world.send()
        root = world.commit(3, 3)
        await world.settle(4)
        assert world.is_blessed(root)
