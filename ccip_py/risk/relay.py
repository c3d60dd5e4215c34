"""Who carries which votes to the chain, and when. Pure.

Everybody may relay everybody's votes, and everybody wants to: so an order is needed, or every
blessing would be paid for four times. It is given by hash(tag, relayer): different for each root,
the same for all who compute it. The first sends at once, the next ones only if nothing landed after
two more blocks each. One who sees no quorum for a while submits what it has: the contract counts
votes across calls, so even monitors that can't hear each other get there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ccip_py.risk.keccak import keccak
from ccip_py.risk.views import Monitors
from ccip_py.risk.vote import Vote


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long one statement has been waiting, in blocks of its chain."""

    signed: int  # since when one's own vote exists
    quorum: int | None  # since when enough votes are known


def rank(tag: bytes, relayer: bytes, all_relayers: Iterable[bytes]) -> int:
    """Place of `relayer` in the order for this statement, from 0. Monitors go by their bless keys."""
    mine = keccak(tag + relayer)
    return sum(keccak(tag + other) < mine for other in all_relayers)


def uncounted(votes: Iterable[Vote], monitors: Monitors, counted: int) -> list[Vote]:
    """One vote per current monitor that signed properly and isn't counted on chain yet."""
    fresh: dict[int, Vote] = {}
    for vote in votes:
        index = monitors.bless_index(vote.signer)
        if index is not None and vote.config_version == monitors.config_version and not counted >> index & 1:
            fresh[index] = vote
    return [fresh[index] for index in sorted(fresh)]


def missing(monitors: Monitors, counted: int) -> int:
    """How many more votes complete the blessing."""
    return max(0, monitors.bless_threshold - counted.bit_count())


def to_send(
    tag: bytes,
    own_key: bytes,
    votes: Sequence[Vote],
    monitors: Monitors,
    counted: int,
    waiting: Waiting,
    head: int,
    step_blocks: int,
    alone_after_blocks: int,
) -> Sequence[Vote]:
    """The votes to send now; none if it isn't this monitor's turn. `votes` are `uncounted` ones.

    With a quorum at hand no vote more than needed is sent: each costs a signature check. With steps of two blocks and a
    quorum known at block 100, the first in the order sends at 100, the second at 102 if nothing landed, and so on.
    Without one, after `alone_after_blocks`, everybody sends what is known to it; the contract adds it up.
    """
    needed = missing(monitors, counted)
    if len(votes) >= needed and waiting.quorum is not None:
        turn = waiting.quorum + step_blocks * rank(tag, own_key, (bless for bless, _ in monitors.keys))
        return votes[:needed] if head >= turn else ()
    return votes if head >= waiting.signed + alone_after_blocks else ()
