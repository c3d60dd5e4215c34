"""Judgement of what doesn't move (AN11, AN15). Pure.

Slowness is never a reason to vote: whoever could force a curse by being slow could stop the network
for nothing.
"""

from ccip_py.risk.judge import Alert, Bless, Evidence, Verdict

# Blocks of the destination after which something that should move is overdue: more than a blessing or an execution takes
# when half of those who could bring it about are gone.
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
