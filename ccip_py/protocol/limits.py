"""The token bucket of pools: how much may pass at once (capacity) and per second (rate). Mirror of
`RateLimiter.sol`.

Amounts are in the smallest unit of the pool's own token, times in seconds of the pool's own chain. A bucket
that is switched on starts full; any other change of its settings never raises the level, so nobody refills it
by configuring.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import BadInput, NotYet


@dataclass(frozen=True, slots=True)
class Bucket:
    """`level` is as of `updated_at`. Enabled at capacity 0 stops everything; disabled, nothing."""

    level: int
    updated_at: int
    enabled: bool
    capacity: int
    rate: int  # per second; at most the capacity


def refilled(bucket: Bucket, now: int) -> Bucket:
    """The bucket as it stands at `now`."""
    level = min(bucket.capacity, bucket.level + (now - bucket.updated_at) * bucket.rate)
    return replace(bucket, level=level, updated_at=now)


def wait_for(bucket: Bucket, amount: int, now: int) -> int | None:
    """Seconds until `amount` may pass if nobody else takes any: 0 is now, None is never at these settings."""
    if not bucket.enabled or amount == 0:
        return 0
    missing = amount - refilled(bucket, now).level
    if missing <= 0:
        return 0
    if amount > bucket.capacity or bucket.rate == 0:
        return None
    return -(-missing // bucket.rate)


def consume(bucket: Bucket, amount: int, now: int) -> Bucket:
    """The bucket after `amount` passed. Raises what can never pass as BadInput, what may pass later as
    NotYet.
    """
    if not bucket.enabled or amount == 0:
        return bucket
    if amount > bucket.capacity:
        raise BadInput(
            "the amount is larger than the bucket ever holds",
            code="TOKEN_MAX_CAPACITY_EXCEEDED",
            context={"capacity": bucket.capacity, "requested": amount},
            hint="send it in smaller parts, or ask the pool's owner for a larger bucket",
        )
    current = refilled(bucket, now)
    if amount > current.level:
        raise NotYet(
            "the rate limit is used up",
            code="TOKEN_RATE_LIMIT_REACHED",
            context={"wait_seconds": wait_for(bucket, amount, now), "available": current.level},
        )
    return replace(current, level=current.level - amount)


def configured(bucket: Bucket, *, enabled: bool, capacity: int, rate: int, now: int) -> Bucket:
    """The bucket under new settings."""
    if rate > capacity or (not enabled and capacity):
        raise BadInput(
            "an enabled bucket has rate ≤ capacity, a disabled one has neither",
            code="BAD_RATE_LIMIT",
            context={"enabled": enabled, "capacity": capacity, "rate": rate},
        )
    switched_on = enabled and not bucket.enabled
    level = capacity if switched_on else min(capacity, refilled(bucket, now).level)
    return Bucket(level, now, enabled, capacity, rate)
