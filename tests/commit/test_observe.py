"""View → observation and back; what another node may not have said."""

from __future__ import annotations

import random

import pytest

from ccip_py.commit.config import CommitConfig, PriceRule, subject
from ccip_py.commit.observe import decode_observation, encode_observation, observation_bytes, observe
from ccip_py.commit.plugin import CommitPlugin
from ccip_py.commit.view import GasParts
from ccip_py.errors import ConfigError

from .builders import CONFIG, LANE, LINK, WETH, a_view

GOOD = encode_observation(observe(CONFIG, a_view(5, 9)))
GAS_AT = 24 + 2 * 65


def test_an_observation_comes_out_as_it_went_in() -> None:
    observation = observe(CONFIG, a_view(5, 9))

    assert decode_observation(CONFIG, encode_observation(observation)) == observation
    assert (
        len(encode_observation(observation))
        == observation_bytes(CONFIG)
        == CommitPlugin(CONFIG).max_observation
    )


def test_observes_what_waits() -> None:
    observation = observe(CONFIG, a_view(5, 9))

    assert (observation.expected_next, observation.last) == (5, 9)


def test_observes_nothing_to_commit_as_an_empty_interval() -> None:
    observation = observe(CONFIG, a_view(5, 4))

    assert (observation.expected_next, observation.last) == (5, 4)


def test_observes_no_more_than_one_tree_holds() -> None:
    assert observe(CONFIG, a_view(5, 999)).last == 260


def test_a_halted_lane_has_nothing_to_commit_and_no_prices() -> None:
    observation = observe(CONFIG, a_view(5, 9, halted=True))

    assert (observation.last, observation.token_prices, observation.gas_price) == (4, (None, None), None)


def test_prices_that_are_unknown_zero_or_too_large_are_absent() -> None:
    view = a_view(token_prices={LINK: 0, WETH: 2**224}, gas_price=GasParts(2**112, 0))

    observation = observe(CONFIG, view)

    assert (observation.token_prices, observation.gas_price) == ((None, None), None)
    assert decode_observation(CONFIG, encode_observation(observation)) == observation


@pytest.mark.parametrize(
    ("what", "at", "data"),
    [
        ("sequence numbers from 0", 0, (0).to_bytes(8, "big")),
        ("an end before the start", 8, (3).to_bytes(8, "big")),
        ("more than a tree holds", 8, (261).to_bytes(8, "big")),
        ("numbers that overflow", 0, b"\xff" * 16),
        ("a flag that is no flag", 24, b"\x02"),
        ("a price without its flag", 24, b"\x00"),
        ("a price of zero", 25, bytes(28)),
        ("a gas price without its flag", GAS_AT, b"\x00"),
    ],
)
def test_refuses(what: str, at: int, data: bytes) -> None:
    assert decode_observation(CONFIG, GOOD[:at] + data + GOOD[at + len(data) :]) is None, what


@pytest.mark.parametrize("length", [0, 1, len(GOOD) - 1, len(GOOD) + 1, 2 * len(GOOD)])
def test_refuses_any_other_length(length: int) -> None:
    assert decode_observation(CONFIG, (GOOD * 2)[:length]) is None


def test_any_bytes_decode_to_something_that_encodes_back_or_to_nothing() -> None:
    rng = random.Random(3)

    for _ in range(2000):
        data = bytearray(GOOD)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.choice([0, 1, 255, rng.randrange(256)])
        decoded = decode_observation(CONFIG, bytes(data))
        assert decoded is None or encode_observation(decoded) == data


def test_nodes_with_different_terms_have_different_subjects() -> None:
    rule = PriceRule(1, 1)
    terms = [
        CONFIG,
        CommitConfig(LANE, (LINK,), CONFIG.token_rule, CONFIG.gas_rule, CONFIG.data_availability_ppb),
        CommitConfig(LANE, (WETH, LINK), CONFIG.token_rule, CONFIG.gas_rule, CONFIG.data_availability_ppb),
        CommitConfig(LANE, (LINK, WETH), rule, CONFIG.gas_rule, CONFIG.data_availability_ppb),
        CommitConfig(LANE, (LINK, WETH), CONFIG.token_rule, rule, CONFIG.data_availability_ppb),
        CommitConfig(LANE, (LINK, WETH), CONFIG.token_rule, CONFIG.gas_rule, 1),
    ]

    assert len({subject(one) for one in terms}) == len(terms)


def test_a_token_is_priced_once() -> None:
    with pytest.raises(ConfigError):
        CommitConfig(LANE, (LINK, LINK), CONFIG.token_rule, CONFIG.gas_rule, 1)
