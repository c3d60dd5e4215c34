"""Endpoints that lie, hide, disagree or die: the monitor waits, says so, and blesses nothing wrong."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from eth_hash.auto import keccak

from ccip_py.risk import evm, views
from ccip_py.risk.monitor import Monitor
from ccip_py.testing.faults import (
    Disconnected,
    DropLogs,
    Fault,
    FaultProxy,
    ForgeLogs,
    FrozenTag,
    Status,
    Truncated,
    WrongId,
    emitted_by,
)

from .builders import DESTINATION, ON_RAMP, SOURCE
from .world import World, all_monitors, monitored, set_monitors

pytestmark = pytest.mark.anyio

ON_MESSAGES = emitted_by(ON_RAMP, evm.MESSAGE_SENT)


@asynccontextmanager
async def behind_proxies(world: World, directory: Path, *chains: int) -> AsyncIterator[dict[int, FaultProxy]]:
    """One monitor; on the named chains its first endpoint is a proxy, its second the chain itself."""
    proxies = {
        chain: FaultProxy(world.source.url if chain == SOURCE else world.destination.url) for chain in chains
    }
    opened: list[FaultProxy] = []
    try:
        for proxy in proxies.values():
            opened.append(await proxy.__aenter__())
        routes = {chain: (proxy.url,) for chain, proxy in proxies.items()}
        async with monitored(world, directory, count=1, routes=routes):
            yield proxies
    finally:
        for proxy in opened:
            await proxy.__aexit__(None, None, None)


def own_votes(monitor: Monitor) -> list[dict[str, Any]]:
    return [vote for vote in monitor.votes() if vote["kind"] == "bless"]


def forge(data: bytes) -> bytes:
    """The same message, but for another receiver."""
    return data[: 32 * 3] + b"\x66".rjust(32, b"\0") + data[32 * 4 :]


async def test_a_forged_log_is_exposed_and_the_honest_endpoint_used(world: World, tmp_path: Path) -> None:
    """The forger serves receipts that don't hash to the header that everybody agrees on."""
    async with behind_proxies(world, tmp_path, SOURCE) as proxies:
        proxies[SOURCE].set(ForgeLogs(forge, ON_MESSAGES))
        world.send(3)
        world.commit(1, 3)

        await world.until(lambda: len(own_votes(world.monitors[0])) == 1)

        lane = world.monitors[0].config.lanes[0]
        assert [m.leaf for m in world.monitors[0].facts.sent.messages(lane, 1, 3)] == world.leaves


async def test_forged_logs_on_every_endpoint_bless_nothing(world: World, tmp_path: Path) -> None:
    """Even if all endpoints tell the same lie, it doesn't fit the header."""
    async with FaultProxy(world.source.url) as one, FaultProxy(world.source.url) as other:
        one.set(ForgeLogs(forge, ON_MESSAGES))
        other.set(ForgeLogs(forge, ON_MESSAGES))
        async with monitored(world, tmp_path, count=1, routes={SOURCE: (one.url, other.url)}) as lied_to:
            (monitor,) = lied_to.monitors
            monitor._followers[SOURCE].endpoints.all = monitor._followers[SOURCE].endpoints.all[:2]
            world.send(3)
            world.commit(1, 3)
            await world.settle(8)

            assert own_votes(monitor) == []
            assert any("NotProven" in alarm for alarm in monitor.status()["alarms"])
            assert world.anomalies() == set()


async def test_logs_hidden_from_getlogs_make_no_difference_to_the_source(
    world: World, tmp_path: Path
) -> None:
    async with behind_proxies(world, tmp_path, SOURCE) as proxies:
        proxies[SOURCE].set(DropLogs())
        world.send(2)
        world.commit(1, 2)

        await world.until(lambda: len(own_votes(world.monitors[0])) == 1)


async def test_a_hidden_commit_is_found_when_it_is_final(world: World, tmp_path: Path) -> None:
    async with behind_proxies(world, tmp_path, DESTINATION) as proxies:
        proxies[DESTINATION].set(DropLogs())
        world.send(2)
        world.commit(1, 2, keccak(b"forged"))

        await world.until(lambda: world.anomalies() == {"AN2"})


@pytest.mark.parametrize("fault", [Disconnected(), Status(429), Truncated(), WrongId(), FrozenTag()])
async def test_one_faulty_endpoint_makes_the_monitor_wait(world: World, tmp_path: Path, fault: Fault) -> None:
    async with behind_proxies(world, tmp_path, SOURCE) as proxies:
        (monitor,) = world.monitors
        await world.settle(1)
        proxies[SOURCE].set(fault)
        # A tag that stands still does so from the first time that it is asked for.
        await monitor.cycle()
        world.send()
        world.commit(1, 1)
        await world.settle(6)
        assert own_votes(monitor) == []
        assert world.anomalies() == set()

        proxies[SOURCE].clear()
        await world.until(lambda: len(own_votes(monitor)) == 1)


async def test_endpoints_on_different_forks_are_no_reason_to_vote(world: World, tmp_path: Path) -> None:
    """One endpoint serves another chain altogether: nothing is blessed, nobody is cursed."""
    async with (
        FaultProxy(world.destination.url) as elsewhere,
        monitored(world, tmp_path, count=1, routes={SOURCE: (elsewhere.url,)}),
    ):
        world.send()
        world.commit(1, 1)
        await world.settle(6)

        assert own_votes(world.monitors[0]) == []
        assert any("Disagreement" in alarm for alarm in world.monitors[0].status()["alarms"])
        assert world.anomalies() == set()


async def test_trouble_on_one_chain_leaves_the_others_alone(world: World, tmp_path: Path) -> None:
    async with behind_proxies(world, tmp_path, SOURCE) as proxies:
        proxies[SOURCE].set(Disconnected())
        await world.settle(2)
        before = world.monitors[0].facts.cursor(DESTINATION)

        await world.settle(2)

        after = world.monitors[0].facts.cursor(DESTINATION)
        assert before is not None
        assert after is not None
        assert after[0] > before[0]


@asynccontextmanager
async def telling(url: str, tell: Callable[[dict[str, Any], Any], Any]) -> AsyncIterator[str]:
    """An endpoint before the chain that makes something else of its answers."""

    async def answer(request: web.Request) -> web.Response:
        calls = await request.json()
        async with client.post(url, json=calls) as said:
            answers = await said.json()
        by_id = {call["id"]: call for call in calls}
        told = [
            {**one, "result": tell(by_id[one["id"]], one["result"])} if "result" in one else one
            for one in answers
        ]
        return web.json_response(told)

    app = web.Application()
    app.add_routes([web.post("/", answer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    async with ClientSession() as client:
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield "http://{}:{}".format(*runner.addresses[0][:2])
        finally:
            await runner.cleanup()


@asynccontextmanager
async def told_by(
    world: World, tmp_path: Path, tell: Callable[[dict[str, Any], Any], Any]
) -> AsyncIterator[Monitor]:
    """A monitor with a single endpoint on the destination, whose answers `tell` decides."""
    async with (
        telling(world.destination.url, tell) as url,
        monitored(world, tmp_path, count=1, routes={DESTINATION: (url,)}),
    ):
        (monitor,) = world.monitors
        endpoints = monitor._followers[DESTINATION].endpoints
        endpoints.all = endpoints.all[:1]
        yield monitor


@pytest.mark.parametrize("method", ["eth_getBlockByNumber", "eth_call", "eth_getLogs"])
@pytest.mark.parametrize("nonsense", [None, 7, [], [7], "0x", "zz", {"number": "0x1", "hash": None}])
async def test_nonsense_on_one_chain_leaves_the_others_alone(
    world: World, tmp_path: Path, method: str, nonsense: Any
) -> None:
    """Whatever stands where a block, an answer or a list should be."""
    silly = False

    def tell(call: dict[str, Any], answer: Any) -> Any:
        return nonsense if silly and call["method"] == method else answer

    async with told_by(world, tmp_path, tell) as monitor:
        await world.settle(2)
        before = monitor.facts.cursor(SOURCE)
        silly = True
        await world.settle(2)

        after = monitor.facts.cursor(SOURCE)
        assert before is not None
        assert after is not None
        assert after[0] > before[0]
        if (method, nonsense) != ("eth_getLogs", []):  # which may well be so
            assert any(alarm.startswith("b: ") for alarm in monitor.status()["alarms"])
        assert world.anomalies() == set()


async def test_endpoints_that_differ_about_a_final_block_are_told_of(world: World, tmp_path: Path) -> None:
    """One that hides a lowered threshold can't do so unnoticed: nobody is cursed for it, and somebody is told."""
    thresholds = views.monitors(world.rmn[DESTINATION])
    world.destination.mine(8)
    kept: list[Any] = []

    def tell(call: dict[str, Any], answer: Any) -> Any:
        final = call["method"] == "eth_call" and isinstance(call["params"][1], str)
        if not final or call["params"][0]["data"] != "0x" + thresholds.data.hex():
            return answer
        kept.append(answer)
        return kept[0]

    async with (
        telling(world.destination.url, tell) as url,
        monitored(world, tmp_path, count=1, routes={DESTINATION: (url,)}),
    ):
        (monitor,) = world.monitors
        await world.settle(8)
        assert not any("differ" in alarm for alarm in monitor.status()["alarms"])
        set_monitors(world.destination, world.rmn[DESTINATION], all_monitors(), bless=2)
        await world.settle(8)

        told = [
            alarm for alarm in monitor.status()["alarms"] if "endpoints differ about a final block" in alarm
        ]
        assert len(told) == 1
        assert world.rmn[DESTINATION].hex() in told[0]
        assert world.anomalies() == set()


async def test_one_bad_answer_stops_nothing_though_no_block_comes_after_it(
    world: World, tmp_path: Path
) -> None:
    """What is suspected is asked about anew before it is believed, even of a chain that stands still."""
    thresholds, lies = views.monitors(world.rmn[DESTINATION]), False
    world.destination.mine(8)

    def tell(call: dict[str, Any], answer: Any) -> Any:
        asked = call["method"] == "eth_call" and call["params"][0]["data"] == "0x" + thresholds.data.hex()
        if not (lies and asked):
            return answer
        return answer[: 2 + 64 * 2] + f"{1:064x}" + answer[2 + 64 * 3 :]  # the bless threshold

    async with told_by(world, tmp_path, tell) as monitor:
        await world.settle(4)
        lies = True
        await world.settle(1)
        assert len(monitor._suspected) == 1
        lies = False
        for _ in range(3):
            await monitor.cycle()

        assert monitor._suspected == frozenset()
        assert world.anomalies() == set()
