"""Judgement of guarded tokens: what moved, what it adds up to, and how fast it leaves. Pure, like `judge.py`.

A pool's own events say what it gave out for the protocol; whether messages justify that is judged in
`arrivals.py`. Here the token is asked instead of the pool: whatever was minted, or taken out of the
pool, beyond what the pool gave out has left by another door (AN8). Whatever changed the supply
without a transfer has come in by none (AN7). And a pool may be emptied by messages that are all in
order, one by one, and still be worth a look (AN13).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ccip_py.risk.config import Pool
from ccip_py.risk.judge import Alert, Bless, Curse, Evidence, Verdict


@dataclass(frozen=True, slots=True)
class Flow:
    """What one transaction did to a guarded pool and its token. Smallest units of the local token."""

    chain: int
    pool: Pool
    block: int
    tx: int
    given: int  # released or minted by the pool, as the pool says
    issued: int  # minted, as the token says, by whomever
    withdrawn: int  # transferred out of the pool, burns excepted, as the token says


# OUTSIDE THE PROTOCOL: AN8


def judge_flow(flow: Flow, connected: int | None, neighbours: Sequence[int]) -> Verdict:
    """Did this happen outside the protocol? What was minted before the pool was connected to any other
    chain (in block `connected`; None: not yet) is the token's own issue."""
    outside = flow.issued + flow.withdrawn - flow.given
    if outside <= 0 or connected is None or flow.block < connected:
        return Bless(0)
    evidence = Evidence(
        "AN8",
        flow.chain,
        (flow.chain, *neighbours),
        f"{outside} of token {flow.pool.token.hex()} were minted or withdrawn outside the protocol",
        {
            "chain": str(flow.chain),
            "pool": flow.pool.pool.hex(),
            "token": flow.pool.token.hex(),
            "block": flow.block,
            "tx": flow.tx,
            "issued": str(flow.issued),
            "withdrawn": str(flow.withdrawn),
            "given": str(flow.given),
        },
    )
    limit = flow.pool.outside_limit
    return Curse(evidence) if limit is not None and outside > limit else Alert(evidence)


# SUPPLY: AN7


@dataclass(frozen=True, slots=True)
class Supply:
    """A token's supply at one finalized block, and what its transfers up to that block come to."""

    chain: int
    pool: Pool
    block: int
    total: int  # what the token says
    opening: int  # supply beyond transfers when this monitor first looked: 0 for a token read from its birth
    net: int  # minted minus burned, by the token's own transfers
    changes: int  # how often what no transfer explains was another amount than before

    @property
    def unexplained(self) -> int:
        """Supply that came, or went, by no transfer since this monitor first looked."""
        return self.total - self.opening - self.net


def judge_supply(supply: Supply, neighbours: Sequence[int]) -> Verdict:
    """A supply that its transfers don't explain was changed behind everybody's back.

    It may be more or less: a token that can be unmade without a trace can be made without one, too. What honest transfers
    do meanwhile is no part of the evidence, so that it is the same on the next look, however busy the token.
    """
    if not supply.unexplained:
        return Bless(0)
    token, expected = supply.pool.token.hex(), supply.opening + supply.net
    return Curse(
        Evidence(
            "AN7",
            supply.chain,
            (supply.chain, *neighbours),
            f"the supply of token {token} is {supply.total} in block {supply.block}; its transfers explain {expected}",
            {
                "chain": str(supply.chain),
                "token": token,
                "unexplained": str(supply.unexplained),
                "changes": supply.changes,
            },
        )
    )


# OUTFLOW: AN13


@dataclass(frozen=True, slots=True)
class Outflow:
    """What a pool gave out lately, beside what there is to give."""

    chain: int
    pool: Pool
    window: int  # number of the span of `pool.outflow_blocks` finalized blocks
    given: int
    stock: int  # in the pool, or in existence, before `given` left or came to be


def judge_outflow(outflow: Outflow) -> Verdict:
    """More than the configured share in one window: below every rate limit, and yet a spike.

    Never a reason to vote. Every one of these messages was sent, committed and blessed; who is emptying the pool may be
    its owner. But whoever can forge messages would do it like this, so a person should look while there is something left.
    """
    percent = outflow.pool.outflow_percent
    if not percent or outflow.given * 100 <= outflow.stock * percent:
        return Bless(0)
    return Alert(
        Evidence(
            "AN13",
            outflow.chain,
            (),
            f"pool {outflow.pool.pool.hex()} gave out more than {percent} % of {outflow.stock}"
            f" within {outflow.pool.outflow_blocks} blocks",
            {"chain": str(outflow.chain), "pool": outflow.pool.pool.hex(), "window": outflow.window},
        )
    )
