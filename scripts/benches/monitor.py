"""scripts/bench monitor [--per-block N…] [--blocks N] [--json]: what the risk monitors' work costs.

Two Anvils that mine when they are told to, four monitors in this process that hear each other over HTTP and look twice
a block. Mixed messages both ways; roots are committed and messages executed by this program, with the devnet's own keys,
so that nothing but the monitors' cycles is measured. CPU time, so that it matters little what else the machine does.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

import anyio

from ccip_py.audit.rpc import Endpoint
from ccip_py.chains.deployment import ChainDeployment, LaneDeployment
from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.chaos.traffic import MIXED, Traffic
from ccip_py.chaos.watch import SENT
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.keys import dev_address
from ccip_py.devnet.byzantine import corrupt_transmit_call
from ccip_py.devnet.network import Network, Options, start_network
from ccip_py.errors import NotYet
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.merkle import Tree, grow
from ccip_py.protocol.message import Message
from ccip_py.protocol.report import CommitReport, ExecutionReport, Interval, PriceUpdates
from ccip_py.risk.http import Http
from ccip_py.risk.main import load_keys
from ccip_py.risk.monitor import Monitor
from ccip_py.risk.serve import serve

BLOCK_GAS = 120_000_000
LOOKS = 2  # of each monitor in a block
UNDER_A_ROOT = 128
EXECUTED_AT_ONCE = 32
GAS = 16_000_000
IDLE_BLOCKS = 40
SETTLED = 8  # blocks until everything is final, and has been judged
AT_MOST = 60  # blocks from the last sending to the last execution
IS_BLESSED = keccak(b"isBlessed(bytes32)")[:4]
NEXT = keccak(b"getExpectedNextSequenceNumber()")[:4]


@dataclass(frozen=True, slots=True)
class Figures:
    """CPU of one monitor, on average over all of them."""

    messages: int
    per_block: int
    blocks: int  # until everything was executed and final
    us_per_message: int  # beyond what the same number of empty blocks costs
    idle_us_per_block: int  # of both chains, with LOOKS looks
    load: float  # of the machine, at the end


@dataclass(slots=True)
class Way:
    """One lane, how far its messages are, and whoever moves them on but for the monitors."""

    network: Network
    lane: LaneDeployment
    read_through: int = 0  # block of the source
    final: list[Message] = field(default_factory=list)  # and not committed
    committed: list[tuple[Tree, list[Message]]] = field(default_factory=list)  # and not executed
    executed: int = 0
    epoch: int = 1

    @property
    def source(self) -> ChainDeployment:
        return self.network.deployment.chain(self.lane.source)

    @property
    def destination(self) -> ChainDeployment:
        return self.network.deployment.chain(self.lane.destination)

    @property
    def under_way(self) -> bool:
        """Whether anything that was sent is not executed."""
        with Endpoint(self.source.rpc_url) as endpoint:
            call = {"to": codec.checksum(self.lane.on_ramp), "data": "0x" + NEXT.hex()}
            return int(endpoint.ask("eth_call", call, "latest"), 16) - 1 > self.executed

    def move(self) -> None:
        """What committers and executors would hand over now."""
        with Endpoint(self.source.rpc_url) as here, Endpoint(self.destination.rpc_url) as there:
            self._read(here)
            self._execute(there)
            self._commit(there)

    def _read(self, endpoint: Endpoint) -> None:
        last = int(endpoint.ask("eth_getBlockByNumber", "finalized", False)["number"], 16)
        if last <= self.read_through:
            return
        query = {"fromBlock": hex(self.read_through + 1), "toBlock": hex(last)}
        query["address"] = codec.checksum(self.lane.on_ramp)
        for log in endpoint.ask("eth_getLogs", {**query, "topics": ["0x" + SENT.hex()]}):
            self.final.append(codec.decode_ccip_send_requested(bytes.fromhex(log["data"][2:])))
        self.read_through = last

    def _commit(self, endpoint: Endpoint) -> None:
        signers = [KeySigner(dev_key(index)) for index in roles.COMMITTERS[: 2 * self.lane.f + 1]]
        while self.final:
            under, self.final = self.final[:UNDER_A_ROOT], self.final[UNDER_A_ROOT:]
            tree = grow([message.message_id for message in under])
            interval = Interval(under[0].sequence_number, under[-1].sequence_number)
            report = CommitReport(PriceUpdates(), interval, tree.root)
            call = corrupt_transmit_call(report, self.lane.config_digest, self.epoch, signers)
            _hand_over(endpoint, dev_address(roles.COMMITTERS[0]), self.lane.commit_store, call)
            self.committed.append((tree, under))
            self.epoch += 1

    def _execute(self, endpoint: Endpoint) -> None:
        while self.committed and self._is_blessed(endpoint, self.committed[0][0].root):
            tree, under = self.committed.pop(0)
            for first in range(0, len(under), EXECUTED_AT_ONCE):
                places = range(first, min(first + EXECUTED_AT_ONCE, len(under)))
                some, proof = [under[place] for place in places], tree.prove(places)
                nothing = tuple((b"",) * len(message.token_amounts) for message in some)
                report = ExecutionReport(tuple(some), nothing, proof.hashes, proof.flag_bits)
                executor = dev_address(roles.EXECUTORS[0])
                _hand_over(endpoint, executor, self.lane.off_ramp, codec.execute_call(report))
            self.executed += len(under)

    def _is_blessed(self, endpoint: Endpoint, root: bytes) -> bool:
        call = {"to": codec.checksum(self.lane.commit_store), "data": "0x" + IS_BLESSED.hex() + root.hex()}
        return int(endpoint.ask("eth_call", call, "latest"), 16) == 1


def _hand_over(endpoint: Endpoint, sender: Address, to: Address, data: bytes) -> None:
    call = {"from": codec.checksum(sender), "to": codec.checksum(to), "data": "0x" + data.hex()}
    endpoint.ask("eth_sendTransaction", {**call, "gas": hex(GAS)})


def _mine(network: Network) -> None:
    for anvil in network.anvils.values():
        anvil.rpc("evm_mine")


@asynccontextmanager
async def _monitors(network: Network) -> AsyncIterator[list[Monitor]]:
    """As many as the network has, on the ports that their peers expect."""
    http, monitors = Http(30), []
    configs = [network.mains.monitor_config(index) for index in range(len(network.monitors))]
    try:
        async with anyio.create_task_group() as group:
            for config in configs:
                monitor = Monitor(config, *load_keys(config), http)
                monitors.append(monitor)
                await group.start(serve, config.listen, {"/votes": monitor.votes})
            yield monitors
            group.cancel_scope.cancel()
    finally:
        for monitor in monitors:
            monitor.close()
        await http.aclose()


async def _look(monitors: Sequence[Monitor], profile: cProfile.Profile | None) -> float:
    """CPU seconds of all monitors' looks at one block."""
    if profile:
        profile.enable()
    before = time.process_time()
    for _ in range(LOOKS):
        for monitor in monitors:
            await monitor.cycle()
    spent = time.process_time() - before
    if profile:
        profile.disable()
    return spent


async def measure(
    network: Network, traffic: Traffic, per_block: int, blocks: int, profile: cProfile.Profile | None
) -> Figures:
    """Messages until all of them are executed and that is final, then nothing for a while."""
    async with _monitors(network) as monitors:
        ways = [Way(network, lane) for lane in network.deployment.lanes]
        for _ in range(SETTLED):
            _mine(network)
            await _look(monitors, None)
        busy: list[float] = []
        while len(busy) < blocks or any(way.under_way for way in ways):
            for way in ways:
                way.move()
                if len(busy) < blocks:
                    traffic.send(way.source.name, way.destination.name, per_block // len(ways))
            _mine(network)
            busy.append(await _look(monitors, profile))
            if len(busy) > blocks + AT_MOST:
                raise NotYet(
                    "the monitors did not bless everything", context={"status": monitors[0].status()}
                )
        for _ in range(SETTLED):
            _mine(network)
            busy.append(await _look(monitors, profile))
        idle = []
        for _ in range(IDLE_BLOCKS):
            _mine(network)
            idle.append(await _look(monitors, None))
        if any(monitor.journal.all_evidence() for monitor in monitors):
            raise NotYet("a monitor suspects somebody", context={"status": monitors[0].status()})
    return figures(per_block, sum(way.executed for way in ways), len(monitors), busy, idle)


def figures(
    per_block: int, messages: int, monitors: int, busy: Sequence[float], idle: Sequence[float]
) -> Figures:
    """From the CPU seconds that all monitors together spent on each block."""
    each = 1e6 / monitors
    idle_us = sum(idle) / len(idle) * each
    return Figures(
        messages=messages,
        per_block=per_block,
        blocks=len(busy),
        us_per_message=round((sum(busy) * each - idle_us * len(busy)) / messages),
        idle_us_per_block=round(idle_us),
        load=round(os.getloadavg()[0], 1),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print it."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench monitor", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--per-block", type=int, nargs="+", default=[10, 100, 300], help="messages, over both lanes"
    )
    parser.add_argument("--blocks", type=int, default=8, help="with messages")
    parser.add_argument("--profile", type=Path, help="write what cProfile saw; the figures are too high then")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON document")
    options = parser.parse_args(arguments)
    profile = cProfile.Profile(time.process_time) if options.profile else None
    found = [run(per_block, options.blocks, profile) for per_block in options.per_block]
    if profile:
        profile.dump_stats(options.profile)
    print(json.dumps([asdict(each) for each in found], indent=2) if options.json else as_table(found))
    return 0


def run(per_block: int, blocks: int, profile: cProfile.Profile | None) -> Figures:
    """On fresh chains."""
    with ExitStack() as stack:
        shape = Options(block_times=(1, 1), epochs=(1, 1), permissionless_window=3_600)
        network = stack.enter_context(start_network(shape, start_nodes=False))
        traffic = stack.enter_context(closing(Traffic(network, MIXED)))
        traffic.prepare()
        for anvil in network.anvils.values():
            anvil.rpc("evm_setBlockGasLimit", hex(BLOCK_GAS))
            anvil.rpc("evm_setIntervalMining", 0)
        return anyio.run(measure, network, traffic, per_block, blocks, profile)


def as_table(found: Sequence[Figures]) -> str:
    """Markdown, as docs/risk.md has it."""
    lines = ["| messages a block | messages | CPU µs per message | CPU µs per block without any | load |"]
    lines.append("|---:|---:|---:|---:|---:|")
    lines += [
        f"| {one.per_block} | {one.messages:,} | {one.us_per_message} | {one.idle_us_per_block:,} | {one.load:g} |"
        for one in found
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
