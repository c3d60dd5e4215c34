"""One look at one chain: take in what became final, then see what its contracts say at the head.

Called once per cycle. Everything that can go wrong while reading ends in an exception of `TROUBLE`,
which means "nothing is known of this chain in this cycle": its lanes wait. Only one failure is a
finding in itself, a finalized block that changed; it comes back in the `Look`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ccip_py.risk.chain import (
    STEP,
    FinalityViolated,
    Head,
    agreed_hash,
    block_call,
    check_ratchet,
    common_logs,
    logs_call,
    one_hash,
    one_view,
    proven_blocks,
    read_head,
    view_call,
)
from ccip_py.risk.config import Chain
from ccip_py.risk.evm import Log, Undecodable
from ccip_py.risk.facts import Facts
from ccip_py.risk.rpc import Call, Disagreement, EndpointDown, Endpoints, Refused
from ccip_py.risk.trie import NotProven
from ccip_py.risk.views import Ask


class StartsTooLate(Exception):
    """A contract existed before the first block that is read, so what it did there is unknown."""


TROUBLE = (EndpointDown, Disagreement, Refused, NotProven, Undecodable, StartsTooLate)

Cursor: TypeAlias = tuple[int, bytes]

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
    final_answers: dict[Ask, bytes] = field(default_factory=dict)  # pinned at a final block


class Follower:
    def __init__(
        self,
        chain: Chain,
        endpoints: Endpoints,
        facts: Facts,
        watched: Sequence[bytes],
        from_birth: Sequence[bytes],
    ) -> None:
        self.chain = chain
        self.endpoints = endpoints
        self._facts = facts
        self._watched = tuple(dict.fromkeys(watched))
        self._from_birth = tuple(from_birth)  # contracts whose whole history must be read

    async def look(self, asks: Sequence[Ask], final_asks: Sequence[Ask], hinted: Sequence[bytes]) -> Look:
        """`asks` are answered at the head, `final_asks` at the last block taken in; `hinted` are
        contracts whose unfinal logs are wanted.

        Two round trips when nothing is new: one for the head, one for everything about it.
        """
        head = await read_head(self.chain, self.endpoints)
        cursor = self._facts.cursor(self.chain.selector) or await self._begin(head)
        unique = list(dict.fromkeys(asks))
        # Far behind, hints would be many, and old state may be gone from the nodes.
        close = 0 < head.number - cursor[0] <= STEP
        final_asks = final_asks if close else ()
        hinted = hinted if close else ()
        top = max(cursor[0], min(cursor[0] + STEP, head.final))
        calls = [block_call(cursor[0]), block_call(top)]
        calls += [view_call(ask, head.hash) for ask in unique]
        calls += [view_call(ask, cursor[1]) for ask in final_asks]
        calls += [logs_call(cursor[0], head.number, hinted)] if hinted else []
        answers = await self.endpoints.each(calls)
        ratchet, first, *rest = zip(*answers, strict=True)
        views = {ask: one_view(ask, said) for ask, said in zip(unique, rest, strict=False)}
        finals = dict(zip(final_asks, rest[len(unique) :], strict=False))
        hints = common_logs(rest[-1]) if hinted else []
        try:
            check_ratchet(*cursor, one_hash(cursor[0], ratchet))
            cursor = await self._advance(cursor, one_hash(top, first), head)
        except FinalityViolated as violation:
            return Look(head, cursor[0], (), views, violation)
        hints = [log for log in hints if log.block > cursor[0]]
        final_views = {ask: one_view(ask, said) for ask, said in finals.items()}
        return Look(head, cursor[0], hints, views, None, cursor[0] < head.final, final_views)

    async def _advance(self, cursor: Cursor, top: bytes | None, head: Head) -> Cursor:
        """Take in finalized blocks, step by step. `top` is the agreed hash at the end of the first."""
        for _ in range(_STEPS_PER_LOOK):
            if cursor[0] >= head.final:
                break
            last = min(cursor[0] + STEP, head.final)
            top = top or await agreed_hash(self.endpoints, last)
            if top is None:
                raise EndpointDown(f"{self.chain.name}: block {last} is final but unknown")
            blocks = await proven_blocks(self.endpoints, cursor, (last, top), self._watched)
            self._facts.take(self.chain.selector, blocks)
            cursor, top = (blocks[-1].number, blocks[-1].hash), None
        return cursor

    async def _begin(self, head: Head) -> Cursor:
        """The block before the first one of interest, by the hash that all endpoints give."""
        number = max(0, self.chain.start_block - 1)
        known = await agreed_hash(self.endpoints, number) if number <= head.final else None
        if known is None:
            raise EndpointDown(f"{self.chain.name}: block {number} is not final yet")
        if number > 0:
            await self._see_that_nothing_was_missed(number)
        return number, known

    async def _see_that_nothing_was_missed(self, number: int) -> None:
        """Messages are counted from 1 and roots follow each other: a history that begins in the middle
        would look like fraud. Nodes that no longer know the state of that block can't tell."""
        calls: list[Call] = [
            ("eth_getCode", ("0x" + contract.hex(), hex(number))) for contract in self._from_birth
        ]
        for answers in await self.endpoints.each(calls):
            for contract, code in zip(self._from_birth, answers, strict=True):
                if not isinstance(code, Refused) and code != "0x":
                    raise StartsTooLate(
                        f"{self.chain.name}: 0x{contract.hex()} is older than start_block {number + 1}"
                    )
