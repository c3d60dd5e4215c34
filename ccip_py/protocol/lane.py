"""One direction between two chains: the unit of isolation, of committing, and of a node's work."""

from __future__ import annotations

from dataclasses import dataclass

from .ids import Address, ChainSelector


@dataclass(frozen=True, slots=True)
class Lane:
    """Source → destination, with the contracts that make it: replacing one of them makes another lane."""

    source: ChainSelector
    destination: ChainSelector
    on_ramp: Address  # on the source; part of every leaf
    commit_store: Address  # on the destination
    off_ramp: Address  # on the destination
