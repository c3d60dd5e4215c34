"""How long a round and an epoch may take: longer while epochs fail one after the other, as before once they succeed.

f leaders in a row may be faulty, so f failed epochs say nothing about the timers. Every further one doubles `round` and
`progress` together, `doublings` times at most; every round that succeeds takes one step back. Counted are only epochs
that a quorum gave up while this node could see its chains: without a quorum no epoch ends, and without a view no
round can succeed, and neither is a matter of time. A faulty member can at most keep the timers where they are.
"""

from __future__ import annotations

from dataclasses import replace

from .plugin import Outcome, View
from .state import Engine, State


def round_time(engine: Engine[View, Outcome], state: State[View, Outcome]) -> float:
    """Seconds after which a leader gives up a round."""
    return engine.config.timing.round * _factor(engine, state)


def progress_time(engine: Engine[View, Outcome], state: State[View, Outcome]) -> float:
    """Seconds without progress after which an epoch ends."""
    return engine.config.timing.progress * _factor(engine, state)


def succeeded(state: State[View, Outcome]) -> State[View, Outcome]:
    """The epoch got somewhere: a report attested, or a round that ended in good order."""
    return replace(state, progressed=state.now, failed=max(0, state.failed - 1))


def left(engine: Engine[View, Outcome], state: State[View, Outcome]) -> State[View, Outcome]:
    """The epoch is over. It failed if it had got nowhere for as long as any node waits."""
    idle = state.now - idle_since(engine, state)
    if state.epoch == 0 or state.view is None or state.deposed or idle < engine.config.timing.progress:
        return state
    return replace(state, failed=min(state.failed + 1, engine.config.f + engine.config.timing.doublings))


def idle_since(engine: Engine[View, Outcome], state: State[View, Outcome]) -> float:
    """While a report is in flight nobody is expected to get anywhere: the leader waits for it to land."""
    flight = state.in_flight
    if flight is None:
        return state.progressed
    return max(state.progressed, flight.since + engine.config.timing.in_flight)


def _factor(engine: Engine[View, Outcome], state: State[View, Outcome]) -> int:
    return 1 << max(0, state.failed - engine.config.f)
