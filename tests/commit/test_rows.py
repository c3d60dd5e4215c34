"""The row of the threat table that the committers' agreement answers, under its number."""

import itertools

from ccip_py.commit.agree import agree

from .builders import CONFIG, LINK, PRICE, WETH, a_view, seen


def test_C4_no_f_feeds_move_a_price_out_of_what_the_others_saw() -> None:
    honest = [a_view(token_prices={LINK: PRICE * n // 100, WETH: PRICE}) for n in (150, 151, 152)]
    for lie in (1, PRICE // 2, PRICE * 100, 2**224 - 1):
        liar = a_view(token_prices={LINK: lie, WETH: PRICE})
        for views in itertools.permutations([*honest, liar], 3):
            outcome = agree(CONFIG, seen(*views), 1)
            assert outcome is not None
            (price,) = outcome.prices.token_prices
            assert PRICE * 150 // 100 <= price.usd_per_token <= PRICE * 152 // 100
