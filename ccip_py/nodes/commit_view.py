"""What a committer sees of one lane: pins both chains, reads once, and hands over a value.

The source is read at its finalized block, the destination at its latest. A cursed end or a pause makes the lane
halted; an RMN that does not answer plainly counts as cursed. A price that cannot be had is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import anyio

from ccip_py.chains.deployment import ChainDeployment
from ccip_py.chains.evm.lane_reader import (
    DestinationState,
    StoredPrices,
    read_destination,
    read_gas_price,
    read_prices,
    read_source,
)
from ccip_py.chains.ports import Block, Heads
from ccip_py.commit.config import CommitConfig
from ccip_py.commit.view import NEVER, GasParts, StoredPrice, View
from ccip_py.errors import NotYet
from ccip_py.protocol.ids import Address, SeqNr
from ccip_py.protocol.merkle import MAX_LEAVES
from ccip_py.protocol.prices import usd_per_unit_gas

from .chain_link import ChainLink
from .message_stream import MessageStream
from .prices import PriceSource
from .seat import Committee, read_committee
from .together import both

KEPT_BEHIND = 16 * MAX_LEAVES
"""Messages kept below what is to be committed next: a removed root or a reorganisation takes some back. Anything
further back is read again if it is ever needed."""

PRICE_AGE = 5.0
"""Seconds after which prices are asked for again."""


class ConfigChanged(NotYet):
    """The CommitStore has another committee than this node works in. A signature under the old configuration would
    be refused: the node has to take its place in the new one."""

    default_code = "CONFIG_CHANGED"


@dataclass(frozen=True, slots=True)
class Market:
    """Prices as this node sees them, and as the destination holds them."""

    token_prices: Mapping[Address, int]
    gas_price: GasParts | None
    stored: StoredPrices
    slot: int  # of the last price update when `stored` was read
    at: float  # when this was read, by the node's clock


@dataclass(slots=True)
class CommitEyes:
    """Everything needed to look at one lane. What a chain said is asked again when it has a new block, not before."""

    config: CommitConfig
    config_digest: bytes
    source: ChainLink
    destination: ChainLink
    messages: MessageStream
    prices: PriceSource
    clock: Callable[[], float] = time.monotonic
    _last: tuple[Heads, Heads, View] | None = None
    _near: tuple[Block, bool] | None = None  # the source's latest block, and whether the lane is cursed there
    _state: tuple[Block, DestinationState] | None = None
    _market: Market | None = None
    _looking: anyio.Lock = field(default_factory=anyio.Lock)

    @property
    def ends(self) -> tuple[ChainLink, ChainLink]:
        """The chains that are looked at."""
        return self.source, self.destination

    async def look(self) -> View:
        """A fresh view; the same one as before if nothing happened since.

        One look at a time: the lane's loops share the stream of messages, and two readers would append it twice.
        """
        async with self._looking:
            return await self._look()

    async def _look(self) -> View:
        source, destination = await both(self.source.heads.pin, self.destination.heads.pin)
        if self._last is None or self._last[:2] != (source, destination):
            self._last = (source, destination, await self._read(source, destination))
        return self._last[2]

    async def _read(self, source: Heads, destination: Heads) -> View:
        at = destination.latest
        state, cursed = await both(
            lambda: self._destination_state(at), lambda: self._cursed_at_source(source.latest)
        )
        self._check_config(state)
        _, market = await both(
            lambda: self.messages.follow(state.expected_next, source.finalized),
            lambda: self._prices(state, at),
        )
        first = state.expected_next
        self.messages.forget_far_below(SeqNr(max(first - KEPT_BEHIND, 0)))
        return View(
            source_block=source.finalized.number,
            destination_block=at.number,
            destination_time=at.timestamp,
            expected_next=first,
            leaves=tuple(self.messages.cache.leaves(first, first + MAX_LEAVES - 1)),
            halted=state.paused or state.cursed or cursed,
            latest_price_slot=state.latest_price_epoch_and_round,
            token_prices=market.token_prices,
            gas_price=market.gas_price,
            stored_token_prices=_stored_tokens(market.stored),
            stored_gas_price=_stored_gas(market.stored),
        )

    async def _destination_state(self, at: Block) -> DestinationState:
        if self._state is None or self._state[0] != at:
            rmn = self.destination.facts.rmn_proxy
            self._state = (at, await read_destination(self.destination.caller, self.config.lane, rmn, at))
        return self._state[1]

    async def _cursed_at_source(self, at: Block) -> bool:
        if self._near is None or self._near[0] != at:
            state = await read_source(self.source.caller, self.config.lane, self.source.facts.rmn_proxy, at)
            self._near = (at, state.cursed)
        return self._near[1]

    async def _prices(self, state: DestinationState, at: Block) -> Market:
        """Prices move slowly: they are read now and then, and at once after an update landed."""
        known, slot = self._market, state.latest_price_epoch_and_round
        if known is None or known.slot != slot or self.clock() - known.at > PRICE_AGE:
            tokens, quoter = self.config.tokens, self.destination.facts.fee_quoter
            caller = self.destination.caller
            stored = await read_prices(caller, quoter, tokens, [self.config.lane.source], at)
            self._market = known = Market(*await self._ask_prices(), stored, slot, self.clock())
        return known

    async def _ask_prices(self) -> tuple[dict[Address, int], GasParts | None]:
        """Prices of the destination's tokens, and of the source's gas: the commit carries it to the destination."""
        lane = self.config.lane
        native = (lane.source, self.source.facts.wrapped_native)
        wanted = [(lane.destination, token) for token in self.config.tokens]
        found = await self.prices.usd([*wanted, native])
        prices = {token: found[chain, token] for chain, token in wanted if (chain, token) in found}
        if native not in found:
            return prices, None
        wei = await read_gas_price(self.source.rpc)
        return prices, GasParts(usd_per_unit_gas(wei, found[native]))

    async def committee(self) -> Committee:
        """Who the committers are now; from here on the views are for them."""
        at = (await self.destination.heads.pin()).latest
        found = await read_committee(self.destination.caller, self.config.lane.commit_store, at)
        self.config_digest = found.digest
        return found

    def _check_config(self, state: DestinationState) -> None:
        if state.config_digest != self.config_digest:
            raise ConfigChanged(
                "the commit store has another configuration",
                context={"configured": self.config_digest, "on_chain": state.config_digest},
                hint="nothing to do: the node moves to the new committee",
            )


def priced_tokens(chain: ChainDeployment) -> tuple[Address, ...]:
    """The tokens whose prices the lanes into `chain` keep there: the same list for every committer."""
    every = {chain.link, chain.wrapped_native, *(token.address for token in chain.tokens)}
    return tuple(sorted(every))


def _stored_tokens(stored: StoredPrices) -> dict[Address, StoredPrice]:
    return {token: StoredPrice(price.timestamp, price.value) for token, price in stored.tokens.items()}


def _stored_gas(stored: StoredPrices) -> StoredPrice:
    for price in stored.gas.values():
        return StoredPrice(price.timestamp, price.value)
    return NEVER
