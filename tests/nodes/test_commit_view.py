"""Two loops share one lane's eyes: they must never read at once, or the shared stream is appended twice."""

from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from ccip_py.nodes.commit_view import CommitEyes

pytestmark = pytest.mark.anyio


class Heads:
    """A chain with a new block at every look."""

    def __init__(self) -> None:
        self.number = 0

    async def pin(self) -> int:
        self.number += 1
        return self.number


class WatchedEyes(CommitEyes):
    """Counts how many reads are under way at the same time."""

    __slots__ = ("at_once", "most")

    async def _read(self, source: Any, destination: Any) -> Any:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await anyio.lowlevel.checkpoint()
        self.at_once -= 1
        return source


async def test_looks_of_several_loops_follow_each_other():
    chain = SimpleNamespace(heads=Heads())
    eyes = WatchedEyes(None, b"", chain, chain, None, None)
    eyes.at_once = eyes.most = 0

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(eyes.look)

    assert eyes.most == 1
