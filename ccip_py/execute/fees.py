"""Does a message's fee pay for its execution? And if not, for how long does that matter?

The fee was fixed when the message was sent, the cost is that of now. An executor may ask for a share of the cost; what was
paid counts for more with every hour that the message waits, so none waits for ever: a spike of the gas price delays
a message until it is over, or until its wait has outgrown it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ..protocol.ids import Address
from ..protocol.message import Message
from .cost import message_bytes

UNIT: Final = 10**18
HOUR: Final = 3600

# What a message in a shared batch takes besides its receiver's gas: measured, not a bound.
_OVERHEAD_GAS: Final = 60_000
_GAS_PER_BYTE: Final = 16


@dataclass(frozen=True, slots=True)
class FeeRule:
    """What an executor asks for. 0 %: it executes whatever was paid."""

    percent_of_cost: int = 0
    boost_percent_per_hour: int = 100  # of what was paid, on top of it


@dataclass(frozen=True, slots=True)
class FeeGuard:
    """The rule, and the prices of now in USD·1e18: of a unit of destination gas, and of 1e18 units of each fee token.

    A fee in a token without a price counts as enough: nobody waits because an executor is ignorant.
    """

    rule: FeeRule
    gas_price: int
    fee_tokens: Mapping[Address, int] = field(default_factory=dict)

    def pays(self, message: Message, waited: int) -> bool:
        """Whether it may be executed after having waited so many seconds."""
        price = self.fee_tokens.get(message.fee_token, 0)
        if not self.rule.percent_of_cost or not price:
            return True
        paid = message.fee_token_amount * price // UNIT
        counted = paid * (100 * HOUR + self.rule.boost_percent_per_hour * max(0, waited)) // (100 * HOUR)
        return counted * 100 >= self.cost(message) * self.rule.percent_of_cost

    def cost(self, message: Message) -> int:
        """USD·1e18 that executing it costs about, now."""
        gas = message.gas_limit + _OVERHEAD_GAS + _GAS_PER_BYTE * message_bytes(message)
        return gas * self.gas_price
