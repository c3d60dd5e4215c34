"""Nodes in the background: start, stop, start again; a death is seen."""

import threading

import anyio
import anyio.to_thread
import pytest

from ccip_py.devnet import hosting
from ccip_py.devnet.hosting import Host, NodeDied
from ccip_py.errors import NotYet


def test_a_node_runs_until_it_is_stopped_and_can_start_again():
    starts: list[str] = []
    with Host() as host:

        async def main() -> None:
            starts.append("started")
            await anyio.sleep_forever()

        node = host.add("sleeper", main)
        assert not node.running

        node.start()
        host.call(anyio.lowlevel.checkpoint)
        assert node.running
        node.stop()
        assert not node.running
        node.start()
        host.call(anyio.lowlevel.checkpoint)
        assert node.running

    assert starts == ["started", "started"]
    assert not node.running


def test_starting_a_running_node_changes_nothing():
    starts: list[str] = []
    with Host() as host:

        async def main() -> None:
            starts.append("started")
            await anyio.sleep_forever()

        node = host.add("sleeper", main)
        node.start()
        host.call(anyio.lowlevel.checkpoint)
        node.start()
        host.call(anyio.lowlevel.checkpoint)

    assert starts == ["started"]


def test_a_node_that_dies_by_itself_is_reported_with_its_cause():
    with Host() as host:

        async def fail() -> None:
            raise ValueError("no such chain")

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(fail)

        node = host.add("broken", main)
        node.start()
        host.call(anyio.sleep, 0.01)

        with pytest.raises(NodeDied, match=r"broken stopped by itself: .*no such chain") as died:
            host.check()
        assert isinstance(died.value.__cause__, ValueError)


def test_a_node_that_is_slow_to_stop_keeps_no_other_running_and_is_named(monkeypatch):
    monkeypatch.setattr(hosting, "STOP_TIMEOUT_S", 0.3)
    gone: list[str] = []

    async def slow() -> None:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(3)  # so long that a busy machine does not take the one for the other
        gone.append("slow")

    async def quick() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            gone.append("quick")

    def run() -> None:
        with Host() as host:
            host.add("quick", quick).start()
            host.add("slow", slow).start()
            host.call(anyio.sleep, 0.01)

    with pytest.raises(NotYet, match=r"did not stop within 0.3 s: slow"):
        run()

    assert gone == ["quick", "slow"]


def test_a_node_that_ends_late_after_it_was_told_to_is_not_dead(monkeypatch):
    monkeypatch.setattr(hosting, "STOP_TIMEOUT_S", 0.01)
    may_end = threading.Event()

    async def slow() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(may_end.wait)

    with Host() as host:
        node = host.add("slow", slow)
        node.start()
        host.call(anyio.sleep, 0.01)
        with pytest.raises(NotYet):
            node.stop()
        may_end.set()
        monkeypatch.undo()
        while node.running:
            host.call(anyio.sleep, 0.01)

        host.check()
        node.start()
        assert node.running
