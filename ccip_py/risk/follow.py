"""One look at one chain: take in what became final, then see what its contracts say at the head.

Called once per cycle. Everything that can go wrong while reading ends in an exception of `TROUBLE`,
which means "nothing is known of this chain in this cycle": its lanes wait. Only one failure is a
finding in itself, a finalized block that changed; it comes back in the `Look`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ccip_py.risk.chain import (
    STEP,
    FinalityViolated,
    Head,
    Watched,
    agreed_hash,
    block_call,
    calldata,
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
from ccip_py.risk.evm import ROOT_BLESSED, TRANSMITTED, VOTED_TO_BLESS, Log, Undecodable
from ccip_py.risk.facts import Block, Facts
from ccip_py.risk.rpc import Call, Disagreement, EndpointDown, Endpoints, Refused
from ccip_py.risk.signers import Signed, read_bless, read_transmit
from ccip_py.risk.trie import NotProven
from ccip_py.risk.views import Ask, as_monitors, monitors
from ccip_py.risk.vote import Domain


class StartsTooLate(Exception):
    """A contract existed before the first block that is read, so what it did there is unknown."""


class Nonsense(Exception):
    """An endpoint answers what no node would. The other chains have other endpoints, and go on."""


TROUBLE = (EndpointDown, Disagreement, Refused, NotProven, Undecodable, StartsTooLate, Nonsense)
# What it leads to that a field is missing or is something else than it must be.
MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError)

Cursor: TypeAlias = tuple[int, bytes]

# Finalized blocks up to which all endpoints are asked for the headers, so as to save a round trip.
HEADERS_ALONG = 4
# Steps of proven blocks per look, so that catching up can't keep the other chains waiting for long.
_STEPS_PER_LOOK = 16


@dataclass(frozen=True, slots=True)
class Questions:
    """What is to be found out about one chain in a look."""

    head: tuple[Ask, ...]  # answered at the head, where all of them must have an answer
    final: tuple[Ask, ...]  # answered at the last block taken in; what is refused there is left out
    hinted: tuple[bytes, ...]  # contracts whose unfinal logs are wanted


@dataclass(frozen=True, slots=True)
class Look:
    """What one chain showed in this cycle."""

    head: Head
    final: int  # the last block taken in
    hints: Sequence[Log]  # logs above it: unproven, and they may vanish
    answers: dict[Ask, bytes]
    violation: FinalityViolated | None = None
    behind: bool = False  # more finalized blocks exist than were taken in
    final_answers: dict[Ask, bytes] = field(default_factory=dict)  # as of a final block
    disputed: tuple[Ask, ...] = ()  # what endpoints answer differently there
    pinned: int = 0  # that block


class Follower:
    """One chain, look by look. What it has read is in the facts; here is only what the last look asked and found."""

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
        self._watched = Watched.of(watched)
        self._from_birth = tuple(from_birth)  # contracts whose whole history must be read
        self._config_version = 0  # of the RMN, as the last look saw it: votes are signed for one version
        self._last: tuple[Questions, int, Look] | None = None  # if nothing was left over

    async def look(self, questions: Questions, *, again: bool = False) -> Look:
        """Two round trips for each new block, one for its number and one for everything about it. As long as the chain
        stands still only the first: then the last look is returned, unless all is to be asked `again`.
        """
        try:
            head = await read_head(self.chain, self.endpoints)
        except MALFORMED as error:
            raise Nonsense(f"no head, but {error!r}") from error
        if self._last is not None and not again:
            asked, generation, last = self._last
            if head == last.head and questions == asked and generation == self._facts.generation:
                return last
        self._last = None
        try:
            look = await self._look(head, questions)
        except MALFORMED as error:
            raise Nonsense(f"an answer has another form than it must ({error!r})") from error
        if not look.behind and look.violation is None:
            self._last = questions, self._facts.generation, look
        return look

    async def _look(self, head: Head, questions: Questions) -> Look:
        """Everything about one head in one batch to all endpoints, then the new finalized blocks from any of them.

        Asked together: the last block taken in, again (the ratchet), the end of the next step, the contracts' state at
        the head and at that end, and what is not final yet. The answers are compared before anything is taken in.
        """
        cursor = self._facts.cursor(self.chain.selector) or await self._begin(head)
        top = max(cursor[0], min(cursor[0] + STEP, head.final))
        # Far behind, hints would be many, and old state may be gone from the nodes.
        close = 0 < head.number - cursor[0] <= STEP
        final_asks = questions.final if close else ()
        hinted = questions.hinted if close else ()
        # A few headers come along with the rest; of many, one endpoint's are enough.
        first = cursor[0] + 1 if top - cursor[0] <= HEADERS_ALONG else top
        blocks = [block_call(number) for number in (cursor[0], *range(first, top + 1))]
        calls = [view_call(ask, head.hash) for ask in questions.head]
        calls += [view_call(ask, top) for ask in final_asks]
        calls += [logs_call(top, head.number, hinted)] if hinted else []
        answers = await self.endpoints.each([*blocks, *calls])
        headers = [said[1 : len(blocks)] for said in answers]
        rest = list(zip(*(said[len(blocks) :] for said in answers), strict=True))
        views = {ask: one_view(ask, said) for ask, said in zip(questions.head, rest, strict=False)}
        if said := views.get(monitors(self.chain.rmn)):
            self._config_version = as_monitors(said).config_version
        finals, disputed = _answered(dict(zip(final_asks, rest[len(questions.head) :], strict=False)))
        hints = common_logs(rest[-1]) if hinted else []
        try:
            check_ratchet(*cursor, one_hash(cursor[0], [said[0] for said in answers]))
        except FinalityViolated as violation:
            return Look(head, cursor[0], (), views, violation)
        if top > cursor[0]:
            end = one_hash(top, [said[-1] for said in headers])
            cursor = await self._advance(cursor, (top, end), headers if first <= cursor[0] + 1 else (), head)
        return Look(head, cursor[0], hints, views, None, cursor[0] < head.final, finals, disputed, top)

    async def _advance(
        self, cursor: Cursor, top: tuple[int, bytes | None], headers: Sequence[Sequence[Any]], head: Head
    ) -> Cursor:
        """Take in finalized blocks, step by step. `top` is the agreed end of the first step, of which `headers` are
        each endpoint's, if they are known already."""
        for step in range(_STEPS_PER_LOOK):
            if cursor[0] >= head.final:
                break
            if step:
                number = min(cursor[0] + STEP, head.final)
                top, headers = (number, await agreed_hash(self.endpoints, number)), ()
            number, end = top
            if end is None:
                raise EndpointDown(f"{self.chain.name}: block {number} is final but unknown")
            blocks = await proven_blocks(self.endpoints, cursor, (number, end), self._watched, headers)
            self._facts.take(self.chain.selector, blocks)
            self._facts.signed.take(await self._signed(blocks))
            cursor = number, end
        return cursor

    async def _signed(self, blocks: Sequence[Block]) -> list[Signed]:
        """The signatures under what was counted in these blocks: reports and blessings."""
        counted = [log for block in blocks for log in block.logs if log.topics and self._is_signed(log)]
        if not counted:
            return []
        found: list[Signed] = []
        inputs = await calldata(self.endpoints, [(log.block, log.tx) for log in counted])
        for log, data in zip(counted, inputs, strict=False):
            if log.topics[0] == TRANSMITTED:
                found += read_transmit(data, self.chain.chain_id, log.address)
            else:
                found += read_bless(data, Domain(self.chain.chain_id, self.chain.rmn), self._config_version)
        return found

    def _is_signed(self, log: Log) -> bool:
        """Whether signatures stand under what this contract has counted."""
        if log.address == self.chain.rmn:
            return log.topics[0] in (ROOT_BLESSED, VOTED_TO_BLESS)
        return log.topics[0] == TRANSMITTED and log.address in self._from_birth

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


def _answered(finals: Mapping[Ask, Sequence[Any]]) -> tuple[dict[Ask, bytes], tuple[Ask, ...]]:
    """What all endpoints agree on, and what they don't. A token or a pool is anybody's contract: that it reverts or
    answers less than a word must not blind us to its chain. That endpoints differ about a final block is another thing:
    one of them is wrong."""
    agreed: dict[Ask, bytes] = {}
    disputed: list[Ask] = []
    for ask, said in finals.items():
        texts = [None if isinstance(one, Refused) else one for one in said]
        if any(text != texts[0] for text in texts):
            disputed.append(ask)
        elif texts[0] is not None and len(texts[0]) >= 66:
            agreed[ask] = bytes.fromhex(texts[0][2:])
    return agreed, tuple(disputed)
