"""The contracts asked now: for what the vectors hold, and for what nobody wrote down."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ccip_py.errors import Refused

from .asking import Contracts, contracts
from .cases import fee_case, token_case
from .fees import quoted
from .regenerate import FILE, generate

MAX_JUELS = 2**96 - 1  # the harness's limit for one message

MESSAGE_FEE_TOO_HIGH = "6a92a483"


@pytest.fixture(scope="module")
def asked() -> Iterator[Contracts]:
    with contracts() as running:
        yield running


def test_the_vectors_are_fresh() -> None:
    assert generate() == FILE.read_text(encoding="utf-8"), "stale: run python -m tests.vectors.regenerate"


def up_to(bits: int, least: int = 0) -> st.SearchStrategy[int]:
    """Small numbers, large ones and the limits of a uint."""
    return st.one_of(st.integers(least, 1_000 + least), st.integers(least, 2**bits - 1), st.just(2**bits - 1))


@st.composite
def tokens(draw: st.DrawFn) -> dict[str, Any]:
    amount, price = draw(up_to(256)), draw(up_to(224, least=1))
    if draw(st.booleans()):
        return token_case(amount, price)
    cents = sorted((draw(up_to(32)), draw(up_to(32))))
    return token_case(
        amount,
        price,
        minFeeUSDCents=cents[0],
        maxFeeUSDCents=cents[1],
        deciBps=draw(up_to(16)),
        destGasOverhead=draw(up_to(32)),
        destBytesOverhead=draw(up_to(32, least=32)),
    )


destinations = st.fixed_dictionaries(
    {
        "destGasOverhead": up_to(32),
        "destGasPerPayloadByteBase": up_to(16),
        "destGasPerPayloadByteHigh": up_to(16),
        "destGasPerPayloadByteThreshold": st.one_of(st.integers(0, 30_000), up_to(32)),
        "destDataAvailabilityOverheadGas": up_to(32),
        "destGasPerDataAvailabilityByte": up_to(16),
        "destDataAvailabilityMultiplierBps": up_to(16),
        "defaultTokenFeeUSDCents": up_to(16),
        "defaultTokenDestGasOverhead": up_to(32),
    }
)
fee_tokens = st.fixed_dictionaries(
    {
        "networkFeeUSDCents": up_to(32),
        "gasMultiplierWeiPerEth": up_to(64),
        "premiumMultiplierWeiPerEth": up_to(64),
    }
)
gas_prices = st.builds(
    lambda high, low: high << 112 | low, st.one_of(st.just(0), up_to(112)), up_to(112, least=1)
)
fee_cases = st.builds(
    fee_case,
    destination=destinations,
    feeToken=fee_tokens,
    usdPerFeeToken=st.one_of(st.integers(1, 10**24), up_to(224, least=1)),
    usdPerUnitGas=gas_prices,
    gasLimit=st.integers(0, 3_000_000),
    dataLength=st.integers(0, 30_000),
    tokens=st.lists(tokens(), max_size=5),
)


@settings(max_examples=300, deadline=None)
@given(case=fee_cases)
def test_the_core_and_the_fee_quoter_ask_the_same(asked: Contracts, case: dict[str, Any]) -> None:
    expected = quoted(case).fee
    if expected > MAX_JUELS:
        event("more than a message may cost")
        with pytest.raises(Refused, match=MESSAGE_FEE_TOO_HIGH):
            asked.ask("fee", case)
    else:
        event("affordable")
        assert asked.ask("fee", case) == expected
