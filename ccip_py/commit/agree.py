"""2f+1 or more observations → what the honest majority saw. At most f of them are lies.

Interval: with k ≥ 2f+1 numbers sorted, number f has at least f+1 at or below it and f+1 at or above it, so an honest
one on either side: liars can move it only within what honest nodes saw. Taking the f-th *end* means at least f+1 nodes
see that far, and every honest node will, since finalized messages are the same for all.
Prices: the median of at least 2f+1 values lies between two honest ones. With fewer values there is no price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..protocol.ids import ChainSelector, SeqNr
from ..protocol.merkle import MAX_LEAVES
from ..protocol.prices import unpack_gas_price
from ..protocol.report import NO_INTERVAL, GasPrice, Interval, PriceUpdates, TokenPrice
from .config import CommitConfig, PriceRule
from .observe import Observation
from .view import GasParts, StoredPrice

PPB = 10**9


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to commit: an interval, prices, or both. Never neither."""

    interval: Interval  # NO_INTERVAL: prices only
    prices: PriceUpdates


def agree(config: CommitConfig, observations: Sequence[Observation], f: int) -> Outcome | None:
    interval = agree_interval(observations, f)
    prices = PriceUpdates(token_prices_due(config, observations, f), gas_prices_due(config, observations, f))
    return Outcome(interval, prices) if prices or interval != NO_INTERVAL else None


def agree_interval(observations: Sequence[Observation], f: int) -> Interval:
    """What comes next and how far it goes, at most 256 messages; NO_INTERVAL if nothing waits."""
    first = sorted(observation.expected_next for observation in observations)[f]
    last = sorted(observation.last for observation in observations)[f]
    if last < first:
        return NO_INTERVAL
    return Interval(first, SeqNr(min(last, first + MAX_LEAVES - 1)))


def token_prices_due(
    config: CommitConfig, observations: Sequence[Observation], f: int
) -> tuple[TokenPrice, ...]:
    """If one known price is past its heartbeat, all known ones; otherwise those that moved."""
    now = _median([observation.destination_time for observation in observations])
    late, moved, known = False, [], []
    for position, token in enumerate(config.tokens):
        values = [one.token_prices[position] for one in observations]
        price = _price([value for value in values if value is not None], f)
        if price is None:
            continue
        stored = _stored([one.stored_token_prices[position] for one in observations], f)
        known.append(TokenPrice(token, price))
        late = late or _is_late(config.token_rule, stored, now)
        if deviates(price, stored.value, config.token_rule.deviation_ppb):
            moved.append(known[-1])
    return tuple(known if late else moved)


def gas_prices_due(config: CommitConfig, observations: Sequence[Observation], f: int) -> tuple[GasPrice, ...]:
    """The source's gas price: its parts are agreed on one by one, and each has its own idea of a move."""
    seen = [one.gas_price for one in observations if one.gas_price is not None]
    execution = _price([gas.execution for gas in seen], f)
    availability = _price([gas.data_availability for gas in seen], f)
    if execution is None or availability is None:
        return ()
    now = _median([observation.destination_time for observation in observations])
    stored = _stored([one.stored_gas_price for one in observations], f)
    old_execution, old_availability = unpack_gas_price(stored.value)
    due = (
        _is_late(config.gas_rule, stored, now)
        or deviates(execution, old_execution, config.gas_rule.deviation_ppb)
        or deviates(availability, old_availability, config.data_availability_ppb)
    )
    packed = GasParts(execution, availability).packed
    return (GasPrice(ChainSelector(config.lane.source), packed),) if due else ()


def deviates(new: int, old: int, ppb: int) -> bool:
    """|new − old|·1e9 / min > ppb, floored; from or to zero, any change deviates."""
    if not new or not old:
        return new != old
    return abs(new - old) * PPB // min(new, old) > ppb


def _is_late(rule: PriceRule, stored: StoredPrice, now: int) -> bool:
    return rule.heartbeat > 0 and now - stored.updated_at >= rule.heartbeat


def _price(values: Sequence[int], f: int) -> int | None:
    return _median(values) if len(values) >= 2 * f + 1 else None


def _median(values: Sequence[int]) -> int:
    """The upper one of two."""
    return sorted(values)[len(values) // 2]


def _stored(values: Sequence[StoredPrice], f: int) -> StoredPrice:
    """Honest nodes may read blocks apart; the f-th by age lies between what two honest ones read."""
    return sorted(values)[f]
