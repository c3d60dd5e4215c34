"""Judgement of a curse with one end (AN14). Pure.

A curse stops both directions, so it belongs on both chains. One that stands on one chain only is either on its
way, or was cast at one end (by a guardian), or is being lifted: the owner works through the chains one by one, and
must not be answered with the curse anew. Which of these it is depends on what came first, and two chains' clocks
can't tell: they may be hours apart. So nothing here compares times. Each chain counts its own lifts, and each
monitor remembers how many it saw at the other end when this end was last free. Where a monitor was not watching
and the counts alone can't tell, it alerts and doesn't vote.
"""

from dataclasses import dataclass, replace

from ccip_py.risk.judge import Alert, Bless, Curse, Evidence, Verdict, Wait


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends in one cycle. `here` may be cursed against `there`, and the other way round."""

    cursed_here: bool  # at the head
    lifts_here: int  # lifts of such a curse, or of a global one, so far
    cursed_there: bool
    cursed_there_final: bool  # a curse there is final
    lifts_there: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What a monitor remembers of a pair of ends. Kept in the journal, so that a restart changes nothing."""

    lifts_here: int
    free: int = (
        -1
    )  # lifts there when `here` was last seen free of the curse; -1: never, since it was last lifted
    answered: bool = False  # since then a curse was final there as well


def remember(before: Memory | None, ends: Ends) -> Memory:
    """What to keep after a look: from the moment that `here` is free of the curse, how often the other end was lifted; and
    whether that end followed since then."""
    if not ends.cursed_here:
        return Memory(ends.lifts_here, ends.lifts_there)
    if before is None or before.lifts_here != ends.lifts_here:
        before = Memory(ends.lifts_here)  # this curse began while nobody looked
    return replace(before, answered=before.answered or ends.cursed_there_final)


@dataclass(frozen=True, slots=True)
class Pair:
    """A curse that is final on one chain, and what is known of the other end."""

    here: int  # the chain where the curse is in force
    there: int  # the chain it is against
    block: int  # when it began, `here`
    final: int  # last finalized block `here`
    grace: int  # finalized blocks `here` until the other end must have followed
    ends: Ends
    memory: Memory


def judge_pair(pair: Pair) -> Verdict:
    """Bring the curse to the other end, unless it was there already or is being lifted."""
    ends, memory = pair.ends, pair.memory
    if ends.cursed_there or memory.answered or 0 <= memory.free < ends.lifts_there:
        return Bless(0)
    if pair.final - pair.block < pair.grace:
        return Wait("the curse is young; the other end may be on its way")
    evidence = Evidence(
        "AN14",
        pair.here,
        (pair.there,),
        f"{pair.there} is cursed on {pair.here} since block {pair.block}, and not the other way round",
        {"here": str(pair.here), "there": str(pair.there), "block": pair.block},
    )
    # Nobody watched it begin, and the other end has lifted curses: it may have lifted this one.
    unclear = memory.free < 0 and ends.lifts_there > 0
    return Alert(evidence) if unclear else Curse(evidence)
