"""What tokens cost, by whichever source the operator trusts. A missing price is left out, never guessed.

All prices are as contracts hold them: USD·1e18 for 1e18 smallest units of the token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import anyio

from ccip_py.chains.evm.caller import Caller, View, function
from ccip_py.errors import ContractRefused, NotYet, Refused
from ccip_py.protocol.ids import Address, ChainSelector

Token = tuple[ChainSelector, Address]

MAX_PRICE = 2**224 - 1


class PriceSource(Protocol):
    """Prices of tokens of any chain."""

    async def usd(self, tokens: Sequence[Token]) -> Mapping[Token, int]:
        """The price of each token that is known now."""
        ...


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Fixed prices: for devnets and tests."""

    prices: Mapping[Token, int]

    async def usd(self, tokens: Sequence[Token]) -> Mapping[Token, int]:
        return {token: self.prices[token] for token in tokens if token in self.prices}


@dataclass(frozen=True, slots=True)
class PricesInOrder:
    """Several sources: the first that knows a token tells its price."""

    sources: Sequence[PriceSource]

    async def usd(self, tokens: Sequence[Token]) -> Mapping[Token, int]:
        found: dict[Token, int] = {}
        for source in self.sources:
            missing = [token for token in tokens if token not in found]
            found |= await source.usd(missing) if missing else {}
        return found


@dataclass(frozen=True, slots=True)
class Feed:
    """An AggregatorV3 contract that tells a token's price in USD."""

    chain: ChainSelector  # where the feed is deployed, not necessarily the token's chain
    address: Address
    token_decimals: int


@dataclass(frozen=True, slots=True)
class FeedPrices:
    """Prices from feeds on chain. An answer older than `max_age`, or not positive, is no price; nor is one of a chain that
    cannot be asked now: lanes that have nothing else to do with it go on."""

    feeds: Mapping[Token, Feed]
    callers: Mapping[ChainSelector, Caller]
    max_age: int  # seconds of the feed's chain
    # Seconds until a chain counts as silent: views wait for it, but a second endpoint has its chance.
    patience: float = 6.0

    async def usd(self, tokens: Sequence[Token]) -> Mapping[Token, int]:
        found: dict[Token, int] = {}
        for chain, caller in self.callers.items():
            wanted = [token for token in tokens if token in self.feeds and self.feeds[token].chain == chain]
            if wanted:
                with suppress(NotYet, Refused), anyio.move_on_after(self.patience):
                    found |= await self._read(caller, wanted)
        return found

    async def _read(self, caller: Caller, tokens: Sequence[Token]) -> dict[Token, int]:
        views: list[View[Any]] = []
        for token in tokens:
            views += [latest_round(self.feeds[token].address), decimals(self.feeds[token].address)]
        answers = await caller.try_all("latest", views)
        block = await caller.rpc.call("eth_getBlockByNumber", "latest", False)
        oldest = int(block["timestamp"], 16) - self.max_age
        found: dict[Token, int] = {}
        for place, token in enumerate(tokens):
            told, places = answers[2 * place], answers[2 * place + 1]
            if isinstance(told, ContractRefused) or isinstance(places, ContractRefused):
                continue
            price = rebased(told[0], places, self.feeds[token].token_decimals)
            if told[1] >= oldest and 0 < price <= MAX_PRICE:
                found[token] = price
        return found


def latest_round(feed: Address) -> View[tuple[int, int]]:
    """The answer and when it was given."""

    def parse(_round: int, answer: int, _started: int, updated_at: int, _answered_in: int) -> tuple[int, int]:
        return answer, updated_at

    types = ("uint80", "int256", "uint256", "uint256", "uint80")
    return View("AggregatorV3", feed, function("latestRoundData()"), types, parse)


def decimals(feed: Address) -> View[int]:
    """How many of the answer's digits are behind the point."""
    return View("AggregatorV3", feed, function("decimals()"), ("uint8",), int)


def rebased(answer: int, feed_decimals: int, token_decimals: int) -> int:
    """A feed's answer (USD for a whole token) as contracts hold prices, rounded down."""
    shift = 36 - feed_decimals - token_decimals
    scale: int = 10 ** abs(shift)
    return answer * scale if shift >= 0 else answer // scale
