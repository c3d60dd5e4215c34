"""What the leader of an epoch does: ask, gather, propose; again and again.

A leader is trusted with nothing but its epoch's progress. It chooses which 2f+1 or more observations count and when,
and can waste its tenure; what it proposes is checked, and what follows from it is computed, by everybody.
"""

from __future__ import annotations

from dataclasses import replace

from . import patience
from .config import MAX_ROUND
from .messages import Kind, Message, Signed, SignedObservation, Slot, encode_proposal
from .plugin import Outcome, View
from .state import Broadcast, Effect, Engine, Leading, Rejected, State

Out = list[Effect]


def leads(engine: Engine[View, Outcome], state: State[View, Outcome]) -> bool:
    """A node that fell and came back does not lead on: it no longer knows what it proposed."""
    return state.epoch > state.restored_epoch and engine.config.leader(state.epoch) == engine.me


def wants(engine: Engine[View, Outcome], state: State[View, Outcome], view: View | None) -> bool:
    """Whether something would follow if everybody saw what this node sees. Only a leader has to know."""
    observation = None if view is None or not leads(engine, state) else engine.plugin.observe(view)
    if view is None or observation is None:
        return True
    everybody = [(member, observation) for member in range(engine.config.n)]
    outcome = engine.plugin.agree(everybody, engine.config.f)
    return outcome is not None and engine.plugin.report(outcome, view) is not None


def on_observation(
    engine: Engine[View, Outcome], state: State[View, Outcome], signed: Signed, out: Out
) -> State[View, Outcome]:
    leading, observation = state.leading, signed.message.payload
    current = leading.open and signed.message.slot == Slot(state.epoch, leading.number)
    if not current or leading.proposed or any(one.observer == signed.sender for one in leading.observations):
        return state
    too_long = len(observation) > engine.plugin.max_observation
    if too_long or not engine.plugin.validate(signed.sender, observation):
        out.append(Rejected(signed.sender, "an observation no honest node makes"))
        return state
    observations = (*leading.observations, SignedObservation(signed.sender, observation, signed.signature))
    enough = len(observations) >= engine.config.quorum
    since = state.now if enough and leading.enough_since is None else leading.enough_since
    return replace(state, leading=replace(leading, observations=observations, enough_since=since))


def lead(engine: Engine[View, Outcome], state: State[View, Outcome], out: Out) -> State[View, Outcome]:
    """Do whatever is due: propose, give up a round, start one."""
    if not leads(engine, state):
        return state
    if _is_finished(engine, state):
        state = replace(state, leading=replace(state.leading, open=False))
    if _may_propose(engine, state):
        state = replace(state, leading=replace(state.leading, proposed=True))
        out.append(Broadcast(_said(Slot(state.epoch, state.leading.number), state.leading)))
    if _may_start(engine, state):
        number = state.leading.number + 1
        out.append(Broadcast(Message(Kind.QUERY, Slot(state.epoch, number))))
        state = replace(state, leading=Leading(number=number, open=True, started=state.now))
    return state


def next_due(engine: Engine[View, Outcome], state: State[View, Outcome]) -> float:
    """When `lead` has something to do again if nothing happens before."""
    leading, timing = state.leading, engine.config.timing
    if not leads(engine, state):
        return float("inf")
    if not leading.open:
        return (
            leading.started + _pause(engine, state)
            if leading.number < MAX_ROUND and not state.in_flight
            else float("inf")
        )
    gives_up = leading.started + patience.round_time(engine, state)
    if leading.enough_since is not None and not leading.proposed:
        return min(leading.enough_since + timing.grace, gives_up)
    return gives_up


def repeat(engine: Engine[View, Outcome], state: State[View, Outcome], out: Out) -> None:
    """Say again what the open round waits for: somebody may not have heard it, or could not see then."""
    leading = state.leading
    if leads(engine, state) and leading.open:
        out.append(Broadcast(_said(Slot(state.epoch, leading.number), leading)))


def _said(slot: Slot, leading: Leading) -> Message:
    if not leading.proposed:
        return Message(Kind.QUERY, slot)
    return Message(Kind.PROPOSAL, slot, encode_proposal(leading.observations))


def _is_finished(engine: Engine[View, Outcome], state: State[View, Outcome]) -> bool:
    leading = state.leading
    done = state.round.number == leading.number and state.round.done
    return leading.open and (done or state.now >= leading.started + patience.round_time(engine, state))


def _may_propose(engine: Engine[View, Outcome], state: State[View, Outcome]) -> bool:
    leading = state.leading
    if not leading.open or leading.proposed or leading.enough_since is None:
        return False
    everybody = len(leading.observations) == engine.config.n
    return everybody or state.now >= leading.enough_since + engine.config.timing.grace


def _may_start(engine: Engine[View, Outcome], state: State[View, Outcome]) -> bool:
    """Not while a report is in flight: what it changes cannot be observed yet, and a second would only collide."""
    leading = state.leading
    rested = state.now >= leading.started + _pause(engine, state)
    return not leading.open and rested and leading.number < MAX_ROUND and state.in_flight is None


def _pause(engine: Engine[View, Outcome], state: State[View, Outcome]) -> float:
    """Seconds from the start of one round to that of the next."""
    return engine.config.timing.pace if state.wanted else engine.config.timing.rest
