"""Prices: the first source that knows wins, and a feed's answer is put on the contracts' scale, or is no price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import pytest
from eth_abi import encode

from ccip_py.chains.evm.caller import Caller
from ccip_py.chains.evm.endpoint import RpcRefused, UnknownBlock
from ccip_py.errors import CcipError, EndpointDown
from ccip_py.nodes.prices import Feed, FeedPrices, PricesInOrder, PriceTable, decimals, latest_round, rebased
from ccip_py.protocol.ids import Address, ChainSelector

ONE, OTHER = ((ChainSelector(1), Address(bytes([n]) * 20)) for n in (1, 2))


@pytest.mark.anyio
async def test_the_first_source_that_knows_tells() -> None:
    prices = PricesInOrder((PriceTable({ONE: 5}), PriceTable({ONE: 6, OTHER: 7})))

    assert await prices.usd([ONE, OTHER]) == {ONE: 5, OTHER: 7}


@pytest.mark.anyio
async def test_an_unknown_price_is_left_out() -> None:
    assert await PriceTable({}).usd([ONE]) == {}


@pytest.mark.parametrize(
    ("answer", "feed_decimals", "token_decimals", "price"),
    [
        (2_000 * 10**8, 8, 18, 2_000 * 10**18),  # a coin of 18 decimals
        (10**8, 8, 6, 10**30),  # a dollar coin of 6 decimals
        (123, 18, 20, 1),  # more digits than there is room for: rounded down
    ],
)
def test_a_feeds_answer_is_rebased(answer: int, feed_decimals: int, token_decimals: int, price: int) -> None:
    assert rebased(answer, feed_decimals, token_decimals) == price


FEEDS_CHAIN, DOWN_CHAIN = ChainSelector(3), ChainSelector(4)
NOW, MAX_AGE = 100_000, 3_600
REVERTED = RpcRefused("eth_call", 3, "execution reverted", b"")


@dataclass
class Chain:
    """Feeds with these answers, given at these times; `down` is what it says to everything."""

    answers: Mapping[Address, tuple[int, int]] = field(default_factory=dict)
    refused: frozenset[tuple[Address, bytes]] = frozenset()  # which calls of which feeds
    down: CcipError | None = None
    silent: bool = False

    async def try_batch(self, calls: Sequence[tuple[str, tuple[Any, Any]]]) -> list[Any]:
        if self.silent:
            await anyio.sleep_forever()
        if self.down is not None:
            raise self.down
        return [self._answer(fields) for _, (fields, _at) in calls]

    def _answer(self, fields: Mapping[str, str]) -> Any:
        call, feed = bytes.fromhex(fields["data"][2:]), Address(bytes.fromhex(fields["to"][2:]))
        if (feed, call) in self.refused:
            return REVERTED
        if call == decimals(feed).data:
            return "0x" + encode(["uint8"], [8]).hex()
        answer, at = self.answers[feed]
        types = ["uint80", "int256", "uint256", "uint256", "uint80"]
        return "0x" + encode(types, [9, answer, at - 1, at, 9]).hex()

    async def call(self, method: str, *_: Any) -> Any:
        assert method == "eth_getBlockByNumber"
        return {"timestamp": hex(NOW)}


def feeds(**chains: Chain) -> FeedPrices:
    """ONE's price is told on the first chain, OTHER's on the other one."""
    one, other = chains.get("one", Chain()), chains.get("other", Chain())
    return FeedPrices(
        {ONE: Feed(FEEDS_CHAIN, ONE[1], 18), OTHER: Feed(DOWN_CHAIN, OTHER[1], 18)},
        {DOWN_CHAIN: Caller(other), FEEDS_CHAIN: Caller(one)},  # type: ignore[arg-type]
        MAX_AGE,
    )


def telling(token: tuple[ChainSelector, Address], answer: int, at: int = NOW) -> Chain:
    return Chain({token[1]: (answer, at)})


@pytest.mark.anyio
async def test_feeds_of_several_chains_tell_prices() -> None:
    prices = feeds(one=telling(ONE, 7 * 10**8), other=telling(OTHER, 10**8))

    assert await prices.usd([ONE, OTHER]) == {ONE: 7 * 10**18, OTHER: 10**18}


@pytest.mark.anyio
@pytest.mark.parametrize(("age", "told"), [(MAX_AGE, True), (MAX_AGE + 1, False)])
async def test_a_stale_answer_is_no_price(age: int, told: bool) -> None:
    assert (ONE in await feeds(one=telling(ONE, 10**8, NOW - age)).usd([ONE])) is told


@pytest.mark.anyio
@pytest.mark.parametrize(("answer", "told"), [(1, True), (0, False), (-1, False), (2**254, False)])
async def test_an_answer_that_is_not_positive_or_too_large_is_no_price(answer: int, told: bool) -> None:
    assert (ONE in await feeds(one=telling(ONE, answer)).usd([ONE])) is told


@pytest.mark.anyio
@pytest.mark.parametrize("view", [latest_round, decimals])
async def test_what_one_feed_refuses_leaves_the_other_prices(view: Any) -> None:
    second = (ChainSelector(1), Address(b"\x05" * 20))
    answers = {ONE[1]: (10**8, NOW), second[1]: (2 * 10**8, NOW)}
    chain = Chain(answers, frozenset({(ONE[1], view(ONE[1]).data)}))
    prices = FeedPrices(
        {token: Feed(FEEDS_CHAIN, token[1], 18) for token in (ONE, second)},
        {FEEDS_CHAIN: Caller(chain)},  # type: ignore[arg-type]
        MAX_AGE,
    )

    assert await prices.usd([ONE, second]) == {second: 2 * 10**18}


@pytest.mark.anyio
@pytest.mark.parametrize(
    "down",
    [
        EndpointDown("nobody answers"),
        UnknownBlock("it lags"),
        RpcRefused("eth_call", -32000, "no such method"),
    ],
)
async def test_prices_of_a_chain_that_cannot_be_asked_are_left_out(down: CcipError) -> None:
    """Lanes that do not touch that chain commit on."""
    prices = feeds(one=telling(ONE, 10**8), other=Chain(down=down))

    assert await prices.usd([ONE, OTHER]) == {ONE: 10**18}


@pytest.mark.anyio
async def test_prices_of_a_chain_that_does_not_answer_are_not_waited_for() -> None:
    prices = replace(feeds(one=telling(ONE, 10**8), other=Chain(silent=True)), patience=0.01)

    with anyio.fail_after(30):
        assert await prices.usd([ONE, OTHER]) == {ONE: 10**18}
