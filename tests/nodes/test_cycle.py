"""The one loop: what is retried, what stops the node, and that it ends cleanly."""

from __future__ import annotations

import anyio
import pytest

from ccip_py.errors import BrokenInvariant, ConfigError, EndpointDown
from ccip_py.nodes.cycle import Nudge, Pace, _pause, run_cycles
from ccip_py.nodes.log import quiet_log
from ccip_py.nodes.metrics import Metrics

pytestmark = pytest.mark.anyio
FAST = Pace(pause=0.0, timeout=5.0, longest_backoff=0.001)


async def run_until(done: anyio.Event, cycle: object, metrics: Metrics, pace: Pace = FAST) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: run_cycles("test", cycle, pace, quiet_log(), metrics))  # type: ignore[arg-type]
        with anyio.fail_after(60):
            await done.wait()
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    "error", [EndpointDown("no answer"), ValueError("surprise"), TimeoutError(), OSError("disk")]
)
async def test_a_failing_cycle_is_tried_again(error: Exception) -> None:
    done, runs = anyio.Event(), 0

    async def cycle() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise error
        done.set()

    metrics = Metrics()
    await run_until(done, cycle, metrics)

    assert runs >= 3
    assert metrics.waiting() == []


@pytest.mark.parametrize("fatal", [BrokenInvariant("INV-X", "impossible"), ConfigError("wrong lane")])
async def test_what_can_never_work_stops_the_node(fatal: Exception) -> None:
    async def cycle() -> None:
        raise fatal

    with pytest.raises(type(fatal)):
        await run_cycles("test", cycle, FAST, quiet_log(), Metrics())


async def test_a_hanging_cycle_is_cut_and_tried_again() -> None:
    done, runs = anyio.Event(), 0

    async def cycle() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            await anyio.sleep_forever()
        done.set()

    await run_until(done, cycle, Metrics(), Pace(pause=0.0, timeout=0.01, longest_backoff=0.001))

    assert runs >= 2


async def test_a_nudge_cuts_the_pause_short() -> None:
    done, runs, nudge = anyio.Event(), 0, Nudge()

    async def cycle() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            nudge.now()
        else:
            done.set()

    async with anyio.create_task_group() as tasks:
        hourly = Pace(pause=3600.0)
        tasks.start_soon(lambda: run_cycles("test", cycle, hourly, quiet_log(), Metrics(), nudge=nudge))
        with anyio.fail_after(60):
            await done.wait()
        tasks.cancel_scope.cancel()


async def test_the_pause_doubles_up_to_its_bound_with_jitter() -> None:
    pace = Pace(pause=1.0, longest_backoff=15.0)

    pauses = [_pause(pace, failures, lambda: 1.0) for failures in range(7)]

    assert pauses == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    assert _pause(pace, 3, lambda: 0.0) == 4.0


async def test_a_loop_that_stops_beating_is_named() -> None:
    now = 0.0
    metrics = Metrics(clock=lambda: now)
    metrics.beat("views")

    now = 61.0

    assert metrics.stalled() == ["views"]
