"""Nodes on two real chains: messages are committed and executed, and stop and start again where they left off.

The monitors are played by the test: a page of votes signed with their keys, which the executor pulls and relays.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import anyio
import httpx
import pytest
from aiohttp import web

from ccip_py.chains.deployment import Deployment, LaneDeployment, save_deployment
from ccip_py.chains.evm.blocks import block_of
from ccip_py.chains.evm.caller import Caller
from ccip_py.chains.evm.contracts import RMN, CommitStore, OffRamp
from ccip_py.chains.evm.decode import Committed
from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.chains.evm.lane_reader import read_attempts, read_commits
from ccip_py.chains.evm.logs import LogReader
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import Block
from ccip_py.deploy import deploy_network, devnet_config
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.admin import Console, set_committers
from ccip_py.deploy.keys import dev_account, party
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.devnet.node_mains import prices
from ccip_py.errors import BadInput, ConfigError
from ccip_py.execute.fees import FeeRule
from ccip_py.nodes.config import CommitterConfig, ExecutorConfig, LaneName, load_node_file
from ccip_py.nodes.log import quiet_log
from ccip_py.nodes.main import accept_history
from ccip_py.nodes.prices import PriceTable
from ccip_py.nodes.transport.in_process import Hub, InProcessTransport
from ccip_py.nodes.votes import monitors_view
from ccip_py.nodes.wire import Committer, Executor
from ccip_py.protocol.blessing import Blessing
from ccip_py.protocol.codec.evm import CCIP_SEND_REQUESTED
from ccip_py.protocol.digests import bless_digest, rmn_domain
from ccip_py.protocol.ids import ChainSelector, SeqNr
from ccip_py.protocol.message import ExecutionState
from ccip_py.sdk.client import Ccip
from ccip_py.testing.faults import FaultProxy, ForgeLogs, Hang, emitted_by

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
FREE = FeeRule()
SPARE = 24  # a development key without a role
PATIENCE = 120.0  # seconds: busy machines are slow, and nothing here measures time


@pytest.fixture(scope="module")
def anvils() -> Iterator[tuple[Anvil, Anvil]]:
    """The first chain is final after two blocks, the second after eight."""
    first = AnvilOptions(roles.CHAIN_IDS[0], block_time=1)
    second = AnvilOptions(roles.CHAIN_IDS[1], block_time=1, slots_in_an_epoch=4)
    with Anvil(first) as a, Anvil(second) as b:
        yield a, b


@pytest.fixture(scope="module")
def deployment(anvils: tuple[Anvil, Anvil]) -> Deployment:
    return deploy_network(devnet_config([anvil.url for anvil in anvils], executors=2))


@pytest.fixture
def lane(deployment: Deployment) -> LaneDeployment:
    return deployment.lanes[0]


@cache
def dev_key_signer(index: int) -> KeySigner:
    return KeySigner(dev_key(index))


class Votes:
    """Three monitors behind one page: they bless whatever is committed, if they are told to."""

    def __init__(self, lane: LaneDeployment, deployment: Deployment) -> None:
        self.lane, self.chain = lane, deployment.chain(lane.destination)
        self.url = ""

    async def page(self, _request: web.Request) -> web.Response:
        async with Rpc(self.chain.rpc_url) as rpc:
            caller, latest = Caller(rpc), await head(rpc)
            commits, _ = await read_commits(LogReader(rpc), self.lane.lane(), 0, latest, 10**6)
            epoch = await caller.read(latest, RMN(self.chain.rmn).epoch_of(self.lane.source))
            monitors = await caller.read(latest, monitors_view(self.chain.rmn))
        said = [
            self._vote(each, epoch, monitors.config_version, dev_key_signer(key))
            for each in commits
            if isinstance(each, Committed) and each.report.has_root
            for key in roles.BLESSERS[:3]
        ]
        return web.json_response(said)

    def _vote(self, commit: Committed, epoch: int, version: int, signer: KeySigner) -> dict[str, Any]:
        report, lane = commit.report, self.lane
        first, last = report.interval.first, report.interval.last
        blessing = Blessing(lane.commit_store, lane.source, lane.on_ramp, first, last, report.root, epoch)
        domain = rmn_domain(self.chain.chain_id, self.chain.rmn)
        signature = signer.sign_digest(bless_digest(domain, blessing, version))
        vs = (signature[64] - 27) << 255 | int.from_bytes(signature[32:64], "big")
        return {
            "kind": "bless",
            "chainId": str(self.chain.chain_id),
            "rmn": "0x" + self.chain.rmn.hex(),
            "configVersion": version,
            "commitStore": "0x" + lane.commit_store.hex(),
            "sourceChainSelector": str(lane.source),
            "onRamp": "0x" + lane.on_ramp.hex(),
            "first": str(first),
            "last": str(last),
            "root": "0x" + report.root.hex(),
            "epoch": str(epoch),
            "r": "0x" + signature[:32].hex(),
            "vs": "0x" + vs.to_bytes(32, "big").hex(),
        }


async def head(rpc: Rpc) -> Block:
    return block_of(await rpc.call("eth_getBlockByNumber", "latest", False))


@asynccontextmanager
async def monitors(votes: Votes) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes([web.get("/votes", votes.page)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


class Box:
    """The nodes of one test, in one process."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        self.deployment, self.folder, self.hub = deployment, folder, Hub()

    def committer(self, index: int, urls: Mapping[ChainSelector, list[str]] | None = None) -> Committer:
        signer = dev_key_signer(roles.COMMITTERS[index])
        members = [*self.deployment.lanes[0].committers, dev_key_signer(SPARE).address]
        return Committer(
            CommitterConfig(),
            self.deployment,
            signer,
            InProcessTransport(self.hub, signer, members),
            self.folder / f"committer-{index}",
            PriceTable(prices(self.deployment)),
            urls or {},
            log=quiet_log(),
        )

    def file(self, index: int) -> Path:
        """What a committer's operator has written, had it a process of its own."""
        save_deployment(self.deployment, self.folder / "deployment.json")
        path = self.folder / f"committer-{index}.toml"
        path.write_text(
            f"""
            kind = "committer"
            name = "committer {index}"
            deployment = "deployment.json"
            folder = "committer-{index}"
            key = {{ dev_index = {roles.COMMITTERS[index]} }}
            transport = {{ listen = "127.0.0.1:1", peers = {{}} }}
            """
        )
        return path

    def newcomer(self, key: int, lane: LaneDeployment) -> Committer:
        """A committer that the deployment does not know: it serves the lane it was told to, when it may."""
        signer = dev_key_signer(key)
        members = [*lane.committers, signer.address]
        return Committer(
            CommitterConfig(lanes=(LaneName(source=lane.source, destination=lane.destination),)),
            self.deployment,
            signer,
            InProcessTransport(self.hub, signer, members),
            self.folder / f"newcomer-{key}",
            PriceTable(prices(self.deployment)),
            {},
            log=quiet_log(),
        )

    def executor(self, *pages: str, index: int = 0, rule: FeeRule = FREE) -> Executor:
        signer = dev_key_signer(roles.EXECUTORS[index])
        config = ExecutorConfig(monitors=pages, relay_after_blocks=0, turn_step=1, fee_guard=rule)
        folder = self.folder / f"executor-{index}"
        return Executor(config, self.deployment, signer, folder, {}, log=quiet_log())


@pytest.fixture
def box(deployment: Deployment, tmp_path: Path) -> Box:
    return Box(deployment, tmp_path)


@asynccontextmanager
async def running(*mains: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    async with anyio.create_task_group() as tasks:
        for main in mains:
            tasks.start_soon(main)
        try:
            yield
        finally:
            tasks.cancel_scope.cancel()


async def accept_by_command(config: Path, *options: str) -> CompletedProcess[bytes]:
    command = [sys.executable, "-m", "ccip_py.cli", "node", "accept-history", "b", "--config", str(config)]
    return await anyio.run_process([*command, *options], check=False)


async def send(deployment: Deployment, lane: LaneDeployment) -> SeqNr:
    """One message from a user to themselves."""

    def work() -> SeqNr:
        user = dev_account(roles.USERS[0])
        names = (deployment.chain(lane.source).name, deployment.chain(lane.destination).name)
        with Ccip(deployment) as ccip:
            sent = ccip.send(*names, user.address, signer=user, data=b"hi", gas_limit=100_000)
        return SeqNr(sent.sequence_number)

    return await anyio.to_thread.run_sync(work)


async def until(look: Callable[[Caller], Awaitable[bool]], url: str) -> None:
    async with Rpc(url) as rpc:
        with anyio.fail_after(PATIENCE):
            while not await look(Caller(rpc)):
                await anyio.sleep(0.2)


async def committed(deployment: Deployment, lane: LaneDeployment, seq_nr: SeqNr) -> None:
    async def look(caller: Caller) -> bool:
        return await caller.read("latest", CommitStore(lane.commit_store).expected_next()) > seq_nr

    await until(look, deployment.chain(lane.destination).rpc_url)


async def blocks_later(deployment: Deployment, lane: LaneDeployment, count: int) -> None:
    url = deployment.chain(lane.destination).rpc_url
    async with Rpc(url) as rpc:
        end = (await head(rpc)).number + count

        async def look(caller: Caller) -> bool:
            return bool((await head(caller.rpc)).number >= end)

        await until(look, url)


async def executed(deployment: Deployment, lane: LaneDeployment, seq_nr: SeqNr) -> None:
    async def look(caller: Caller) -> bool:
        state = await caller.read("latest", OffRamp(lane.off_ramp).execution_state(seq_nr))
        return state is ExecutionState.SUCCESS

    await until(look, deployment.chain(lane.destination).rpc_url)


async def next_expected(deployment: Deployment, lane: LaneDeployment) -> SeqNr:
    async with Rpc(deployment.chain(lane.destination).rpc_url) as rpc:
        return await Caller(rpc).read("latest", CommitStore(lane.commit_store).expected_next())


async def is_executed(deployment: Deployment, lane: LaneDeployment, seq_nr: SeqNr) -> bool:
    async with Rpc(deployment.chain(lane.destination).rpc_url) as rpc:
        state = await Caller(rpc).read("latest", OffRamp(lane.off_ramp).execution_state(seq_nr))
    return state is not ExecutionState.UNTOUCHED


async def attempts_at(deployment: Deployment, lane: LaneDeployment) -> list[tuple[SeqNr, int]]:
    async with Rpc(deployment.chain(lane.destination).rpc_url) as rpc:
        attempts, _ = await read_attempts(LogReader(rpc), lane.lane(), 0, await head(rpc), 10**6)
    return [(each.outcome.seq_nr, each.place.block_number) for each in attempts]


async def attempts_of(deployment: Deployment, lane: LaneDeployment) -> list[SeqNr]:
    return [seq_nr for seq_nr, _ in await attempts_at(deployment, lane)]


async def block_of_attempt(deployment: Deployment, lane: LaneDeployment, seq_nr: SeqNr) -> int:
    return dict(await attempts_at(deployment, lane))[seq_nr]


async def block_of_commit(deployment: Deployment, lane: LaneDeployment, seq_nr: SeqNr) -> int:
    async with Rpc(deployment.chain(lane.destination).rpc_url) as rpc:
        commits, _ = await read_commits(LogReader(rpc), lane.lane(), 0, await head(rpc), 10**6)
    return next(
        each.place.block_number
        for each in reversed(commits)
        if isinstance(each, Committed) and each.report.has_root and seq_nr in each.report.interval
    )


async def forget_from(anvil: Anvil, block: int) -> None:
    """Halt the chain, and let that block and all after it never have happened. Others take their places."""
    anvil.halt()
    await anyio.to_thread.run_sync(anvil.reorg, anvil.block_number() - block + 1)


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
        assert b"b is believed again" in (await accept_by_command(box.file(index), "--yes")).stderr
    async with running(*[box.committer(index).run for index in range(4)]):
        await committed(deployment, lane, seq_nr)


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
