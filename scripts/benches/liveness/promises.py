"""The situations, each with what is promised in it and what was measured."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import anyio

from ccip_py.chains.evm.rpc import Rpc
from ccip_py.deploy import devnet as roles
from ccip_py.devnet.hosting import HostedNode
from ccip_py.devnet.network import Network
from ccip_py.nodes.chain_link import AMONG_OTHERS
from ccip_py.nodes.keys import dev_signer
from ccip_py.nodes.transport.in_process import InProcessTransport
from ccip_py.testing.faults import (
    Disconnected,
    Fault,
    FaultProxy,
    ForgeLogs,
    Hang,
    Latency,
    Status,
    emitted_by,
)

from .traffic import Traffic

FINALITY_S = 4  # blocks of one second below latest
GRACE_BLOCKS = 8
V8_S, V10_S, V13_S = 90, 150, 120  # how long each of these goes on


@dataclass(frozen=True, slots=True)
class Measured:
    """One promise. `bound` and `seconds` are seconds; a promise without a time has neither."""

    row: str
    situation: str
    bound: float | None
    seconds: float | None
    held: bool

    @staticmethod
    def timed(row: str, situation: str, bound: float, seconds: float) -> Measured:
        return Measured(row, situation, bound, round(seconds, 2), seconds <= bound)

    @staticmethod
    def fact(row: str, situation: str, held: bool) -> Measured:
        return Measured(row, situation, None, None, held)


Situation = Callable[[Network, Traffic], Iterator[Measured]]


@contextmanager
def stopped(*nodes: HostedNode) -> Iterator[None]:
    """Without these nodes."""
    for node in nodes:
        node.stop()
    try:
        yield
    finally:
        for node in nodes:
            node.start()


def percentile(values: list[float], percent: int) -> float:
    """The value that so many percent do not exceed."""
    return values[min(len(values) - 1, len(values) * percent // 100)]


def v1_no_faults(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """All is well."""
    latencies = traffic.latencies(20)
    yield Measured.timed("V1", "no faults, p50", FINALITY_S + 4, percentile(latencies, 50))
    yield Measured.timed("V1", "no faults, p99", FINALITY_S + 10, percentile(latencies, 99))
    began = time.monotonic()
    traffic.arrivals(traffic.send(1000), 600)
    yield Measured.timed("V1", "burst of 1,000, until the last succeeded", 120, time.monotonic() - began)


def v2_bad_committers(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """f of the committers are down, slow, talk garbage, or believe a lying endpoint."""
    bound, [first, second, *_] = FINALITY_S + 20, network.committers
    with stopped(first):
        yield Measured.timed("V2", "one committer down, p99", bound, traffic.latencies(10)[-1])
        with garbage(network):
            seconds = traffic.latencies(10)[-1]
        yield Measured.timed("V2", "one committer talks garbage, p99", bound, seconds)
    with endpoint(network, [second], "a", Latency(2.0)):
        yield Measured.timed("V2", "one committer slow, p99", bound, traffic.latencies(10)[-1])
    lie = ForgeLogs(lambda data: data[:-1] + bytes([data[-1] ^ 1]), emitted_by(traffic.lane.on_ramp))
    network.mains.credulous.add(second.name)
    try:
        with endpoint(network, [second], "a", lie):
            seconds = traffic.latencies(10)[-1]
        yield Measured.timed("V2", "one committer computes wrong roots, p99", bound, seconds)
    finally:
        network.mains.credulous.discard(second.name)


@contextmanager
def garbage(network: Network) -> Iterator[None]:
    """The first committer's key sends its peers a hundred messages a second that mean nothing."""
    chain = network.deployment.chains[0]
    members = network.deployment.lanes[0].committers
    stop = threading.Event()

    async def flood() -> None:
        signer = await dev_signer(roles.COMMITTERS[0], {chain.chain_id: chain.rpc_url})
        transport = InProcessTransport(network.mains.hub, signer, members)
        random_ = random.Random(2)
        while not stop.is_set():
            transport.broadcast(random_.randbytes(random_.randrange(1, 2_000)))
            await anyio.sleep(0.01)

    flooding = network.host.portal.start_task_soon(flood)
    try:
        yield
    finally:
        stop.set()
        flooding.result(timeout=10)


def v3_no_quorum(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """f+1 committers are away, and one returns."""
    first, second = network.committers[:2]
    with stopped(second):
        with stopped(first):
            before, [number] = traffic.committed(), traffic.send()
            blocks_pass(network, "b")
            yield Measured.fact(
                "V3", "two committers down: nothing is committed", traffic.committed() == before
            )
            began = time.monotonic()
        network.wait_until("it is committed", lambda: traffic.committed() >= number)
        yield Measured.timed("V3", "from the return of one to the commit", 15, time.monotonic() - began)
    traffic.arrivals([number], 120)


def v4_one_monitor(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """One monitor is away."""
    with stopped(network.monitors[0]):
        yield Measured.timed("V4", "one monitor down, p99", FINALITY_S + 10, traffic.latencies(10)[-1])


def v5_no_blessings(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """The quorum of blessings is lost, and comes back."""
    with stopped(*network.monitors[:2]):
        numbers = traffic.send(1000)
        network.wait_until("they are committed", lambda: traffic.committed() >= numbers[-1], timeout=300)
        executed = traffic.delivered().keys() & set(numbers)
        yield Measured.fact("V5", "two monitors down: 1,000 committed, none executed", not executed)
        began = time.monotonic()
    traffic.arrivals(numbers, 600)
    yield Measured.timed("V5", "from their return until 1,000 succeeded", 60, time.monotonic() - began)


def v6_one_executor(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """One of two executors is away: its turns pass to the other."""
    with stopped(network.executors[0]):
        worst = traffic.latencies(10)[-1]
        yield Measured.timed("V6", "one of two executors down, worst of 10", FINALITY_S + 4 + 10, worst)


def v7_one_endpoint(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """One of two endpoints does not do its work."""
    for what, fault in (("dead", Disconnected()), ("answers 429", Status(429)), ("hangs", Hang())):
        seconds = network.host.call(_failover, network.chain("a").rpc_url, fault)
        yield Measured.timed("V7", f"one of two endpoints {what}, until answered", 5, seconds)


async def _failover(url: str, fault: Fault) -> float:
    async with FaultProxy(url) as proxy, Rpc([proxy.url, url], timeout=AMONG_OTHERS) as rpc:
        await rpc.call("eth_blockNumber")
        proxy.set(fault)
        began = time.monotonic()
        with anyio.fail_after(60):
            await rpc.call("eth_blockNumber")
        return time.monotonic() - began


def v8_one_chain_gone(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """No committer and no executor reaches a third chain."""
    to_c, nodes = Traffic(network, "a", "c"), [*network.committers, *network.executors]
    with endpoint(network, nodes, "c") as proxy:
        before = percentile(traffic.latencies(15), 50)
        proxy.set(Hang())
        until, seen = time.monotonic() + V8_S, list[float]()
        while time.monotonic() < until:
            seen += traffic.latencies(15, 120)
        during = percentile(sorted(seen), 50)
        waiting = to_c.send()
        proxy.clear()
        began = time.monotonic()
        yield Measured.timed("V8", f"a chain out of reach for {V8_S} s: p50 of another", before * 1.1, during)
        to_c.arrivals(waiting, 300)
        lasted = time.monotonic() - began
        yield Measured.timed("V8", "from its return until a message to it succeeded", 30, lasted)


def v10_reorgs(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """The source replaces its last three blocks again and again."""
    first, until, last = traffic.sent() + 1, time.monotonic() + V10_S, time.monotonic()
    while time.monotonic() < until:
        traffic.send()
        if time.monotonic() - last > 20:
            network.anvils["a"].reorg(3)
            last = time.monotonic()
    blocks_pass(network, "a")
    numbers = range(first, traffic.sent() + 1)
    traffic.arrivals(numbers, 120)
    once = all(traffic.delivered()[number] == 1 for number in numbers)
    yield Measured.fact("V10", f"reorganisations of 3: each of {len(numbers)} delivered once", once)


def v13_base_fee(network: Network, traffic: Traffic) -> Iterator[Measured]:
    """The destination's base fee is a hundred times what it was."""
    anvil = network.anvils["b"]
    usual = int(anvil.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
    until, numbers = time.monotonic() + V13_S, list[int]()
    while time.monotonic() < until:
        anvil.rpc("anvil_setNextBlockBaseFeePerGas", hex(100 * usual))
        numbers += traffic.send()
    anvil.rpc("anvil_setNextBlockBaseFeePerGas", hex(usual))
    began = time.monotonic()
    traffic.arrivals(numbers, 300)
    yield Measured.timed(
        "V13", f"base fee x100 for {V13_S} s, from its fall until all succeeded", 60, time.monotonic() - began
    )


def blocks_pass(network: Network, chain: str, count: int = GRACE_BLOCKS) -> None:
    """So many blocks."""
    anvil = network.anvils[chain]
    end = anvil.block_number() + count
    network.wait_until(f"{count} blocks of {chain}", lambda: anvil.block_number() >= end)


@contextmanager
def endpoint(
    network: Network, nodes: Sequence[HostedNode], chain: str, *faults: Fault
) -> Iterator[FaultProxy]:
    """With a proxy between these nodes and a chain."""
    proxy = FaultProxy(network.chain(chain).rpc_url)
    network.host.call(proxy.__aenter__)
    try:
        proxy.set(*faults)
        _reroute(network, nodes, chain, proxy.url)
        yield proxy
    finally:
        _reroute(network, nodes, chain, network.chain(chain).rpc_url)
        network.host.call(proxy.__aexit__, None, None, None)


def _reroute(network: Network, nodes: Sequence[HostedNode], chain: str, url: str) -> None:
    for node in nodes:
        node.stop()
        network.route(node.name, chain, url)
        node.start()
