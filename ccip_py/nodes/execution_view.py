"""What an executor sees of one lane: pins both chains, reads what is new, and hands over a value.

The destination is read in one step up to its latest block. What is final is folded into the book and kept in the
cache; what is newer is folded onto a copy. Messages are read up to the source's finalized block: a root over anything
newer is not trusted to stay true.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ccip_py.chains.deployment import LaneDeployment
from ccip_py.chains.evm.blocks import block_of
from ccip_py.chains.evm.caller import View
from ccip_py.chains.evm.contracts import CommitStore, OffRamp
from ccip_py.chains.evm.lane_reader import (
    DestinationState,
    read_attempts,
    read_commits,
    read_destination,
    read_nonces,
)
from ccip_py.chains.ports import Block, Heads, LogSource
from ccip_py.execute.view import CommittedRoot, ExecutionView
from ccip_py.protocol.ids import Address, Root, SeqNr
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.message import ExecutionState, Message

from .cache import LaneCache
from .chain_link import ChainLink
from .message_stream import MessageStream
from .root_book import OpenRoot, RootBook, RootEvent, dump_book, fold, load_book, open_at_end
from .root_turns import Turns
from .together import both

FAR = 1_000_000_000  # logs: a book must reach its block in one read
TERMS_AGE = 20  # blocks


@dataclass(frozen=True, slots=True)
class Seen:
    """A view, and what relaying and retrying need besides."""

    view: ExecutionView
    executors: frozenset[Address]
    blessing_epoch: int
    open_roots: tuple[OpenRoot, ...]
    finalized: Block  # of the destination


@dataclass(frozen=True, slots=True)
class Terms:
    """What changes rarely at the destination, as of a block."""

    block: int
    executors: frozenset[Address]
    block_gas_limit: int


@dataclass(frozen=True, slots=True)
class Recent:
    """What happened above the final block of the destination, up to a block that may still be reorganised away."""

    read_to: Block
    events: tuple[RootEvent, ...]


@dataclass(slots=True)
class ExecutorEyes:
    """Everything needed to look at one lane. Remembers only what it could read again."""

    lane: Lane
    facts: LaneDeployment
    source: ChainLink
    destination: ChainLink
    messages: MessageStream
    commit_logs: LogSource  # of the destination
    attempt_logs: LogSource  # likewise; readers remember what their stream allows
    cache: LaneCache
    clock: Callable[[], float] = time.monotonic
    turns: Turns = field(default_factory=Turns)
    _looked_at: float = float("-inf")
    _quiet_since: dict[Root, tuple[int, bool, int]] = field(default_factory=dict)
    _last: tuple[Heads, Heads, Seen] | None = None
    _there: tuple[Heads, DestinationState, RootBook] | None = None
    _final: RootBook | None = None  # as on disk, once read
    _recent: Recent | None = None
    _terms: Terms | None = None
    _under: dict[Root, tuple[Message, ...]] = field(default_factory=dict)

    @property
    def ends(self) -> tuple[ChainLink, ChainLink]:
        """The chains that are looked at."""
        return self.source, self.destination

    async def look(self) -> Seen:
        """A fresh view; the same one as before if no chain has a new block."""
        source, heads = await both(self.source.heads.pin, self.destination.heads.pin)
        if self._last is None or self._last[:2] != (source, heads):
            began = self.clock()
            self._last = (source, heads, await self._read(source, heads))
            self._looked_at = began
        return self._last[2]

    def age(self) -> float:
        """Seconds since the last look that read anything."""
        return self.clock() - self._looked_at

    async def _read(self, source: Heads, heads: Heads) -> Seen:
        if self._there is None or self._there[0] != heads:
            rmn = self.destination.facts.rmn_proxy
            caller = self.destination.caller
            state, book = await both(
                lambda: read_destination(caller, self.lane, rmn, heads.latest), lambda: self._book(heads)
            )
            self._there = (heads, state, book)
        _, state, book = self._there
        needed = book.first_needed()
        if needed is not None:  # without open roots no message is of interest
            await self.messages.follow(needed, source.finalized)
        return await self._seen(book, state, source, heads)

    async def _book(self, heads: Heads) -> RootBook:
        """The open roots at the latest block."""
        book, latest = await self._final_book(heads.finalized), heads.latest
        if book.next_block > latest.number:
            return book
        known = self._recent if self._recent and await self._stands(self._recent.read_to, latest) else None
        first = known.read_to.number + 1 if known else book.next_block
        events = [*(known.events if known else ()), *await self._events(first, latest)]
        newer = tuple(event for event in events if event.place.block_number >= book.next_block)
        self._recent = Recent(latest, newer)
        return fold(book, newer, latest.number + 1)

    async def _final_book(self, finalized: Block) -> RootBook:
        """Those at the final block, kept on disk. They are read again when they are final: what was remembered of newer
        blocks may have been of another branch, if replicas differed."""
        if self._final is None:
            kept = self.cache.note()
            self._final = load_book(kept) if kept else RootBook(self.facts.off_ramp_block)
        if self._final.next_block <= finalized.number:
            events = await self._events(self._final.next_block, finalized)
            self._final = open_at_end(fold(self._final, events, finalized.number + 1))
            self.cache.keep_note(dump_book(self._final))
        return self._final

    async def _events(self, first: int, last: Block) -> list[RootEvent]:
        (commits, _), (attempts, _) = await both(
            lambda: read_commits(self.commit_logs, self.lane, first, last, FAR),
            lambda: read_attempts(self.attempt_logs, self.lane, first, last, FAR),
        )
        return [*commits, *attempts]

    async def _stands(self, block: Block, latest: Block) -> bool:
        """Whether the block is in the chain that ends with `latest`."""
        if block.number >= latest.number:
            return block == latest
        raw = await self.destination.rpc.call("eth_getBlockByNumber", hex(block.number), False)
        return raw is not None and block_of(raw).hash == block.hash

    async def _seen(self, book: RootBook, state: DestinationState, source: Heads, heads: Heads) -> Seen:
        at, caller = heads.latest, self.destination.caller
        store = CommitStore(self.lane.commit_store)
        views: list[View[Any]] = []
        for each in book.roots:
            views += [store.commitment(each.root), store.is_blessed(each.root)]
        answers, terms = await both(lambda: caller.read_all(at, views), lambda: self._terms_at(at))
        roots = [
            self._committed(each, answers[2 * place].committed_at, answers[2 * place + 1], at)
            for place, each in enumerate(book.roots)
        ]
        states = {seq: outcome for each in book.roots for seq, outcome in each.states.items()}
        messages = self._messages(book, frozenset(each.root for each in roots if each.blessed))
        self._forget(book)
        view = ExecutionView(
            lane=self.lane,
            source_block=source.finalized.number,
            destination_block=at.number,
            now=at.timestamp,
            block_gas_limit=terms.block_gas_limit,
            roots=tuple(roots),
            messages=messages,
            states=states,
            sender_nonces=await read_nonces(caller, self.lane, _ordered_senders(messages, states), at),
            cursed=state.cursed,
            paused=state.paused,
        )
        return Seen(view, terms.executors, state.blessing_epoch, book.roots, heads.finalized)

    async def _terms_at(self, at: Block) -> Terms:
        if self._terms is None or at.number - self._terms.block >= TERMS_AGE or at.number < self._terms.block:
            executors = await self.destination.caller.read(at, OffRamp(self.lane.off_ramp).executors())
            block = await self.destination.rpc.call("eth_getBlockByNumber", hex(at.number), False)
            self._terms = Terms(at.number, frozenset(executors), int(block["gasLimit"], 16))
        return self._terms

    def _messages(self, book: RootBook, blessed: frozenset[Root]) -> dict[SeqNr, Message]:
        """All messages of the roots that can be worked on now and have their turn. Those of a root that stays are not
        decoded again: what is under a root never changes."""
        wanted = [each for each in book.roots if each.root in blessed and not each.finished]
        under: dict[Root, tuple[Message, ...]] = {}
        for each in self.turns.choose(wanted):
            known = self._under.get(each.root)
            found = known or tuple(self.messages.messages(each.interval.first, each.interval.last))
            if len(found) == len(each.interval):
                under[each.root] = found
        self._under = under
        return {message.sequence_number: message for each in under.values() for message in each}

    def _committed(self, each: OpenRoot, committed_at: int, blessed: bool, at: Block) -> CommittedRoot:
        """Times of blessings and attempts are those at which this node saw them: they only order executors."""
        attempts, was_blessed, since = self._quiet_since.get(each.root, (-1, False, at.timestamp))
        if attempts != len(each.states) or was_blessed != blessed:
            since = at.timestamp if attempts >= 0 else committed_at
            self._quiet_since[each.root] = (len(each.states), blessed, since)
        return CommittedRoot(each.root, each.interval, committed_at, blessed, since)

    def _forget(self, book: RootBook) -> None:
        known = {each.root for each in book.roots}
        self._quiet_since = {root: since for root, since in self._quiet_since.items() if root in known}
        first = book.first_needed()
        if first is not None:
            self.messages.cache.forget_below(first)


def _ordered_senders(messages: dict[SeqNr, Message], states: dict[SeqNr, ExecutionState]) -> list[Address]:
    """Whose nonce matters now: senders of ordered messages that were not attempted."""
    waiting = (message for seq, message in messages.items() if seq not in states)
    return list(dict.fromkeys(message.sender for message in waiting if message.ordered))
