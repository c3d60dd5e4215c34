"""2f+1 observations → outcome. With f liars among them, nothing leaves what honest nodes saw."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from ccip_py.commit.agree import agree, agree_interval, deviates
from ccip_py.commit.view import GasParts, StoredPrice
from ccip_py.protocol.prices import unpack_gas_price
from ccip_py.protocol.report import NO_INTERVAL, Interval, TokenPrice

from .builders import CONFIG, GAS, LINK, NOW, PRICE, SOURCE, WETH, a_view, seen


def tokens(*views: object, f: int = 1) -> tuple[TokenPrice, ...]:
    outcome = agree(CONFIG, seen(*views), f)  # type: ignore[arg-type]
    return outcome.prices.token_prices if outcome else ()


# --- Interval ---


@pytest.mark.parametrize(
    ("what", "spans", "agreed"),
    [
        ("all alike", [(1, 5)] * 3, (1, 5)),
        ("one sees further", [(1, 5), (1, 5), (1, 9)], (1, 5)),
        ("one lags", [(1, 5), (1, 5), (1, 2)], (1, 5)),
        ("one sees nothing", [(1, 5), (1, 5), (1, 0)], (1, 5)),
        ("two see nothing", [(1, 5), (1, 0), (1, 0)], None),
        ("one is behind on the destination", [(1, 5), (6, 9), (6, 9)], (6, 9)),
        ("nobody sees anything", [(6, 5)] * 3, None),
        ("all four", [(1, 3), (1, 5), (1, 6), (1, 8)], (1, 5)),
    ],
)
def test_the_interval_when(what: str, spans: list[tuple[int, int]], agreed: tuple[int, int] | None) -> None:
    interval = agree_interval(seen(*(a_view(*span) for span in spans)), 1)

    assert interval == (Interval(*agreed) if agreed else NO_INTERVAL)  # type: ignore[arg-type]


def test_an_interval_holds_at_most_256_messages() -> None:
    assert len(agree_interval(seen(*[a_view(7, 999)] * 3), 1)) == 256


@pytest.mark.parametrize("f", [1, 2, 3])
def test_liars_move_an_interval_only_within_what_honest_nodes_saw(f: int) -> None:
    rng = random.Random(f)
    for _ in range(500):
        count = rng.randint(2 * f + 1, 3 * f + 1)
        honest = [(rng.randint(1, 9), rng.randint(10, 60)) for _ in range(count - f)]
        lies = [(rng.choice([1, 10**6]), 0) for _ in range(f)]
        views = [a_view(*span) for span in honest] + [
            a_view(first, first + rng.randint(0, 90)) for first, _ in lies
        ]
        rng.shuffle(views)

        interval = agree_interval(seen(*views), f)

        firsts, lasts = [span[0] for span in honest], [span[1] for span in honest]
        assert min(firsts) <= interval.first <= max(firsts)
        assert min(lasts) <= interval.last <= max(lasts)


# --- Token prices ---


def test_nothing_changed_means_nothing_to_do() -> None:
    assert agree(CONFIG, seen(*[a_view()] * 3), 1) is None


def test_a_price_that_moved_is_sent_alone() -> None:
    moved = a_view(token_prices={LINK: PRICE * 102 // 100, WETH: PRICE})

    assert tokens(moved, moved, moved) == (TokenPrice(LINK, PRICE * 102 // 100),)


def test_one_price_past_its_heartbeat_sends_all_of_its_kind() -> None:
    late = a_view(
        stored_token_prices={LINK: StoredPrice(NOW - 3600, PRICE), WETH: StoredPrice(NOW - 1, PRICE)}
    )

    outcome = agree(CONFIG, seen(late, late, late), 1)

    assert outcome is not None
    assert outcome.prices.token_prices == (TokenPrice(LINK, PRICE), TokenPrice(WETH, PRICE))
    assert outcome.prices.gas_prices == ()


def test_a_second_before_the_heartbeat_nothing_is_sent() -> None:
    almost = a_view(stored_token_prices=dict.fromkeys((LINK, WETH), StoredPrice(NOW - 3599, PRICE)))

    assert tokens(almost, almost, almost) == ()


def test_a_price_never_written_is_due() -> None:
    new = a_view(stored_token_prices={LINK: StoredPrice(NOW - 60, PRICE)})

    assert TokenPrice(WETH, PRICE) in tokens(new, new, new)


def test_a_price_needs_2f_plus_1_who_know_it() -> None:
    knows, not_ = a_view(stored_token_prices={}), a_view(stored_token_prices={}, token_prices={WETH: PRICE})

    assert tokens(knows, knows, not_) == (TokenPrice(WETH, PRICE),)
    assert tokens(knows, knows, not_, knows) == (TokenPrice(LINK, PRICE), TokenPrice(WETH, PRICE))


@pytest.mark.parametrize("lie", [1, 2**224 - 1])
def test_I6_one_liar_cannot_set_a_price(lie: int) -> None:
    honest = [a_view(token_prices={LINK: PRICE * n // 100, WETH: PRICE}) for n in (150, 151, 152)]
    liar = a_view(token_prices={LINK: lie, WETH: lie})

    for views in ([*honest[:2], liar], [liar, *honest]):
        (price,) = tokens(*views)
        assert PRICE * 150 // 100 <= price.usd_per_token <= PRICE * 152 // 100


def test_one_liar_cannot_make_a_price_look_late_or_hide_that_it_is() -> None:
    fresh = a_view()
    late = a_view(stored_token_prices=dict.fromkeys((LINK, WETH), StoredPrice(0, PRICE)))
    ahead = a_view(destination_time=NOW + 10**6)

    assert tokens(fresh, fresh, late) == ()
    assert tokens(late, late, fresh) != ()
    assert tokens(fresh, fresh, ahead) == ()


# --- Gas ---


def test_gas_prices_are_agreed_on_part_by_part() -> None:
    parts = [GasParts(10**10, 1), GasParts(3 * 10**10, 3), GasParts(2 * 10**10, 2)]
    outcome = agree(CONFIG, seen(*(a_view(gas_price=one) for one in parts)), 1)

    assert outcome is not None
    (price,) = outcome.prices.gas_prices
    assert price.dest_chain_selector == SOURCE
    assert unpack_gas_price(price.usd_per_unit_gas) == (2 * 10**10, 2)


@pytest.mark.parametrize(
    ("what", "gas", "due"),
    [
        ("execution within 10 %", replace(GAS, execution=GAS.execution * 110 // 100), False),
        ("execution beyond 10 %", replace(GAS, execution=GAS.execution * 111 // 100), True),
        ("data availability within 20 %", replace(GAS, data_availability=1_200_000), False),
        ("data availability beyond 20 %", replace(GAS, data_availability=1_200_001), True),
        ("data availability gone", replace(GAS, data_availability=0), True),
    ],
)
def test_gas_moves_by_its_own_rule(what: str, gas: GasParts, due: bool) -> None:
    outcome = agree(CONFIG, seen(*[a_view(gas_price=gas)] * 3), 1)

    assert (outcome is not None) == due, what


def test_gas_past_its_heartbeat_is_due() -> None:
    late = a_view(stored_gas_price=StoredPrice(NOW - 1200, GAS.packed))

    outcome = agree(CONFIG, seen(late, late, late), 1)

    assert outcome is not None
    assert outcome.prices.gas_prices
    assert outcome.prices.token_prices == ()


@pytest.mark.parametrize(
    ("new", "old", "ppb", "answer"),
    [
        (100, 100, 0, False),
        (101, 100, 10_000_000, False),
        (102, 100, 10_000_000, True),
        (100, 102, 10_000_000, True),
        (0, 0, 0, False),
        (1, 0, 10**9, True),
        (0, 1, 10**9, True),
    ],
)
def test_deviation(new: int, old: int, ppb: int, answer: bool) -> None:
    assert deviates(new, old, ppb) == answer
