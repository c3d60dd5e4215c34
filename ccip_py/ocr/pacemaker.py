"""When an epoch ends, and how all honest nodes get into the next one.

A node that is dissatisfied wishes for the next epoch and repeats the wish. f+1 wishes for a higher epoch than its own
wish make a node join (one of them is honest); 2f+1 wishes for a higher epoch than its own make it move. So f liars can
neither start a change nor drag the epoch number away, and one honest node that moves takes all others along: f+1
honest ones wish, the rest join. The steady repetition of wishes is also how late and restarted nodes catch up.

Epoch 0 is before the start: it has no leader, and every node wishes for epoch 1.
"""

from __future__ import annotations

from dataclasses import replace

from . import leader, patience
from .config import MAX_EPOCH, MAX_ROUND
from .messages import Kind, Message, Slot
from .plugin import Outcome, View
from .state import Broadcast, Effect, Engine, Leading, RecordEpoch, Round, State

Out = list[Effect]


def on_wish(
    engine: Engine[View, Outcome], state: State[View, Outcome], sender: int, epoch: int, out: Out
) -> State[View, Outcome]:
    if epoch <= state.wishes[sender]:
        return state
    wishes = (*state.wishes[:sender], epoch, *state.wishes[sender + 1 :])
    return _follow(engine, replace(state, wishes=wishes), out)


def keep_time(engine: Engine[View, Outcome], state: State[View, Outcome], out: Out) -> State[View, Outcome]:
    """End the epoch if it has to end; repeat what this node wants if it is time."""
    if state.wish <= state.epoch < MAX_EPOCH and _is_over(engine, state):
        state = wish_for(engine, state, state.epoch + 1, out)
    if state.now >= state.resend_at:
        state = replace(state, resend_at=state.now + engine.config.timing.resend)
        out.append(_say(state.wish))
        if state.own_vote is not None and state.own_vote.slot == state.slot and not state.round.done:
            out.append(Broadcast(state.own_vote))
        leader.repeat(engine, state, out)
    return state


def wish_for(
    engine: Engine[View, Outcome], state: State[View, Outcome], epoch: int, out: Out
) -> State[View, Outcome]:
    out.append(_say(epoch))
    wishes = (*state.wishes[: engine.me], epoch, *state.wishes[engine.me + 1 :])
    return _follow(engine, replace(state, wish=epoch, wishes=wishes), out)


def patience_ends(engine: Engine[View, Outcome], state: State[View, Outcome]) -> float:
    """When a lack of progress, or the leader's tenure, ends the epoch."""
    idle = patience.idle_since(engine, state) + patience.progress_time(engine, state)
    return min(idle, state.epoch_since + engine.config.timing.tenure)


def _is_over(engine: Engine[View, Outcome], state: State[View, Outcome]) -> bool:
    fell_as_leader = state.epoch == state.restored_epoch and engine.config.leader(state.epoch) == engine.me
    return (
        state.epoch == 0
        or state.deposed
        or fell_as_leader
        or (state.round.number == MAX_ROUND and state.round.done)
        or state.now >= patience_ends(engine, state)
    )


def _follow(engine: Engine[View, Outcome], state: State[View, Outcome], out: Out) -> State[View, Outcome]:
    """Join f+1, move with 2f+1."""
    by_height = sorted(state.wishes, reverse=True)
    joined, moved = by_height[engine.config.f], by_height[engine.config.quorum - 1]
    if joined > state.wish:
        return wish_for(engine, state, joined, out)
    return _enter(patience.left(engine, state), moved, out) if moved > state.epoch else state


def _enter(state: State[View, Outcome], epoch: int, out: Out) -> State[View, Outcome]:
    out.append(RecordEpoch(epoch))
    return replace(
        state,
        durable=replace(state.durable, epoch=epoch),
        epoch_since=state.now,
        progressed=state.now,
        deposed=False,
        round=Round(),
        leading=Leading(),
    )


def _say(epoch: int) -> Broadcast:
    return Broadcast(Message(Kind.WISH, Slot(epoch, 0)))
