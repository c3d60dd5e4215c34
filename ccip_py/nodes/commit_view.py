"""What a committer sees of one lane: pins both chains, reads once, and hands over a value.

The source is read at its finalized block, the destination at its latest. A cursed end or a pause makes the lane
halted; an RMN that does not answer plainly counts as cursed. A price that cannot be had is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from ccip_py.chains.deployment import ChainDeployment
from ccip_py.chains.evm.lane_reader import (
    DestinationState,
    StoredPrices,
    read_destination,
    read_gas_price,
    read_prices,
    read_source,
)
from ccip_py.chains.ports import Block
from ccip_py.commit.config import CommitConfig
from ccip_py.commit.view import NEVER, GasParts, StoredPrice, View
from ccip_py.errors import NotYet
from ccip_py.protocol.ids import Address
from ccip_py.protocol.merkle import MAX_LEAVES
from ccip_py.protocol.prices import usd_per_unit_gas

from .chain_link import ChainLink
from .message_stream import MessageStream
from .prices import PriceSource


class ConfigChanged(NotYet):
    """The CommitStore has another committee than this node was started with. It waits: a signature under the old
    configuration would be refused, and the new one is another node's start."""

    default_code = "CONFIG_CHANGED"


@dataclass(frozen=True, slots=True)
class CommitEyes:
    """Everything needed to look at one lane."""

    config: CommitConfig
    config_digest: bytes
    source: ChainLink
    destination: ChainLink
    messages: MessageStream
    prices: PriceSource

    async def look(self) -> View:
        """A fresh view."""
        lane = self.config.lane
        source, destination = await self.source.heads.pin(), await self.destination.heads.pin()
        at = destination.latest
        state = await read_destination(self.destination.caller, lane, self.destination.facts.rmn_proxy, at)
        self._check_config(state)
        await self.messages.follow(state.expected_next, source.finalized)
        near = await read_source(self.source.caller, lane, self.source.facts.rmn_proxy, source.latest)
        halted = state.paused or state.cursed or near.cursed
        return await self._view(state, source.finalized, at, halted)

    async def _view(self, state: DestinationState, source: Block, at: Block, halted: bool) -> View:
        tokens = self.config.tokens
        lane, quoter = self.config.lane, self.destination.facts.fee_quoter
        stored = await read_prices(self.destination.caller, quoter, tokens, [lane.source], at)
        token_prices, gas_price = await self._prices()
        first = state.expected_next
        return View(
            source_block=source.number,
            destination_block=at.number,
            destination_time=at.timestamp,
            expected_next=first,
            leaves=tuple(self.messages.cache.leaves(first, first + MAX_LEAVES - 1)),
            halted=halted,
            latest_price_slot=state.latest_price_epoch_and_round,
            token_prices=token_prices,
            gas_price=gas_price,
            stored_token_prices=_stored_tokens(stored),
            stored_gas_price=_stored_gas(stored),
        )

    async def _prices(self) -> tuple[dict[Address, int], GasParts | None]:
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

    def _check_config(self, state: DestinationState) -> None:
        if state.config_digest != self.config_digest:
            raise ConfigChanged(
                "the commit store has another configuration",
                context={"configured": self.config_digest, "on_chain": state.config_digest},
                hint="start the node again with the current deployment file",
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
