"""The one loop. All of a node's work on chains and lanes is repeated here; beside it run only the transport, the metrics'
server, and what starts the node anew after a change of its deployment.

A cycle is a coroutine function that does one round of work (pin, read, decide, speak, check, send) and knows
nothing of repetition. This file owns the policy around it: the timeout, the pause, what is retried and how soon,
what stops the node, the heartbeat. It holds the only `except Exception` of `nodes/`.

    NotYet            expected: wait the usual pause
    BrokenInvariant   our bug: the node stops rather than guess
    BadInput          can never work: the node stops and says what to fix
    anything else     back off, doubling up to a bound, with jitter; a success resets it
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio

from ccip_py.errors import BadInput, BrokenInvariant, CcipError, NotYet

from .log import Event, Log
from .metrics import Metrics

Cycle = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How a loop is paced, in seconds."""

    pause: float = 0.5  # between two good cycles
    timeout: float = 30.0  # the longest a cycle may take
    longest_backoff: float = 15.0  # between two failing cycles


class Nudge:
    """Lets another loop cut the pause short: work has arrived."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def now(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Return when nudged or when the time is over. A nudge during the cycle before counts."""
        with anyio.move_on_after(seconds):
            await self._event.wait()
        self._event = anyio.Event()


async def run_cycles(
    name: str,
    cycle: Cycle,
    pace: Pace,
    log: Log,
    metrics: Metrics,
    nudge: Nudge | None = None,
    jitter: Callable[[], float] = random.random,
) -> None:
    """Repeat `cycle` until cancelled. Cancelling is clean: it lands at an await, never inside a journal write."""
    nudge = nudge if nudge is not None else Nudge()
    metrics.expect(name)
    failures = 0
    while True:
        failures = 0 if await _run_once(name, cycle, pace, log, metrics) else failures + 1
        await nudge.wait(_pause(pace, failures, jitter))


async def _run_once(name: str, cycle: Cycle, pace: Pace, log: Log, metrics: Metrics) -> bool:
    """One cycle. False if it should be followed by a longer pause."""
    metrics.beat(name)
    began = time.monotonic()
    try:
        with anyio.fail_after(pace.timeout):
            await cycle()
    except (BrokenInvariant, BadInput) as fatal:
        log.critical(Event.CYCLE_FAILED, loop=name, code=fatal.code, error=str(fatal), hint=fatal.hint)
        raise
    except NotYet as wait:
        log.info(Event.CYCLE_WAITING, loop=name, code=wait.code, error=str(wait))
        metrics.failures.labels(name, wait.code).inc()
        return True
    except TimeoutError:
        log.warning(Event.CYCLE_TIMED_OUT, loop=name, seconds=pace.timeout)
        metrics.failures.labels(name, "TIMEOUT").inc()
        return False
    except Exception as error:
        code = error.code if isinstance(error, CcipError) else type(error).__name__
        log.error(Event.CYCLE_FAILED, loop=name, code=code, error=str(error), exc_info=True)
        metrics.failures.labels(name, code).inc()
        return False
    metrics.finished(name, time.monotonic() - began)
    return True


def _pause(pace: Pace, failures: int, jitter: Callable[[], float]) -> float:
    """Full jitter between half and all of the doubled pause, so that nodes that failed together part ways."""
    if failures == 0:
        return pace.pause
    backoff = min(pace.longest_backoff, pace.pause * 2.0 ** min(failures, 16))
    return backoff * (0.5 + jitter() / 2)
