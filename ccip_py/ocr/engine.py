"""One node of one committee, as a pure function: (state, input) → (state, effects).

It knows nothing of the subject beyond `plugin`, of time beyond `Tick`, of keys beyond signatures it checks. The rules
for performing effects are in `state`. Several lanes are several engines that share nothing.
"""

from __future__ import annotations

from dataclasses import replace

from . import delivery, leader, pacemaker
from . import round as follower
from .messages import Kind, Signed, max_message, parse, signed_by
from .plugin import Outcome, View
from .state import (
    Durable,
    Effect,
    Engine,
    FreshView,
    Input,
    OwnSignature,
    Received,
    Rejected,
    State,
    Tick,
    initial,
)

Out = list[Effect]
Step = tuple[State[View, Outcome], list[Effect]]


def start(engine: Engine[View, Outcome], durable: Durable, now: float) -> Step[View, Outcome]:
    """A node that starts, for the first time with an empty `Durable`, or again with what its journal holds."""
    out: Out = []
    state: State[View, Outcome] = initial(engine.config.n, durable, now)
    if durable.epoch:
        wishes = (*state.wishes[: engine.me], durable.epoch, *state.wishes[engine.me + 1 :])
        state = replace(state, wishes=wishes)
    return _settle(engine, state, out), out


def step(
    engine: Engine[View, Outcome], state: State[View, Outcome], happened: Input[View]
) -> Step[View, Outcome]:
    """What the node becomes, and what it wants done, in this order."""
    out: Out = []
    match happened:
        case Tick(now):
            state = replace(state, now=max(now, state.now))
        case FreshView(view):
            wanted = leader.wants(engine, state, view)
            state = delivery.judge(engine, replace(state, view=view, wanted=wanted))
        case OwnSignature():
            state = follower.on_own_signature(state, happened, out)
        case Received(raw):
            state = _receive(engine, state, raw, out)
    return _settle(engine, state, out), out


def wake_at(engine: Engine[View, Outcome], state: State[View, Outcome]) -> float:
    """The next time a `Tick` can change anything, if nothing else happens before."""
    impatient = pacemaker.patience_ends(engine, state) if state.wish <= state.epoch else float("inf")
    return min(state.resend_at, impatient, leader.next_due(engine, state), delivery.next_due(engine, state))


def _settle(engine: Engine[View, Outcome], state: State[View, Outcome], out: Out) -> State[View, Outcome]:
    """Do all that is due now, whatever the input was."""
    state = delivery.deliver(engine, state, out)
    state = follower.answer(engine, state, out)
    state = follower.try_to_sign(engine, state, out)
    epoch = state.epoch
    state = pacemaker.keep_time(engine, state, out)
    if state.epoch != epoch:
        state = _replay_held(engine, state, out)
    return leader.lead(engine, state, out)


def _receive(
    engine: Engine[View, Outcome], state: State[View, Outcome], raw: bytes, out: Out
) -> State[View, Outcome]:
    """Believe a message only if a member signed it in this session; then let its kind decide."""
    limit = max_message(engine.config, engine.plugin.max_observation, engine.plugin.max_report)
    signed = parse(engine.config, raw, limit)
    if signed is None or not signed_by(engine.config, signed, engine.recover):
        out.append(
            Rejected(None, "malformed" if signed is None else "not signed by a member in this session")
        )
        return state
    epoch = state.epoch
    state = _handle(engine, state, signed, out)
    return _replay_held(engine, state, out) if state.epoch != epoch else state


def _handle(
    engine: Engine[View, Outcome], state: State[View, Outcome], signed: Signed, out: Out
) -> State[View, Outcome]:
    message = signed.message
    match message.kind:
        case Kind.WISH:
            return pacemaker.on_wish(engine, state, signed.sender, message.slot.epoch, out)
        case Kind.OBSERVATION:
            return leader.on_observation(engine, state, signed, out)
        case Kind.QUERY | Kind.PROPOSAL:
            return _from_leader(engine, state, signed, out)
        case Kind.SIGNATURE:
            state = follower.on_vote(engine, state, signed, out)
            return _conclude(engine, state, signed, out)


def _from_leader(
    engine: Engine[View, Outcome], state: State[View, Outcome], signed: Signed, out: Out
) -> State[View, Outcome]:
    """Only an epoch's leader may ask or propose. What is ahead of this node is kept until it gets there."""
    slot = signed.message.slot
    if engine.config.leader(slot.epoch) != signed.sender:
        out.append(Rejected(signed.sender, "not the leader of that epoch"))
        return state
    if slot.epoch > state.epoch:
        held = state.held[signed.sender]
        if held is not None and (held.message.slot, held.message.kind) >= (slot, signed.message.kind):
            return state
        return replace(state, held=(*state.held[: signed.sender], signed, *state.held[signed.sender + 1 :]))
    if slot.epoch < state.epoch:
        return state
    handler = follower.on_query if signed.message.kind is Kind.QUERY else follower.on_proposal
    return handler(engine, state, signed, out)


def _conclude(
    engine: Engine[View, Outcome], state: State[View, Outcome], signed: Signed, out: Out
) -> State[View, Outcome]:
    slot = signed.message.slot
    for mine in state.votes[signed.sender]:
        if mine.slot == slot:
            return delivery.conclude(engine, state, slot, mine.vote.report, out)
    return state


def _replay_held(
    engine: Engine[View, Outcome], state: State[View, Outcome], out: Out
) -> State[View, Outcome]:
    """In a new epoch: hear what its leader said before this node got there."""
    held = state.held[engine.config.leader(state.epoch)]
    if held is None or held.message.slot.epoch != state.epoch:
        return state
    return _from_leader(engine, state, held, out)
