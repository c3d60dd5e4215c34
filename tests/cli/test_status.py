"""What `ccip status --live` reads again and again."""

from types import SimpleNamespace
from typing import Any

from ccip_py.cli.status import READ_AGAIN, Failed
from ccip_py.protocol.message import ExecutionState
from ccip_py.sdk.book import KnownLane
from tests.sdk.conftest import run
from tests.sdk.world import LANE, MINE, OTHERS, World, attempted

FAILURE, SUCCESS = ExecutionState.FAILURE, ExecutionState.SUCCESS


def test_failed_messages_are_counted_from_what_is_new_and_leave_when_they_succeed() -> None:
    world, failed, known = World(), Failed(), KnownLane(LANE)
    ccip: Any = SimpleNamespace(driver=SimpleNamespace(run=lambda flow: run(flow, world)))
    world.mine(attempted(FAILURE), attempted(FAILURE, of=OTHERS))
    world.mine_empty(1_000)
    assert failed.count(ccip, known) == 2
    world.read = 0

    world.mine(attempted(SUCCESS, of=MINE))
    assert failed.count(ccip, known) == 1
    assert world.read <= READ_AGAIN + 2

    world.mine(attempted(FAILURE, of=OTHERS))
    assert failed.count(ccip, known) == 1
