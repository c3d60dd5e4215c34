"""Drills V3 to V5: parts of the network are gone, or lie, and the rest does what it promised."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio

from ccip_py.deploy import devnet as roles
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.keccak import keccak
from ccip_py.risk import keys
from ccip_py.risk.serve import serve
from ccip_py.risk.vote import Blessing, Domain, Permit, Vote, digest, sign, to_json
from ccip_py.sdk.types import SentMessage
from ccip_py.testing.drills.figures import Figure
from ccip_py.testing.drills.stage import Box

VOTED = "0x" + keccak(b"VotedToBless(bytes32,bytes32,uint16)").hex()
BLESSED = "0x" + keccak(b"RootBlessed(bytes32,address,bytes32,uint64,uint64,uint64)").hex()
GAS_BUDGET = 70_000  # of a root with three of four signatures; shown, and the contracts' bench judges it
V3_S = 15.0
V4_S = 20.0
V5_S_PER_1000 = 60.0
V5_LEAST_S = 15.0  # a backlog of one still has to be blessed and executed


def committers_down(box: Box, count: int = 5) -> Iterator[Figure]:
    """f+1 committers are down (V3)."""
    network = box.network
    down = network.committers[:2]
    for node in down:
        node.stop()
    before = box.committed()
    sent = [box.send(n % 4) for n in range(count)]
    box.let_blocks_pass()
    yield Figure("committers-down", "nothing is committed without a quorum", box.committed() == before)
    down[0].start()
    began = time.monotonic()
    committed = box.moment(lambda: box.committed() >= sent[-1].sequence_number)
    yield Figure("committers-down", "commits resume when one returns", True, committed - began, V3_S, "V3")
    box.moment(lambda: box.all_executed(sent))
    yield Figure(
        "committers-down", "every message arrives, once", box.committed() == sent[-1].sequence_number
    )
    down[1].start()


def monitor_down(box: Box) -> Iterator[Figure]:
    """One monitor is down; then one serves lies in its place (V4)."""
    (victim,) = box.network.monitors[:1]
    yield _journey(box, "no effect: all monitors up")
    victim.stop()
    yield _journey(box, "no effect: one monitor down")
    sent = box.send()
    with box.network.host.portal.wrap_async_context_manager(_liar(box, sent)):
        yield _journey(box, "no effect: one monitor serves another root and nonsense")
    victim.start()


def _journey(box: Box, promise: str) -> Figure:
    sent = box.send()
    began = time.monotonic()
    executed = box.moment(lambda: box.all_executed([sent]))
    return Figure("monitor-down", promise, True, executed - began, V4_S, "V4")


@asynccontextmanager
async def _liar(box: Box, about: SentMessage) -> AsyncIterator[None]:
    """Serves, on a stopped monitor's port and with its key, a vote for a wrong root and much nonsense."""
    nonsense = [{"kind": "bless"}, "nonsense", None, {"kind": "curse", "nonce": "-1"}]
    votes = [_wrong_vote(box, about), *nonsense]
    async with anyio.create_task_group() as group:
        listen = box.network.mains.monitor_config(0).listen
        await group.start(serve, listen, {"/votes": lambda: votes})
        yield
        group.cancel_scope.cancel()


def _wrong_vote(box: Box, about: SentMessage) -> dict[str, Any]:
    lane, chain = box.network.lane("a", "b"), box.network.chain("b")
    number, domain = about.sequence_number, Domain(chain.chain_id, chain.rmn)
    lie = Blessing(lane.commit_store, lane.source, lane.on_ramp, number, number, b"\x66" * 32, 0)
    vote: Vote = sign(Permit(digest(lie, 1, domain), lie, 1, domain), keys.dev_key(roles.BLESSERS[0]))
    return to_json(vote)


def blessing_cost(box: Box, roots: int = 4) -> Iterator[Figure]:
    """What it costs to bless a root: transactions, and the gas of each, beside the budget."""
    chain, anvil = box.network.chain("b"), box.network.anvils["b"]
    first = anvil.block_number() + 1
    for _ in range(roots):
        sent = box.send()
        box.moment(lambda sent=sent: box.all_executed([sent]))  # type: ignore[misc]
    query = {"address": checksum(chain.rmn), "fromBlock": hex(first), "toBlock": "latest"}
    logs = anvil.rpc("eth_getLogs", {**query, "topics": [[VOTED, BLESSED]]})
    blessed = sum(log["topics"][0] == BLESSED for log in logs)
    receipts = [
        anvil.rpc("eth_getTransactionReceipt", one) for one in {log["transactionHash"] for log in logs}
    ]
    gas = [int(receipt["gasUsed"], 16) for receipt in receipts]
    spread = f"{min(gas):,} to {max(gas):,} gas; the budget is {GAS_BUDGET:,}"
    once = len(gas) == blessed > 0
    detail = f"{len(gas)} transactions for {blessed} roots, {spread}"
    yield Figure("blessing-cost", "one transaction per root", once, detail=detail)


def bless_quorum_lost(box: Box, count: int = 200) -> Iterator[Figure]:
    """Two of four monitors are down (V5)."""
    network = box.network
    down = network.monitors[:2]
    for node in down:
        node.stop()
    sent = box.send_many(count)
    last = max(one.sequence_number for one in sent)
    began = time.monotonic()
    committed = box.moment(lambda: box.committed() >= last)
    yield Figure("bless-quorum-lost", f"{count} messages are committed all the same", True, committed - began)
    box.let_blocks_pass()
    idle = all(box.stage_of(one) is Stage.COMMITTED for one in (sent[0], sent[-1]))
    yield Figure("bless-quorum-lost", "none is executed", idle)
    down[0].start()
    began = time.monotonic()
    executed = box.moment(lambda: box.all_executed(sent))
    target = max(V5_LEAST_S, V5_S_PER_1000 * count / 1000)
    yield Figure(
        "bless-quorum-lost", "the backlog clears when one returns", True, executed - began, target, "V5"
    )
    down[1].start()
