"""Claims and facts in, verdicts out. Pure: no clock, no network, no memory.

Three rules hold for every check here.
1. Bless only what this monitor rebuilt itself, from messages that are final on their source.
2. Whatever can't be seen yet is a reason to wait. Silence or lag must never stop a lane.
3. Curse only on a contradiction between finalized facts. (The loop also demands to see it twice.)

What came out on the destination is judged next door, in `arrivals.py`, by the same rules.

Facts that reach these files are proven (hashes recomputed under a block hash that all endpoints agree
on); how they got here is `chain.py`'s affair.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ccip_py.risk.keccak import keccak
from ccip_py.risk.root import MAX_LEAVES, merkle_root

# VERDICTS


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a chain must be stopped, in a form that can be stored, hashed and shown.

    Holds immutable facts only, so that the same contradiction has the same id on the next look.
    """

    anomaly: str  # AN1 to AN15, as docs/risk.md lists them
    blame: int | None  # selector of the chain that can't be trusted; None: stop everything
    chains: tuple[int, ...]  # selectors of the chains that the curse is for
    summary: str
    facts: Mapping[str, Any]  # plain JSON
    standing: str = ""  # lane whose commit store still holds the bad root; "": a fact that can't be undone

    @property
    def id(self) -> bytes:
        """What a curse vote names as its evidence."""
        return keccak(json.dumps([self.anomaly, self.blame, self.facts], sort_keys=True).encode())


@dataclass(frozen=True, slots=True)
class Bless:
    """The root is right, as rebuilt from `leaves` messages."""

    leaves: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Not seen enough, or not able to. `alarm`: this will not resolve by itself."""

    reason: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Curse:
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Alert:
    """Somebody must look at this, but no chain has to stop for it. Kept, logged, shown; never voted on."""

    evidence: Evidence


Verdict: TypeAlias = Bless | Wait | Alert | Curse

# ROOTS: AN2, AN3


@dataclass(frozen=True, slots=True)
class Claim:
    """A committed root: what the destination says about its source."""

    lane: str
    source: int
    destination: int
    commit_store: bytes
    first: int
    last: int
    root: bytes
    block: int
    index: int
    final: bool  # the commit itself is final on the destination, and its log is proven


@dataclass(frozen=True, slots=True)
class Message:
    """What the source says about one sequence number, final and proven."""

    seq_nr: int
    leaf: bytes
    stated_id: bytes
    backed: bool  # every token of a guarded pool has its lock or burn in the same transaction


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What the messages of an interval come to, by this monitor's own account."""

    root: bytes
    flaw: Message | None  # the first one that an honest on-ramp would not have let through


def rebuild(first: int, last: int, messages: Sequence[Message]) -> Rebuilt | None:
    """From the messages of an interval, in order; None if some are missing, or more than any contract takes."""
    if len(messages) != last - first + 1 or not 1 <= len(messages) <= MAX_LEAVES:
        return None
    flaws = (message for message in messages if message.stated_id != message.leaf or not message.backed)
    return Rebuilt(merkle_root([message.leaf for message in messages]), next(flaws, None))


@dataclass(frozen=True, slots=True)
class RootFacts:
    """What this monitor knows about the claim's interval."""

    rebuilt: Rebuilt | None  # None: not all of its messages are final, or they are no tree
    final_through: int  # highest sequence number up to which all messages are final
    on_ramp_next: int  # the on-ramp's own counter at the head: what it would give out next
    patience: int  # finalized source blocks that went by since the claim was first seen
    grace: int  # how many of those it takes before absence counts
    expected_first: int  # what the previous standing root of the lane leads one to expect


def judge_root(claim: Claim, facts: RootFacts) -> Verdict:
    """Bless, wait or curse one committed root.

    Blessed is what follows the roots before it, covers messages that are all final here, is their root as rebuilt here,
    and covers nothing that an honest on-ramp would not have let through. A blessing speaks about the source only, so
    the commit itself need not be final for it. For a curse it must be: it speaks about what the destination holds.
    """
    if claim.first > facts.expected_first:
        return _gap(claim, facts)
    if claim.last > facts.final_through:
        return _not_there(claim, facts)
    if claim.last >= facts.on_ramp_next:
        return Wait(f"message {claim.last} is final here, and the on-ramp has not given it out", alarm=True)
    if facts.rebuilt is None:
        size = claim.last - claim.first + 1
        return Wait(f"a root over {size} messages can't be executed, nor rebuilt", alarm=True)
    if facts.rebuilt.root != claim.root:
        return _wrong_root(claim, facts.rebuilt.root)
    return _content(claim, facts.rebuilt.flaw)


def _gap(claim: Claim, facts: RootFacts) -> Verdict:
    """Messages between two roots were skipped. A rewind after a removal goes back, never ahead."""
    if not claim.final:
        return Wait("the root leaves a gap, but its commit may not last")
    return Curse(
        _root_evidence(claim, "AN2", f"skips messages {facts.expected_first} to {claim.first - 1}", {})
    )


def _not_there(claim: Claim, facts: RootFacts) -> Verdict:
    """The claim names messages that are not final here. Usually they soon are."""
    if claim.last < facts.on_ramp_next:
        return Wait(f"messages after {facts.final_through} are sent, but not final here yet")
    if not claim.final or facts.patience < facts.grace:
        return Wait(f"messages after {facts.on_ramp_next - 1} don't exist here, yet")
    # The on-ramp itself, at the head, has not given out these numbers, although more of its chain
    # became final since the claim than any endpoint may lag behind.
    return Curse(_root_evidence(claim, "AN3", "covers messages that were never sent", {}))


def _wrong_root(claim: Claim, rebuilt: bytes) -> Verdict:
    if not claim.final:
        return Wait("the root is wrong, but its commit may not last")
    facts = {"rebuiltRoot": rebuilt.hex()}
    return Curse(_root_evidence(claim, "AN2", "is not the root of the messages that were sent", facts))


def _content(claim: Claim, flaw: Message | None) -> Verdict:
    """The root is right. Is what it covers what an honest on-ramp would have let through?"""
    if flaw is None:
        return Bless(claim.last - claim.first + 1)
    if flaw.stated_id != flaw.leaf:
        return Wait(f"message {flaw.seq_nr} states another id than its hash", alarm=True)
    facts = {"seqNr": flaw.seq_nr, "leaf": flaw.leaf.hex()}
    summary = f"message {flaw.seq_nr} moves tokens that were neither locked nor burned"
    return Curse(_root_evidence(claim, "AN7", summary, facts))


def _root_evidence(claim: Claim, anomaly: str, summary: str, facts: Mapping[str, Any]) -> Evidence:
    """Against a root that stands: it is settled when the root is gone, and not before. The source is blamed, because
    nothing that comes from it can be believed now; the destination's other lanes go on."""
    return Evidence(
        anomaly,
        claim.source,
        (claim.destination, claim.source),
        f"root {claim.root.hex()} over [{claim.first}..{claim.last}] {summary}",
        {
            "commitStore": claim.commit_store.hex(),
            "destination": str(claim.destination),
            "first": claim.first,
            "last": claim.last,
            "root": claim.root.hex(),
            "block": claim.block,
            **facts,
        },
        standing=claim.lane,
    )


def judge_lane(claims: Sequence[tuple[Claim, RootFacts]]) -> list[tuple[Claim, Verdict]]:
    """Judge a lane's roots in the order they were committed.

    Nothing behind a root that is not good is blessed: what follows a forgery was built on it, and
    will be committed again after the owner removed the forgery.
    """
    verdicts: list[tuple[Claim, Verdict]] = []
    held_by: Claim | None = None
    for claim, facts in claims:
        if held_by is not None:
            verdicts.append((claim, Wait(f"behind root {held_by.root.hex()}")))
            continue
        verdict = judge_root(claim, facts)
        verdicts.append((claim, verdict))
        if not isinstance(verdict, Bless):
            held_by = claim
    return verdicts


# FINALITY: AN1


def judge_finality(chain: int, neighbours: Sequence[int], number: int, was: bytes, now: bytes) -> Verdict:
    """A finalized block has another hash than before, and all endpoints say so.

    Whatever was committed from that chain may never have happened there, and whatever was executed on it may happen
    again. Nothing about it can be believed until somebody has looked, so it is stopped in both directions everywhere.
    """
    if was == now:
        return Wait("nothing changed")
    return Curse(
        Evidence(
            "AN1",
            chain,
            tuple(neighbours),
            f"finalized block {number} changed from {was.hex()} to {now.hex()}",
            {"chain": str(chain), "number": number, "was": was.hex(), "now": now.hex()},
        )
    )


# CONFIGURATION: AN10


def judge_pointer(
    chain: int, neighbours: Sequence[int], rmn: bytes, pointer: bytes, changes: int, *, awaited: bool
) -> Verdict:
    """A chain whose contracts finally obey another RMN can't be stopped from here any more.

    Its neighbours can still refuse what comes from it. An owner who replaces the RMN on purpose
    gives the monitors their new configuration first: until the pointer moves it names a former one, and the new one is
    `awaited`. To move it back later is a swap like any other. `changes` counts how often the pointer was seen to change:
    to swap it again is another fact than the swap that an owner has reviewed.
    """
    if pointer == rmn:
        return Wait("the pointer holds")
    if awaited:
        return Wait(f"the RMN pointer still names {pointer.hex()}", alarm=True)
    return Curse(
        Evidence(
            "AN10",
            chain,
            tuple(neighbours),
            f"the RMN pointer names {pointer.hex()} instead of {rmn.hex()}",
            {"chain": str(chain), "rmn": rmn.hex(), "pointer": pointer.hex(), "changes": changes},
        )
    )
