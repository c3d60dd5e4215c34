"""Judgement of what came out on a destination: executions and payouts. Pure, like `judge.py`.

Monitors don't stand in the way of an execution: it happens before they see it. What is checked here
says that the contracts that should have refused it did not, so the answer is to stop the chain before
the same thing happens again. Only finalized executions are looked at, each one once.

The tests below are ordered by gravity. Those that put the destination's own contracts in question stop
everything (AN5, AN6); those that put one source in question stop that source (AN4, AN7).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ccip_py.risk.config import Pool
from ccip_py.risk.evm import SUCCESS, TokenMove
from ccip_py.risk.judge import Bless, Curse, Evidence, Verdict, Wait

# EXECUTIONS: AN4, AN5, AN6


@dataclass(frozen=True, slots=True)
class Execution:
    """The destination says that a message ended in `state`. Final and proven."""

    lane: str
    source: int
    destination: int
    seq_nr: int
    message_id: bytes
    state: int
    block: int
    tx: int
    index: int


@dataclass(frozen=True, slots=True)
class ExecutionFacts:
    """What is known of the message, and of the destination just before the execution."""

    leaf: bytes | None  # of the message with that number, as sent; None: it is not final here
    final_through: int
    on_ramp_next: int
    patience: int
    grace: int
    earlier_successes: int  # of the same message, on any off-ramp of this destination
    committed: bool  # a root covering it stood
    blessed: bool  # such a root was blessed in the epoch of the moment
    cursed: bool  # the source, or everything, was cursed all through its transaction, up to the execution


def judge_execution(execution: Execution, facts: ExecutionFacts) -> Verdict:
    """Was there a reason for this execution? Bless means: it is in order."""
    if execution.state == SUCCESS and facts.earlier_successes:
        return Curse(_execution_evidence(execution, "AN5", "succeeded before", None))
    if not facts.committed:
        return Curse(_execution_evidence(execution, "AN6", "was executed without a committed root", None))
    if facts.cursed:
        return Curse(_execution_evidence(execution, "AN6", "was executed during a curse", None))
    if not facts.blessed:
        return Curse(_execution_evidence(execution, "AN6", "was executed without a blessing", None))
    return _source_of(execution, facts)


def _source_of(execution: Execution, facts: ExecutionFacts) -> Verdict:
    """Does the source know the message, and under the same id?"""
    if facts.leaf is None:
        sent = execution.seq_nr < facts.on_ramp_next
        if sent or execution.seq_nr <= facts.final_through or facts.patience < facts.grace:
            return Wait(f"message {execution.seq_nr} is not final here yet")
        return Curse(_execution_evidence(execution, "AN4", "was never sent", execution.source))
    if facts.leaf != execution.message_id:
        return Curse(_execution_evidence(execution, "AN4", "differs from what was sent", execution.source))
    return Bless(1)


def _execution_evidence(execution: Execution, anomaly: str, summary: str, blame: int | None) -> Evidence:
    """Names the place of the execution: the same message executed again is another fact."""
    return Evidence(
        anomaly,
        blame,
        (execution.destination, execution.source),
        f"message {execution.seq_nr} ({execution.message_id.hex()}) {summary}",
        {
            "source": str(execution.source),
            "destination": str(execution.destination),
            "seqNr": execution.seq_nr,
            "messageId": execution.message_id.hex(),
            "state": execution.state,
            "block": execution.block,
            "index": execution.index,
        },
    )


# SUPPLY: AN7


@dataclass(frozen=True, slots=True)
class Payout:
    """What one guarded pool paid out in one transaction, and the executions that could justify it."""

    destination: int
    pool: Pool
    block: int
    tx: int
    paid: int  # minted and released, smallest unit of the local token
    carried: Sequence[
        Sequence[TokenMove]
    ]  # by each message that ended in SUCCESS in that transaction, as sent
    sources: Sequence[int]  # the chains they came from
    unknown: bool  # one of them is not final on its source here yet


def judge_payout(payout: Payout) -> Verdict:
    """A pool may pay out what messages of the same transaction carry, and not one unit more."""
    owed = sum(
        _local_amount(move, payout.pool.decimals)
        for moves in payout.carried
        for move in moves
        if move.dest_token == payout.pool.token
    )
    if payout.paid <= owed:
        return Bless(len(payout.carried))
    if payout.unknown:
        return Wait("a message of this transaction is not final here yet")
    # If all messages came from one chain, that is the one to stop; otherwise it can't be told.
    blame = payout.sources[0] if len(set(payout.sources)) == 1 else None
    return Curse(
        Evidence(
            "AN7",
            blame,
            (payout.destination, *sorted(set(payout.sources))),
            f"pool {payout.pool.pool.hex()} paid out {payout.paid}, but only {owed} had arrived",
            {
                "destination": str(payout.destination),
                "pool": payout.pool.pool.hex(),
                "block": payout.block,
                "tx": payout.tx,
                "paid": str(payout.paid),
                "owed": str(owed),
            },
        )
    )


def _local_amount(move: TokenMove, decimals: int) -> int:
    """The amount in local decimals, rounded down as pools do. Unstated decimals mean equal ones."""
    have = decimals if move.source_decimals is None else move.source_decimals
    more: int = 10 ** max(0, decimals - have)
    less: int = 10 ** max(0, have - decimals)
    return move.amount * more // less
