"""Views and observations with sane defaults: one lane, two tokens, nothing overdue."""

from __future__ import annotations

from dataclasses import replace

from ccip_py.commit.config import CommitConfig, PriceRule
from ccip_py.commit.observe import Observation, observe
from ccip_py.commit.view import GasParts, StoredPrice, View
from ccip_py.protocol.ids import Address, ChainSelector, SeqNr
from ccip_py.protocol.lane import Lane

SOURCE, DESTINATION = ChainSelector(7759470850252068959), ChainSelector(3379446385462418246)
LINK, WETH = Address(b"\x11" * 20), Address(b"\x22" * 20)
LANE = Lane(SOURCE, DESTINATION, Address(b"\xaa" * 20), Address(b"\xbb" * 20), Address(b"\xcc" * 20))
CONFIG = CommitConfig(
    LANE,
    (LINK, WETH),
    token_rule=PriceRule(heartbeat=3600, deviation_ppb=10_000_000),  # 1 %
    gas_rule=PriceRule(heartbeat=1200, deviation_ppb=100_000_000),  # 10 %
    data_availability_ppb=200_000_000,
)
NOW = 1_700_000_000
PRICE = 10**18
GAS = GasParts(2 * 10**9, 10**6)


def leaves(*numbers: int) -> tuple[bytes, ...]:
    return tuple(number.to_bytes(32, "big") for number in numbers)


def a_view(first: int = 1, last: int = 0, **changes: object) -> View:
    """Messages `first` to `last` wait; every price on chain is a minute old and right."""
    view = View(
        source_block=100,
        destination_block=50,
        destination_time=NOW,
        expected_next=SeqNr(first),
        leaves=leaves(*range(first, last + 1)),
        halted=False,
        latest_price_slot=0x101,
        token_prices={LINK: PRICE, WETH: PRICE},
        gas_price=GAS,
        stored_token_prices={LINK: StoredPrice(NOW - 60, PRICE), WETH: StoredPrice(NOW - 60, PRICE)},
        stored_gas_price=StoredPrice(NOW - 60, GAS.packed),
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def seen(*views: View) -> list[Observation]:
    return [observe(CONFIG, view) for view in views]
