"""Believing a chain again whose final blocks changed, once people have looked into it.

A node that saw a final block change follows that chain no more, through all restarts: what it read there may never have
happened. Its operator decides. If everything that was committed is still there the lanes go on, else they are replaced;
in both cases the node has to be told that what is final there now is to be believed. It reads everything anew from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ccip_py.chains.deployment import ChainDeployment
from ccip_py.chains.evm.endpoint import Target
from ccip_py.chains.evm.finality import FinalityReader
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import FinalityRecord
from ccip_py.protocol.ids import ChainSelector

from .cache import forget_file
from .journal import Journal


class _Afresh:
    """The journal, as if nothing had ever been final on the chain. How the chain began is not up for review."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def genesis(self, chain: ChainSelector) -> str:
        return self._journal.genesis(chain)

    def pin_genesis(self, chain: ChainSelector, block_hash: str) -> None:
        self._journal.pin_genesis(chain, block_hash)

    def load(self, _chain: ChainSelector) -> None:
        return None

    def save(self, chain: ChainSelector, record: FinalityRecord) -> None:
        self._journal.save(chain, record)


def changed(journal: Journal, chain: ChainDeployment) -> str:
    """What changed on the chain though it was final, as this node saw it; empty if nothing did."""
    kept = journal.load(chain.selector)
    return kept.violation if kept is not None else ""


async def accept(
    journal: Journal, folder: Path, chain: ChainDeployment, endpoints: Sequence[str | Target]
) -> FinalityRecord:
    """Take what is final on the chain now for the truth: all endpoints have to agree on it. What was read is forgotten
    first, so that nothing of the old history outlives the stop."""
    forget_file(folder / "cache.sqlite")
    async with Rpc(list(endpoints), chain_id=chain.chain_id, genesis=journal.genesis(chain.selector)) as rpc:
        heads = await FinalityReader(rpc, chain.selector, chain.finality, _Afresh(journal)).pin()
    return FinalityRecord(heads.finalized.number, heads.finalized.hash)
