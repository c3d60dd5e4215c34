"""What every node does in a round: answer, check the proposal, sign what its own view reproduces, count signatures.

Safety rests here. A node signs at most one report per (config digest, epoch, round), and only upwards: never in a
round before the last one it signed in. Two quorums share an honest node, so at most one report per round is attested.
"""

from __future__ import annotations

from dataclasses import replace

from ..protocol.keccak import keccak
from . import patience, votes
from .attest import digest_of
from .messages import (
    Kind,
    Message,
    Signed,
    SignedObservation,
    Slot,
    Vote,
    decode_proposal,
    decode_vote,
    encode_vote,
    message_digest,
    signed_by,
)
from .misbehaviour import Fault, Misbehaviour, Proof, Statement
from .plugin import NotYet, Outcome, View
from .state import Broadcast, Effect, Engine, OwnSignature, Rejected, Round, SendTo, Sign, Signing, State

Out = list[Effect]


def on_query(
    engine: Engine[View, Outcome], state: State[View, Outcome], signed: Signed, out: Out
) -> State[View, Outcome]:
    """Enter the round, to say in it what this node sees."""
    slot = signed.message.slot
    if state.deposed or slot.round < state.round.number:
        return state
    if slot.round > state.round.number:
        state = replace(state, round=Round(slot.round))
    heard_enough = state.round.proposal_hash or state.round.done
    if heard_enough or state.now < state.round.answered + engine.config.timing.resend / 2:
        return state
    return replace(state, round=replace(state.round, queried=True))


def answer(engine: Engine[View, Outcome], state: State[View, Outcome], out: Out) -> State[View, Outcome]:
    """Say what this node sees, once asked, and as soon as it sees. Not while a report is in flight: what it changes is
    not seen yet, and 2f+1 such answers would make a round about what is done already."""
    round_ = state.round
    if not round_.queried or round_.proposal_hash or round_.done or state.in_flight or state.view is None:
        return state
    observation = engine.plugin.observe(state.view)
    if observation is None:
        return state
    leader = engine.config.leader(state.epoch)
    out.append(SendTo(leader, Message(Kind.OBSERVATION, state.slot, observation)))
    return replace(state, round=replace(round_, queried=False, answered=state.now))


def on_proposal(
    engine: Engine[View, Outcome], state: State[View, Outcome], signed: Signed, out: Out
) -> State[View, Outcome]:
    slot, proposal_hash = signed.message.slot, keccak(signed.message.payload)
    if state.deposed or slot.round < state.round.number:
        return state
    if slot.round == state.round.number and state.round.proposal_hash:
        return _compare(state, signed.sender, slot, proposal_hash, signed.signature, out)
    observations = _checked(engine, signed)
    if observations is None:
        out.append(Rejected(signed.sender, "a proposal no honest leader makes"))
        return replace(state, deposed=True)
    outcome = engine.plugin.agree([(one.observer, one.observation) for one in observations], engine.config.f)
    round_ = Round(slot.round, proposal_hash, signed.signature, outcome, done=outcome is None)
    state = replace(state, round=round_)
    return patience.succeeded(state) if outcome is None else state


def try_to_sign(engine: Engine[View, Outcome], state: State[View, Outcome], out: Out) -> State[View, Outcome]:
    """Ask for a signature as soon as this node's own view reproduces the report.

    Not while another report is in flight: the two would claim the same messages, and one of them would be wasted.
    """
    round_ = state.round
    if round_.outcome is None or round_.done or round_.asked or state.view is None or state.in_flight:
        return state
    report = engine.plugin.report(round_.outcome, state.view)
    if isinstance(report, NotYet):
        return state
    if report is None:
        return patience.succeeded(replace(state, round=replace(round_, done=True)))
    if not 0 < len(report) <= engine.plugin.max_report or not _may_sign(state, report):
        return replace(state, round=replace(round_, done=True))
    out.append(Sign(state.slot, report, digest_of(engine.config, state.slot, report)))
    return replace(
        state,
        durable=replace(state.durable, signed=state.slot, signed_hash=keccak(report)),
        round=replace(round_, asked=True),
        signing=Signing(state.slot, report, round_.proposal_hash, round_.proposal_signature),
    )


def on_own_signature(state: State[View, Outcome], own: OwnSignature, out: Out) -> State[View, Outcome]:
    """Show the signature to everybody, with the report and the proposal it follows."""
    signing = state.signing
    if signing is None or signing.slot != own.slot:
        return state
    vote = Vote(own.signature, signing.proposal_hash, signing.proposal_signature, signing.report)
    message = Message(Kind.SIGNATURE, own.slot, encode_vote(vote))
    out.append(Broadcast(message))
    return replace(state, own_vote=message)


def on_vote(
    engine: Engine[View, Outcome], state: State[View, Outcome], signed: Signed, out: Out
) -> State[View, Outcome]:
    """Count a member's signature. Rounds of any epoch count: a quorum proves itself."""
    slot, vote = signed.message.slot, decode_vote(signed.message.payload)
    if state.attested is not None and slot <= state.attested:
        return state
    if vote is not None and votes.knows(state.votes, signed.sender, slot, vote):
        return state  # repeated, as votes are: nothing to check again
    if vote is None or not _vote_is_valid(engine, signed.sender, slot, vote):
        out.append(Rejected(signed.sender, "a vote no honest node casts"))
        return state
    leader = engine.config.leader(slot.epoch)
    for other in votes.in_slot(state.votes, slot):
        state = _accuse_leader(state, leader, slot, other, vote, out)
    if slot == state.slot and state.round.proposal_hash:
        state = _compare(state, leader, slot, vote.proposal_hash, vote.proposal_signature, out)
    kept, conflict = votes.add(state.votes, signed.sender, slot, vote)
    if conflict is not None:
        first, second = Statement(conflict.report, conflict.signature), Statement(vote.report, vote.signature)
        return _keep(state, Proof(Fault.TWO_REPORTS, signed.sender, slot, first, second), out)
    return replace(state, votes=kept)


def _checked(engine: Engine[View, Outcome], signed: Signed) -> tuple[SignedObservation, ...] | None:
    """The proposal's observations if every one is signed, valid, and by another member; at least 2f+1."""
    observations = decode_proposal(signed.message.payload)
    if observations is None or not engine.config.quorum <= len(observations) <= engine.config.n:
        return None
    ok = all(_observation_is_valid(engine, signed.message.slot, one) for one in observations)
    return observations if ok else None


def _observation_is_valid(engine: Engine[View, Outcome], slot: Slot, one: SignedObservation) -> bool:
    if one.observer >= engine.config.n or not 0 < len(one.observation) <= engine.plugin.max_observation:
        return False
    said = Signed(one.observer, Message(Kind.OBSERVATION, slot, one.observation), one.signature)
    return engine.plugin.validate(one.observer, one.observation) and signed_by(
        engine.config, said, engine.recover
    )


def _vote_is_valid(engine: Engine[View, Outcome], sender: int, slot: Slot, vote: Vote) -> bool:
    """The signature is the sender's over this report, and a leader's proposal stands behind it."""
    if len(vote.report) > engine.plugin.max_report:
        return False
    config, leader = engine.config, engine.config.leader(slot.epoch)
    proposal = message_digest(config, leader, Kind.PROPOSAL, slot, vote.proposal_hash)
    return (
        engine.recover(digest_of(config, slot, vote.report), vote.signature) == config.signers[sender]
        and engine.recover(proposal, vote.proposal_signature) == config.signers[leader]
    )


def _may_sign(state: State[View, Outcome], report: bytes) -> bool:
    last = state.durable.signed
    return (
        last is None
        or state.slot > last
        or (state.slot == last and keccak(report) == state.durable.signed_hash)
    )


def _compare(
    state: State[View, Outcome], leader: int, slot: Slot, proposal_hash: bytes, signature: bytes, out: Out
) -> State[View, Outcome]:
    """Hold a second proposal for the current round against the first."""
    first = Statement(state.round.proposal_hash, state.round.proposal_signature)
    return _two_proposals(state, leader, slot, first, Statement(proposal_hash, signature), out)


def _accuse_leader(
    state: State[View, Outcome], leader: int, slot: Slot, one: Vote, other: Vote, out: Out
) -> State[View, Outcome]:
    first = Statement(one.proposal_hash, one.proposal_signature)
    return _two_proposals(
        state, leader, slot, first, Statement(other.proposal_hash, other.proposal_signature), out
    )


def _two_proposals(
    state: State[View, Outcome], leader: int, slot: Slot, first: Statement, second: Statement, out: Out
) -> State[View, Outcome]:
    if first.content == second.content:
        return state
    state = _keep(state, Proof(Fault.TWO_PROPOSALS, leader, slot, first, second), out)
    return replace(state, deposed=True) if slot.epoch == state.epoch else state


def _keep(state: State[View, Outcome], proof: Proof, out: Out) -> State[View, Outcome]:
    """The first proof against a member is kept and told; more would say nothing new."""
    if state.proofs[proof.culprit] is not None:
        return state
    out.append(Misbehaviour(proof))
    return replace(state, proofs=(*state.proofs[: proof.culprit], proof, *state.proofs[proof.culprit + 1 :]))
