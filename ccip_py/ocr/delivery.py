"""From a quorum of signatures to a report that landed: one report in flight, each node sending in its turn."""

from __future__ import annotations

from dataclasses import replace

from . import patience, votes
from .messages import Slot
from .plugin import Drop, Outcome, Send, View
from .schedule import delay
from .state import Attested, Effect, Engine, InFlight, Round, State, Transmit

Out = list[Effect]


def conclude(
    engine: Engine[View, Outcome], state: State[View, Outcome], slot: Slot, report: bytes, out: Out
) -> State[View, Outcome]:
    """If the report has its quorum now, it is attested, and in flight from now on."""
    if state.attested is not None and slot <= state.attested:
        return state
    attested = votes.count(engine.config, state.votes, slot, report)
    if attested is None:
        return state
    out.append(Attested(attested))
    state = judge(engine, replace(state, attested=slot, in_flight=InFlight(attested, state.now)))
    if slot.epoch == state.epoch and slot.round >= state.round.number:
        finished = (
            replace(state.round, done=True)
            if slot.round == state.round.number
            else Round(slot.round, done=True)
        )
        state = patience.succeeded(replace(state, round=finished))
    return state


def judge(engine: Engine[View, Outcome], state: State[View, Outcome]) -> State[View, Outcome]:
    """Look at the report in flight with a fresh view, or at a fresh report with the view at hand.

    Whether it landed is never remembered, only seen: a report lost in a reorg is simply agreed on again.
    """
    flight = state.in_flight
    if flight is None or state.view is None:
        return state
    verdict = engine.plugin.transmit(flight.attested.report, flight.attested.slot, state.view)
    if isinstance(verdict, Drop):
        return replace(state, in_flight=None, progressed=state.now)
    return replace(state, in_flight=replace(flight, ready=isinstance(verdict, Send)))


def deliver(engine: Engine[View, Outcome], state: State[View, Outcome], out: Out) -> State[View, Outcome]:
    """Send the report in flight when it is this node's turn; give it up when it took too long."""
    flight = state.in_flight
    if flight is None:
        return state
    if state.now >= flight.since + engine.config.timing.in_flight:
        return replace(state, in_flight=None)
    if flight.ready and not flight.sent and state.now >= turn(engine, flight):
        out.append(Transmit(flight.attested))
        return replace(state, in_flight=replace(flight, sent=True))
    return state


def turn(engine: Engine[View, Outcome], flight: InFlight) -> float:
    """When this node may send the report in flight."""
    return flight.since + delay(engine.config, flight.attested.slot, engine.me)


def next_due(engine: Engine[View, Outcome], state: State[View, Outcome]) -> float:
    """When `deliver` has something to do again if nothing happens before."""
    flight = state.in_flight
    if flight is None:
        return float("inf")
    expiry = flight.since + engine.config.timing.in_flight
    later = turn(engine, flight)
    return min(expiry, later) if flight.ready and not flight.sent else expiry
