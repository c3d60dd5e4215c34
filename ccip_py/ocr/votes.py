"""Counting signatures: each member has one vote per round, whatever it sends, and only its newest rounds are kept."""

from __future__ import annotations

from .attest import AttestedReport, ReportSignature, attest
from .config import Config
from .messages import Slot, Vote
from .state import VOTES_KEPT, CountedVote

Votes = tuple[tuple[CountedVote, ...], ...]  # per member, rounds ascending


def add(votes: Votes, sender: int, slot: Slot, vote: Vote) -> tuple[Votes, Vote | None]:
    """The votes with this checked one in, or the earlier vote of the same member and round that it contradicts."""
    mine = votes[sender]
    for counted in mine:
        if counted.slot == slot:
            return votes, counted.vote if counted.vote.report != vote.report else None
    kept = tuple(sorted((*mine, CountedVote(slot, vote)), key=lambda counted: counted.slot))[-VOTES_KEPT:]
    return (*votes[:sender], kept, *votes[sender + 1 :]), None


def knows(votes: Votes, sender: int, slot: Slot, vote: Vote) -> bool:
    """Was this very vote counted already?"""
    return CountedVote(slot, vote) in votes[sender]


def in_slot(votes: Votes, slot: Slot) -> list[Vote]:
    """What was voted for in a round."""
    return [counted.vote for mine in votes for counted in mine if counted.slot == slot]


def count(config: Config, votes: Votes, slot: Slot, report: bytes) -> AttestedReport | None:
    """The report with its signatures, once 2f+1 members voted for these very bytes."""
    return attest(
        config,
        slot,
        report,
        [
            ReportSignature(signer, counted.vote.signature)
            for signer, mine in enumerate(votes)
            for counted in mine
            if counted.slot == slot and counted.vote.report == report
        ],
    )
