"""Which block counts as final here, and the alarm when a final block turns out not to be.

The rule is per chain: a tag of the node ("finalized", "safe") or a depth below latest. What was final once is
kept as a ratchet of (number, hash), written before it is used (a power cut may take back its last steps, which leaves an
older ratchet that is as true; a violation waits for the disk):

- the head moves on, the kept block still has its hash    → the ratchet moves on
- endpoints disagree about the block that would be next  → NotFinal; nothing is kept of it
- the finalized head goes back, nothing contradicts       → the ratchet stays: some node is behind
- the kept number now has another hash, everywhere        → FinalityViolation, now and after every restart
- endpoints disagree about the hash of the kept number    → NotFinal until they agree; a liar only delays

The first block of the chain is remembered as well: an endpoint of another chain with the same id is not listened to.

Only an operator ends a violation, by deciding what becomes of the lanes (they are replaced, not resumed).
"""

from typing import Any

from ccip_py.chains.evm.blocks import block_of
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import Block, FinalityRecord, FinalityStore, Heads
from ccip_py.chains.sections import Finality
from ccip_py.errors import Misbehaved, NotFinal
from ccip_py.protocol.ids import ChainSelector


class FinalityViolation(Misbehaved):
    """A block that was final has changed. Nothing that was read from this chain may be relied on."""

    default_code = "FINALITY_VIOLATION"


def ratchet(kept: FinalityRecord | None, finalized: Block) -> FinalityRecord:
    """What to keep after `finalized`, if nothing contradicts what was kept. It never goes back."""
    if kept is None or finalized.number > kept.number:
        return FinalityRecord(finalized.number, finalized.hash)
    return kept


class FinalityReader:
    """Pins the heads of one chain."""

    def __init__(self, rpc: Rpc, chain: ChainSelector, rule: Finality, store: FinalityStore) -> None:
        self._rpc, self._chain, self._rule, self._store = rpc, chain, rule, store

    async def pin(self) -> Heads:
        """Latest and ratcheted finalized block, now. Raises FinalityViolation, once and for ever."""
        kept = self._store.load(self._chain)
        if kept is not None and kept.violation:
            raise FinalityViolation(
                kept.violation, hint="replace the lanes of this chain; do not resume them"
            )
        latest, finalized, again = await self._read(kept)
        if kept is not None and again is not None and again.hash != kept.hash:
            await self._contradiction(kept, again)
        record = ratchet(kept, finalized)
        if record != kept:
            await self._agreement(finalized)
            if not self._store.genesis(self._chain):
                await self._pin_genesis()
            self._store.save(self._chain, record)
        if record.hash == finalized.hash:
            return Heads(latest, finalized)
        return Heads(latest, await self._kept_block(record, again))

    async def _read(self, kept: FinalityRecord | None) -> tuple[Block, Block, Block | None]:
        """Latest, finalized as of now, and what now stands at the kept number (None: nothing does)."""
        tag = self._rule if isinstance(self._rule, str) else "latest"
        kept_number = hex(kept.number if kept else 0)
        latest_raw, final_raw, kept_raw = await self._rpc.batch(
            [("eth_getBlockByNumber", (at, False)) for at in ("latest", tag, kept_number)]
        )
        latest = block_of(latest_raw)
        if isinstance(self._rule, int):
            final_raw = await self._by_number(max(0, latest.number - self._rule))
        return latest, block_of(final_raw), block_of(kept_raw) if kept_raw is not None else None

    async def _by_number(self, number: int) -> Any:
        return await self._rpc.call("eth_getBlockByNumber", hex(number), False)

    async def _hashes_at(self, number: int) -> list[bytes | None]:
        """What each endpoint has at that height; None: it does not answer, or has no such block."""
        answers = await self._rpc.ask_everyone("eth_getBlockByNumber", hex(number), False)
        return [block_of(answer).hash if isinstance(answer, dict) else None for answer in answers]

    async def _agreement(self, finalized: Block) -> None:
        """One endpoint's word becomes the ratchet only if no other endpoint has another block there."""
        if self._rpc.endpoints > 1 and set(await self._hashes_at(finalized.number)) - {finalized.hash, None}:
            raise NotFinal("endpoints disagree about a final block", context={"number": finalized.number})

    async def _pin_genesis(self) -> None:
        """Know the chain by its first block from now on, if all endpoints agree on that one and have not lost it."""
        hashes = set(await self._hashes_at(0))
        genesis = hashes.pop()
        if genesis is not None and not hashes:
            self._rpc.genesis = "0x" + genesis.hex()
            self._store.pin_genesis(self._chain, self._rpc.genesis)

    async def _contradiction(self, kept: FinalityRecord, again: Block) -> None:
        """Condemn the chain if every endpoint contradicts the ratchet. A silent one might not: wait for it."""
        hashes = await self._hashes_at(kept.number)
        if kept.hash in hashes or None in hashes:
            raise NotFinal("endpoints disagree about a final block", context={"number": kept.number})
        story = f"block {kept.number} was final as 0x{kept.hash.hex()} and is now 0x{again.hash.hex()}"
        self._store.save(self._chain, FinalityRecord(kept.number, kept.hash, story))
        raise FinalityViolation(story, hint="replace the lanes of this chain; do not resume them")

    async def _kept_block(self, kept: FinalityRecord, again: Block | None) -> Block:
        if again is None:
            raise NotFinal("the node has lost blocks that were final", context={"number": kept.number})
        return again
