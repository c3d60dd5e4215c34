"""Nodes on two real chains, in one process: what a test starts, sends and waits for.

The monitors are played by the test: a page of votes signed with their keys, which the executor pulls and relays.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import anyio
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
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.keys import dev_account
from ccip_py.devnet.anvil import Anvil
from ccip_py.devnet.node_mains import prices
from ccip_py.execute.fees import FeeRule
from ccip_py.nodes.config import CommitterConfig, ExecutorConfig, LaneName
from ccip_py.nodes.log import quiet_log
from ccip_py.nodes.prices import PriceTable
from ccip_py.nodes.transport.in_process import Hub, InProcessTransport
from ccip_py.nodes.votes import monitors_view
from ccip_py.nodes.wire import Committer, Executor
from ccip_py.protocol.blessing import Blessing
from ccip_py.protocol.digests import bless_digest, rmn_domain
from ccip_py.protocol.ids import ChainSelector, SeqNr
from ccip_py.protocol.message import ExecutionState
from ccip_py.sdk.client import Ccip

FREE = FeeRule()
SPARE = 24  # a development key without a role
PATIENCE = 120.0  # seconds: busy machines are slow, and nothing here measures time


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
