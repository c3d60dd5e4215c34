"""Judgement of what doesn't move (AN11, AN15) and of a curse with one end (AN14). Pure.

Slowness is never a reason to vote: whoever could force a curse by being slow could stop the network
for nothing. A curse with one end is one: it was decided already, and half of it didn't arrive.
"""

from dataclasses import dataclass

from ccip_py.risk.judge import Alert, Bless, Curse, Evidence, Verdict, Wait

# Blocks of the destination after which something that should move is overdue.
OVERDUE_BLOCKS = 60

# AN11


def judge_progress(chain: int, final: int, stalled_seconds: float, limit: float) -> Verdict:
    """No new finalized block for longer than the limit."""
    if stalled_seconds <= limit:
        return Bless(0)
    facts = {"chain": str(chain), "final": final}
    return Alert(Evidence("AN11", chain, (), f"no finalized block after {final} for {limit:g} s", facts))


# AN15


def judge_waiting(lane: str, root: bytes, what: str, waited: int, limit: int) -> Verdict:
    """A good root that stays unblessed, or a blessed one that stays unexecuted, in blocks."""
    if waited <= limit:
        return Bless(0)
    facts = {"lane": lane, "root": root.hex(), "what": what}
    return Alert(
        Evidence("AN15", None, (), f"root {root.hex()} is {what} for more than {limit} blocks", facts)
    )


# AN14


@dataclass(frozen=True, slots=True)
class Pair:
    """A curse that is final on one chain, and what the chain at the other end says."""

    here: int  # the chain where the curse is in force
    there: int  # the chain it is against
    block: int  # when it began, `here`
    time: int  # chain time of that block
    final: int  # last finalized block `here`
    cursed_there: bool  # whether `there` stops `here`, or everything
    lifted_there: int  # chain time of the last lift of such a curse `there`; -1: never
    grace: int  # finalized blocks until the other end must have followed


def judge_pair(pair: Pair) -> Verdict:
    """A curse stops both directions, so it belongs on both chains.

    One that was lifted at the other end since it began here is being lifted: the owner works through
    the chains one by one, and must not be answered with the curse anew.
    """
    if pair.cursed_there or pair.lifted_there >= pair.time:
        return Bless(0)
    if pair.final - pair.block < pair.grace:
        return Wait("the curse is young; the other end may be on its way")
    return Curse(
        Evidence(
            "AN14",
            pair.here,
            (pair.there,),
            f"{pair.there} is cursed on {pair.here} since block {pair.block}, and not the other way round",
            {"here": str(pair.here), "there": str(pair.there), "block": pair.block},
        )
    )
