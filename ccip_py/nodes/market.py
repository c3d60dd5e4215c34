"""What executing costs now and what fees are worth now, for an executor that asks whether one pays for the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ccip_py.chains.evm.lane_reader import read_gas_price, read_prices
from ccip_py.execute.fees import FeeGuard, FeeRule
from ccip_py.protocol.ids import Address
from ccip_py.protocol.message import Message
from ccip_py.protocol.prices import usd_per_unit_gas

from .chain_link import ChainLink

PRICES_AGE = 15.0  # seconds


@dataclass(slots=True)
class Market:
    """Prices of one lane's fee tokens and of its destination's gas, as the chains themselves hold them."""

    rule: FeeRule
    source: ChainLink
    destination: ChainLink
    clock: Callable[[], float] = time.monotonic
    _known: FeeGuard | None = None
    _tokens: frozenset[Address] = frozenset()
    _at: float = field(default=float("-inf"))

    async def guard(self, messages: Iterable[Message]) -> FeeGuard | None:
        """The guard with prices for these messages' fees; None where the rule asks for nothing."""
        tokens = frozenset(message.fee_token for message in messages)
        if not self.rule.percent_of_cost or not tokens:
            return None
        if self._known is None or not tokens <= self._tokens or self.clock() - self._at > PRICES_AGE:
            self._known, self._tokens, self._at = await self._read(tokens), tokens, self.clock()
        return self._known

    async def _read(self, tokens: frozenset[Address]) -> FeeGuard:
        native = self.destination.facts.wrapped_native
        here, there = self.source, self.destination
        fees = await read_prices(here.caller, here.facts.fee_quoter, sorted(tokens), [], "latest")
        coins = await read_prices(there.caller, there.facts.fee_quoter, [native], [], "latest")
        gas = usd_per_unit_gas(await read_gas_price(there.rpc), coins.tokens[native].value)
        return FeeGuard(self.rule, gas, {token: price.value for token, price in fees.tokens.items()})
