"""Between which values a node's choices make sense. Checked when the file is read: a loop that never pauses or a price
that cannot be raised would show up hours later, as something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator

from ccip_py.chains.evm.sending import Policy
from ccip_py.commit.config import PriceRule
from ccip_py.execute.fees import FeeRule
from ccip_py.execute.select import Limits
from ccip_py.ocr.config import Timing, timing_mistakes

from .cycle import Pace

T = TypeVar("T")

ETHER = 10**18  # wei
HOUR, YEAR = 3_600, 366 * 86_400  # seconds


def _within(**bounds: tuple[float, float]) -> Callable[[T], T]:
    """A check that lists every field outside its bounds, both of which are allowed. No bound lets a NaN through."""

    def check(value: T) -> T:
        mistakes = [
            f"{name} must be between {low} and {high}"
            for name, (low, high) in bounds.items()
            if not low <= getattr(value, name) <= high
        ]
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return value

    return check


def _can_agree(timing: Timing) -> Timing:
    """In the smallest committee. A larger one asks more of `in_flight`, which shows when the chain names it."""
    mistakes = timing_mistakes(timing, f=1)
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return timing


def _bounded(**bounds: tuple[float, float]) -> Any:
    return AfterValidator(_within(**bounds))


BoundTiming = Annotated[Timing, AfterValidator(_can_agree)]
BoundPace = Annotated[Pace, _bounded(pause=(0.01, HOUR), timeout=(1, HOUR), longest_backoff=(0.01, HOUR))]
BoundPolicy = Annotated[
    Policy,
    _bounded(
        max_fee=(0, ETHER),  # 0: where gas is free
        min_tip=(0, ETHER),
        patience=(1, 10_000),
        purge_after=(1, 1_000_000),
        bump_permille=(100, 10_000),  # nodes take no replacement that offers less than a tenth more
        in_flight=(1, 1_000),
        gas_margin_permille=(0, 10_000),
    ),
]
BoundLimits = Annotated[
    Limits,
    _bounded(
        gas=(100_000, 10**9),
        bytes=(1_000, 10_000_000),
        messages=(1, 256),
        batches=(1, 1_000),
        block_share_percent=(1, 100),
    ),
]
BoundFeeRule = Annotated[FeeRule, _bounded(percent_of_cost=(0, 10**9), boost_percent_per_hour=(0, 10**9))]
BoundPriceRule = Annotated[PriceRule, _bounded(heartbeat=(0, YEAR), deviation_ppb=(0, 10**12))]
