"""The network with parts of it broken: what must go on goes on, what must not happen does not.

Each test says what is broken first. Nothing is ever lost: what waits arrives once the fault is over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ccip_py.devnet.hosting import HostedNode
from ccip_py.devnet.network import Network, Options
from ccip_py.errors import NotYet
from ccip_py.ocr.config import Config as OcrConfig
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.protocol.ids import MessageId
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.evm import Function
from ccip_py.testing.faults import Fault, FaultProxy, ForgeLogs, FrozenTag, emitted_by

from .conftest import wait

NEXT = Function("getExpectedNextSequenceNumber", (), ("uint64",))
QUIET_BLOCKS = 8  # of one second: twice what a healthy network needs to commit


@pytest.fixture(scope="module")
def options() -> Options:
    return Options(block_times=(1, 1), epochs=(1, 1), permissionless_window=20)


@pytest.fixture
def send(network: Network, inbox):
    """Send a message from a to b that any receiver takes."""

    def go():
        return network.ccip.send(
            "a",
            "b",
            checksum(inbox["b"]),
            signer=network.user,
            data=b"x",
            gas_limit=200_000,
            out_of_order=True,
        )

    return go


@contextmanager
def stopped(*nodes: HostedNode) -> Iterator[None]:
    for node in nodes:
        node.stop()
    try:
        yield
    finally:
        for node in nodes:
            node.start()


def committed_up_to(network: Network) -> int:
    return network.read("b", network.lane("a", "b").commit_store, NEXT) - 1


def let_blocks_pass(network: Network, count: int = QUIET_BLOCKS) -> None:
    end = network.anvils["b"].block_number() + count
    network.wait_until(f"block {end} of b", lambda: network.anvils["b"].block_number() >= end)


def leaders(network: Network) -> list[int]:
    """Committers by the order in which they lead."""
    lane = network.lane("a", "b")
    return list(OcrConfig(lane.config_digest, lane.committers, lane.f).leaders)


def test_commits_go_on_when_any_one_committer_is_killed(network, send):
    """Whoever leads now, killing each in turn kills the leader at some point."""
    for index in leaders(network):
        with stopped(network.committers[index]):
            assert wait(network, send(), Stage.COMMITTED).stage is Stage.COMMITTED


def test_nothing_is_committed_without_a_quorum_and_all_of_it_when_one_returns(network, send):
    with stopped(network.committers[0]):
        with stopped(network.committers[1]):
            before = committed_up_to(network)
            sent = [send(), send()]
            let_blocks_pass(network)
            assert committed_up_to(network) == before

        assert all(wait(network, message).stage is Stage.EXECUTED for message in sent)


def test_stopped_monitors_stop_execution_until_one_returns(network, send):
    with stopped(network.monitors[0]):
        with stopped(network.monitors[1]):
            sent = send()
            assert wait(network, sent, Stage.COMMITTED).stage is Stage.COMMITTED
            let_blocks_pass(network)
            assert network.ccip.look(sent).stage is Stage.COMMITTED

        assert wait(network, sent).stage is Stage.EXECUTED


def test_without_an_executor_anyone_finishes_the_queue_by_hand(network, send):
    with stopped(*network.executors):
        queue = [send() for _ in range(3)]
        for message in queue:
            # Blessings are relayed by the monitors themselves: no executor is needed for that either.
            network.wait_until("it is blessed", lambda m=message: network.ccip.look(m).blessed is not None)
        committed = network.ccip.look(queue[-1]).commitment
        assert committed is not None
        network.wait_until_time("b", committed.stage.timestamp + network.options.permissionless_window)

        for message in reversed(queue):  # out of order, because these messages have none
            network.ccip.manually_execute(message, signer=network.stranger)

        assert all(network.ccip.look(message).stage is Stage.EXECUTED for message in queue)


def forger(network: Network):
    """Log data → the same message to another receiver, with the id that belongs to the altered message."""
    lane = network.lane("a", "b")
    metadata = metadata_hash(lane.source, lane.destination, lane.on_ramp)

    def forge(data: bytes) -> bytes:
        message = codec.decode_ccip_send_requested(data)
        altered = replace(message, receiver=b"\x66" * 20, data=b"forged")
        return codec.encode_ccip_send_requested(
            replace(altered, message_id=MessageId(leaf(altered, metadata)))
        )

    return forge


def forged_logs(network: Network) -> ForgeLogs:
    """Every message of the lane is shown altered, in logs and receipts alike."""
    lane = network.lane("a", "b")
    return ForgeLogs(forger(network), emitted_by(lane.on_ramp, codec.CCIP_SEND_REQUESTED))


@contextmanager
def faulty_source(network: Network, indices: list[int], fault: Fault) -> Iterator[list[FaultProxy]]:
    """These committers see the source chain through an endpoint with that fault."""
    nodes = [network.committers[index] for index in indices]
    proxies = [FaultProxy(network.anvils["a"].url) for _ in nodes]
    for proxy, node in zip(proxies, nodes, strict=True):
        network.host.call(proxy.__aenter__)
        proxy.set(fault)
        node.stop()
        network.route(node.name, "a", proxy.url)
        node.start()
    try:
        yield proxies
    finally:
        for proxy, node in zip(proxies, nodes, strict=True):
            node.stop()
            network.route(node.name, "a", network.anvils["a"].url)
            node.start()
            network.host.call(proxy.__aexit__, None, None, None)


def test_a_forged_log_at_one_committer_changes_nothing(network, send):
    with faulty_source(network, [leaders(network)[1]], forged_logs(network)):
        sent = send()

        assert (
            wait(network, sent).stage is Stage.EXECUTED
        )  # execution proves inclusion of the genuine message


def test_forged_logs_at_two_committers_stop_the_lane_and_land_nothing(network, send):
    with faulty_source(network, [0, 1], forged_logs(network)):
        before = committed_up_to(network)
        sent = send()
        let_blocks_pass(network)

        assert committed_up_to(network) == before
        with pytest.raises(NotYet):
            network.ccip.wait(sent, until=Stage.COMMITTED, timeout=1)

    assert wait(network, sent).stage is Stage.EXECUTED


def test_I4_K4_only_finalized_messages_are_committed(network, send):
    """The source goes on, but what is final there stands still: its new messages wait."""
    with faulty_source(network, [0, 1, 2, 3], FrozenTag("finalized")) as proxies:
        wait_for_first_look(network, proxies)
        before = committed_up_to(network)
        sent = send()
        let_blocks_pass(network)
        assert committed_up_to(network) == before

        for proxy in proxies:
            proxy.clear()
        assert wait(network, sent).stage is Stage.EXECUTED


def wait_for_first_look(network: Network, proxies: list[FaultProxy]) -> None:
    """Until every proxy was asked, and so knows where to stand still."""
    network.wait_until("each committer looked", lambda: all(proxy.calls for proxy in proxies))
