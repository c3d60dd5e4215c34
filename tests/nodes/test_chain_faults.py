"""Nodes on two real chains that reorganise, stand still, jump, or are shown wrongly by an endpoint."""

from __future__ import annotations

import pytest

from ccip_py.chains.deployment import Deployment, LaneDeployment
from ccip_py.devnet.anvil import Anvil
from ccip_py.errors import BadInput, ConfigError
from ccip_py.nodes.config import load_node_file
from ccip_py.nodes.main import accept_history
from ccip_py.protocol.codec.evm import CCIP_SEND_REQUESTED
from ccip_py.testing.faults import FaultProxy, ForgeLogs, Hang, emitted_by

from .anvil_box import (
    Box,
    Votes,
    accept_by_command,
    block_of_attempt,
    block_of_commit,
    blocks_later,
    committed,
    executed,
    forget_from,
    is_executed,
    monitors,
    next_expected,
    running,
    send,
)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_J3_an_execution_that_was_reorganised_away_is_done_again(
    deployment: Deployment, anvils: tuple[Anvil, Anvil], lane: LaneDeployment, box: Box
) -> None:
    mains = [box.committer(index).run for index in range(4)]
    async with monitors(Votes(lane, deployment)) as page, running(*mains, box.executor(page).run):
        seq_nr = await send(deployment, lane)
        await executed(deployment, lane, seq_nr)
        await forget_from(anvils[1], await block_of_attempt(deployment, lane, seq_nr))
        assert not await is_executed(deployment, lane, seq_nr)

        anvils[1].resume()
        await executed(deployment, lane, seq_nr)


async def test_J4_a_commit_that_was_reorganised_away_is_made_again(
    deployment: Deployment, anvils: tuple[Anvil, Anvil], lane: LaneDeployment, box: Box
) -> None:
    async with running(*[box.committer(index).run for index in range(4)]):
        seq_nr = await send(deployment, lane)
        await committed(deployment, lane, seq_nr)
        await forget_from(anvils[1], await block_of_commit(deployment, lane, seq_nr))

        anvils[1].resume()
        await committed(deployment, lane, seq_nr)


async def test_K3_a_final_commit_that_changes_stops_nodes_until_their_operators_accept_what_is_there(
    deployment: Deployment, anvils: tuple[Anvil, Anvil], lane: LaneDeployment, box: Box
) -> None:
    nodes = [box.committer(index) for index in range(4)]
    async with running(*[node.run for node in nodes]):
        seq_nr = await send(deployment, lane)
        await committed(deployment, lane, seq_nr)
        await blocks_later(deployment, lane, 10)
        await forget_from(anvils[1], await block_of_commit(deployment, lane, seq_nr))
        anvils[1].resume()
        await blocks_later(deployment, lane, 10)
        assert await next_expected(deployment, lane) == seq_nr
        with pytest.raises(ConfigError, match="another node is running"):
            await accept_history(load_node_file(box.file(0)), "b")
    assert all("FINALITY_VIOLATION" in str(node.metrics.failures.collect()) for node in nodes)

    with pytest.raises(BadInput, match="no final block of a changed"):
        await accept_history(load_node_file(box.file(0)), "a")
    asked = await accept_by_command(box.file(0))
    assert asked.returncode == 1
    assert b"was final as" in asked.stderr
    for index in range(4):
        assert b"b is believed again" in (await accept_by_command(box.file(index), "--yes")).stdout
    async with running(*[box.committer(index).run for index in range(4)]):
        await committed(deployment, lane, seq_nr)


async def test_I11_when_one_chain_cannot_be_read_the_lane_from_the_other_goes_on(
    deployment: Deployment, lane: LaneDeployment, box: Box
) -> None:
    back = deployment.lane(lane.destination, lane.source)
    async with FaultProxy(deployment.chain(lane.source).rpc_url) as proxy:
        proxy.set(Hang(frozenset({"eth_getLogs", "eth_getBlockReceipts"})))
        urls = {lane.source: [proxy.url]}
        async with running(*[box.committer(index, urls).run for index in range(4)]):
            waiting = await send(deployment, lane)
            await committed(deployment, back, await send(deployment, back))
            assert await next_expected(deployment, lane) <= waiting

    async with running(*[box.committer(index).run for index in range(4)]):
        await committed(deployment, lane, waiting)


async def test_K5_a_halted_source_is_waited_for(
    deployment: Deployment, anvils: tuple[Anvil, Anvil], lane: LaneDeployment, box: Box
) -> None:
    async with running(*[box.committer(index).run for index in range(4)]):
        seq_nr = await send(deployment, lane)
        anvils[0].halt()
        await blocks_later(deployment, lane, 6)
        assert await next_expected(deployment, lane) == seq_nr

        anvils[0].resume()
        await committed(deployment, lane, seq_nr)


async def test_K15_block_times_that_stand_still_or_jump_change_nothing(
    deployment: Deployment, anvils: tuple[Anvil, Anvil], lane: LaneDeployment, box: Box
) -> None:
    async with running(*[box.committer(index).run for index in range(4)]):
        for anvil in anvils:
            anvil.rpc("anvil_setBlockTimestampInterval", 0)
        await committed(deployment, lane, await send(deployment, lane))
        for anvil in anvils:
            anvil.rpc("anvil_removeBlockTimestampInterval")
            anvil.rpc("evm_increaseTime", 120)
        await committed(deployment, lane, await send(deployment, lane))


async def test_K8_a_forged_log_on_one_endpoint_changes_nothing(
    deployment: Deployment, lane: LaneDeployment, box: Box
) -> None:
    source = deployment.chain(lane.source)
    forge = ForgeLogs(lambda data: data[:-1] + b"\xff", emitted_by(lane.on_ramp, CCIP_SEND_REQUESTED))
    async with FaultProxy(source.rpc_url) as proxy:
        proxy.set(forge)
        fooled = box.committer(0, {lane.source: [proxy.url]})

        async with running(fooled.run, *[box.committer(index).run for index in range(1, 4)]):
            await committed(deployment, lane, await send(deployment, lane))
