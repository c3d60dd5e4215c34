"""Nodes on two real chains: messages are committed and executed, and stop and start again where they left off."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import pytest

from ccip_py.chains.deployment import Deployment, LaneDeployment, save_deployment
from ccip_py.chains.evm.caller import Caller
from ccip_py.chains.evm.contracts import CommitStore
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.admin import Console, set_committers
from ccip_py.deploy.keys import dev_account, party
from ccip_py.devnet.anvil import Anvil
from ccip_py.devnet.node_mains import prices
from ccip_py.execute.fees import FeeRule
from ccip_py.nodes.config import CommitterConfig, ExecutorConfig
from ccip_py.nodes.log import quiet_log
from ccip_py.nodes.prices import PriceTable
from ccip_py.nodes.wire import Committer, Executor

from .anvil_box import (
    PATIENCE,
    SPARE,
    Box,
    Votes,
    attempts_of,
    blocks_later,
    committed,
    dev_key_signer,
    executed,
    is_executed,
    monitors,
    running,
    send,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_message_is_committed_blessed_and_executed(
    deployment: Deployment, lane: LaneDeployment, box: Box
) -> None:
    seq_nr = await send(deployment, lane)

    async with monitors(Votes(lane, deployment)) as page:
        mains = [box.committer(index).run for index in range(4)]
        async with running(*mains, box.executor(page).run):
            await executed(deployment, lane, seq_nr)


async def test_J1_two_executors_have_one_effect(
    deployment: Deployment, lane: LaneDeployment, box: Box
) -> None:
    mains = [box.committer(index).run for index in range(4)]
    async with monitors(Votes(lane, deployment)) as page:
        both = [box.executor(page, index=index).run for index in (0, 1)]
        async with running(*mains, *both):
            sent = [await send(deployment, lane) for _ in range(3)]
            for seq_nr in sent:
                await executed(deployment, lane, seq_nr)

    attempts = await attempts_of(deployment, lane)
    assert [attempts.count(seq_nr) for seq_nr in sent] == [1, 1, 1]


async def test_J2_nodes_that_lost_their_caches_find_what_is_left(
    deployment: Deployment, lane: LaneDeployment, box: Box
) -> None:
    async with monitors(Votes(lane, deployment)) as page:
        async with running(*[box.committer(index).run for index in range(4)], box.executor(page).run):
            await executed(deployment, lane, await send(deployment, lane))
        async with running(*[box.committer(index).run for index in range(4)]):
            left = await send(deployment, lane)
            await committed(deployment, lane, left)
        for cache in box.folder.glob("*/cache.sqlite*"):
            cache.unlink()
        assert not list(box.folder.glob("*/cache.sqlite"))

        async with running(*[box.committer(index).run for index in range(4)], box.executor(page).run):
            await executed(deployment, lane, left)
            await executed(deployment, lane, await send(deployment, lane))


async def test_J9_when_one_executor_cannot_pay_another_one_delivers(
    deployment: Deployment, anvils: tuple[Anvil, Anvil], lane: LaneDeployment, box: Box
) -> None:
    poor = dev_account(roles.EXECUTORS[0]).address
    anvils[1].set_balance(poor, 0)
    mains = [box.committer(index).run for index in range(4)]
    async with monitors(Votes(lane, deployment)) as page:
        broke, rich = (box.executor(page, index=index) for index in (0, 1))
        async with running(*mains, broke.run, rich.run):
            for _ in range(2):
                await executed(deployment, lane, await send(deployment, lane))
    anvils[1].set_balance(poor, 10**21)

    there = deployment.chain(lane.destination).name
    shown = [
        node.metrics.registry.get_sample_value("ccip_balance", {"chain": there}) for node in (broke, rich)
    ]
    assert shown[0] == 0
    assert shown[1] is not None
    assert shown[1] > 0


async def test_an_executor_that_asks_for_more_than_was_paid_waits(
    deployment: Deployment, lane: LaneDeployment, box: Box
) -> None:
    greedy, fair = FeeRule(percent_of_cost=10**9), FeeRule(percent_of_cost=1)
    mains = [box.committer(index).run for index in range(4)]
    async with monitors(Votes(lane, deployment)) as page:
        async with running(*mains, box.executor(page, rule=greedy).run):
            seq_nr = await send(deployment, lane)
            await committed(deployment, lane, seq_nr)
            await blocks_later(deployment, lane, 5)
            assert not await is_executed(deployment, lane, seq_nr)

        async with running(*mains, box.executor(page, rule=fair).run):
            await executed(deployment, lane, seq_nr)


async def test_three_of_four_go_on_and_two_do_not(
    deployment: Deployment, lane: LaneDeployment, box: Box
) -> None:
    async with running(*[box.committer(index).run for index in range(3)]):
        await committed(deployment, lane, await send(deployment, lane))
    waiting = await send(deployment, lane)

    async with running(*[box.committer(index).run for index in range(2)]):
        await blocks_later(deployment, lane, 8)
        async with Rpc(deployment.chain(lane.destination).rpc_url) as rpc:
            store = CommitStore(lane.commit_store)
            assert await Caller(rpc).read("latest", store.expected_next()) == waiting

    async with running(*[box.committer(index).run for index in range(4)]):
        await committed(deployment, lane, waiting)


async def test_nodes_without_a_key_only_watch(deployment: Deployment, lane: LaneDeployment, box: Box) -> None:
    table = PriceTable(prices(deployment))
    watcher = Committer(
        CommitterConfig(), deployment, None, None, box.folder / "watcher", table, {}, log=quiet_log()
    )
    idle = Executor(ExecutorConfig(), deployment, None, box.folder / "idle", {}, log=quiet_log())
    waiting = await send(deployment, lane)

    async with running(watcher.run, idle.run):
        await blocks_later(deployment, lane, 4)

    async with Rpc(deployment.chain(lane.destination).rpc_url) as rpc:
        assert await Caller(rpc).read("latest", CommitStore(lane.commit_store).expected_next()) <= waiting
    assert watcher.metrics.waiting() == []
    assert idle.metrics.waiting() == []


async def test_E6_running_nodes_follow_a_change_of_committers(
    deployment: Deployment, lane: LaneDeployment, box: Box
) -> None:
    """E6: one member is replaced while all run; then the newcomer's signature is needed, and is there."""
    owner = Console(deployment.chain(lane.destination), party(f"anvil:{roles.OWNER}"))
    newcomer = dev_key_signer(SPARE).address
    stay = [box.committer(0).run, box.committer(1).run, box.newcomer(SPARE, lane).run]
    async with running(*stay):
        async with running(box.committer(2).run, box.committer(3).run):
            await committed(deployment, lane, await send(deployment, lane))
            rotated = (*lane.committers[:3], newcomer)
            await anyio.to_thread.run_sync(set_committers, owner, lane.commit_store, rotated, 1)
        await committed(deployment, lane, await send(deployment, lane))
        await anyio.to_thread.run_sync(set_committers, owner, lane.commit_store, lane.committers, 1)
    async with running(*[box.committer(index).run for index in range(4)]):
        await committed(deployment, lane, await send(deployment, lane))


async def test_a_committer_runs_as_a_process_and_ends_on_a_signal(
    deployment: Deployment, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    save_deployment(deployment, tmp_path / "deployment.json")
    port, figures = free_port(), free_port()
    (tmp_path / "node.toml").write_text(
        f"""
        kind = "committer"
        name = "committer 0"
        deployment = "deployment.json"
        folder = "state"
        metrics = "127.0.0.1:{figures}"
        [key]
        dev_index = {roles.COMMITTERS[0]}
        [transport]
        listen = "127.0.0.1:{port}"
        peers = {{}}
        """
    )
    program = "import anyio, sys; from pathlib import Path; from ccip_py.nodes.main import run_node_file\n"
    program += "anyio.run(run_node_file, Path(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(tmp_path / "node.toml")]

    async with await anyio.open_process(command, stdout=None, stderr=None) as process:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            await until_ready(client, f"http://127.0.0.1:{figures}/readyz")
            shown = await client.get(f"http://127.0.0.1:{figures}/metrics")
        process.terminate()
        with anyio.fail_after(PATIENCE):
            assert await process.wait() == 0

    assert "ccip_loop_heartbeat_seconds" in shown.text


async def until_ready(client: httpx.AsyncClient, url: str) -> None:
    with anyio.fail_after(PATIENCE):
        while True:
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await anyio.sleep(0.2)
