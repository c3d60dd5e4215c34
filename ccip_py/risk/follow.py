"""One look at one chain: take in what became final, then see what its contracts say at the head.

Called once per cycle. Everything that can go wrong while reading ends in an exception of `TROUBLE`,
which means "nothing is known of this chain in this cycle": its lanes wait. Only one failure is a
finding in itself, a finalized block that changed; it comes back in the `Look`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ccip_py.risk.chain import (
    FinalityViolated,
    Head,
    agreed_hash,
    agreed_views,
    check_ratchet,
    proven_blocks,
    read_head,
    unproven_logs,
)
from ccip_py.risk.config import Chain
from ccip_py.risk.evm import Log, Undecodable
from ccip_py.risk.facts import Facts
from ccip_py.risk.rpc import Disagreement, EndpointDown, Endpoints, Refused
from ccip_py.risk.trie import NotProven
from ccip_py.risk.views import Ask

TROUBLE = (EndpointDown, Disagreement, Refused, NotProven, Undecodable)

# Steps of proven blocks per look, so that catching up can't keep the other chains waiting for long.
_STEPS_PER_LOOK = 16


@dataclass(frozen=True, slots=True)
class Look:
    """What one chain showed in this cycle."""

    head: Head
    final: int  # the last block taken in
    hints: Sequence[Log]  # logs above it: unproven, and they may vanish
    answers: dict[Ask, bytes]
    violation: FinalityViolated | None = None
    behind: bool = False  # more finalized blocks exist than were taken in


class Follower:
    def __init__(self, chain: Chain, endpoints: Endpoints, facts: Facts, watched: Sequence[bytes]) -> None:
        self.chain = chain
        self.endpoints = endpoints
        self._facts = facts
        self._watched = tuple(dict.fromkeys(watched))

    async def look(self, asks: Sequence[Ask], hinted: Sequence[bytes]) -> Look:
        """`asks` are answered at the head; `hinted` are contracts whose unfinal logs are wanted."""
        head = await read_head(self.chain, self.endpoints)
        violation = None
        try:
            await self._advance(head)
        except FinalityViolated as error:
            violation = error
        cursor = self._facts.cursor(self.chain.selector)
        final = cursor[0] if cursor else 0
        behind = final < head.final
        hints: Sequence[Log] = ()
        if hinted and violation is None and not behind:
            hints = await unproven_logs(self.endpoints, final, head.number, hinted)
        answers = await agreed_views(self.endpoints, head.hash, asks)
        return Look(head, final, hints, answers, violation, behind)

    async def _advance(self, head: Head) -> None:
        """Take in finalized blocks, or at least see that the last one is still the same."""
        cursor = self._facts.cursor(self.chain.selector) or await self._begin(head)
        if cursor[0] >= head.final:
            await check_ratchet(self.endpoints, *cursor)
            return
        for _ in range(_STEPS_PER_LOOK):
            try:
                blocks = await proven_blocks(self.endpoints, cursor, head.final, self._watched)
            except NotProven:
                # Headers that don't lead from the ratchet to the agreed head: is it the ratchet?
                await check_ratchet(self.endpoints, *cursor)
                raise
            self._facts.take(self.chain.selector, blocks)
            cursor = blocks[-1].number, blocks[-1].hash
            if cursor[0] >= head.final:
                return

    async def _begin(self, head: Head) -> tuple[int, bytes]:
        """The block before the first one of interest, by the hash that all endpoints give."""
        number = max(0, self.chain.start_block - 1)
        known = await agreed_hash(self.endpoints, number) if number <= head.final else None
        if known is None:
            raise EndpointDown(f"{self.chain.name}: block {number} is not final yet")
        return number, known
