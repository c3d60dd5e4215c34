"""Nodes in the background: start, stop, start again; a death is seen."""

import anyio
import pytest

from ccip_py.devnet.hosting import Host, NodeDied


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
