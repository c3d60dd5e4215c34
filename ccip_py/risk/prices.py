"""Judgement of prices on chain (AN12). Pure: alerts only, because a wrong price costs money, not tokens."""

from ccip_py.risk.config import PriceBound
from ccip_py.risk.judge import Alert, Bless, Evidence, Verdict


def judge_price(chain: int, bound: PriceBound, value: int, at: int, now: int) -> Verdict:
    """`value` was set at chain time `at`; it is `now`. A price of zero at time zero was never set.

    Bounds are the operator's idea of what is sane, far from what is usual: within them markets may do what they want. Age
    is told because the quoter refuses to quote with a price that is too old, and the lane then stands still.
    """
    if at == 0 and value == 0:
        return Bless(0)
    if not bound.low <= value <= bound.high:
        return _alert(chain, bound, f"is {value}, outside {bound.low} to {bound.high}", value, at)
    if now - at > bound.max_age:
        return _alert(chain, bound, f"has not changed for more than {bound.max_age} s", value, at)
    return Bless(0)


def _alert(chain: int, bound: PriceBound, what: str, value: int, at: int) -> Verdict:
    facts = {"chain": str(chain), "price": bound.name, "value": str(value), "setAt": at}
    return Alert(Evidence("AN12", chain, (), f"the price of {bound.name} {what}", facts))
