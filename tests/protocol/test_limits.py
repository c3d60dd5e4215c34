"""The token bucket, boundary by boundary."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccip_py.errors import BadInput, NotYet
from ccip_py.protocol.limits import Bucket, configured, consume, refilled, wait_for

BUCKET = Bucket(level=40, updated_at=1000, enabled=True, capacity=100, rate=7)
OFF = Bucket(level=0, updated_at=0, enabled=False, capacity=0, rate=0)

buckets = st.tuples(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000)).map(
    lambda drawn: Bucket(min(drawn[:2]), 1000, True, drawn[1], min(drawn[1:]))
)
amounts = st.integers(0, 1200)
moments = st.integers(1000, 3000)


@pytest.mark.parametrize(("now", "level"), [(1000, 40), (1001, 47), (1008, 96), (1009, 100), (10**9, 100)])
def test_refills_by_the_second_up_to_its_capacity(now: int, level: int) -> None:
    assert refilled(BUCKET, now) == replace(BUCKET, level=level, updated_at=now)


def test_consuming_lowers_the_refilled_level() -> None:
    assert consume(BUCKET, 47, now=1001) == replace(BUCKET, level=0, updated_at=1001)


def test_one_more_than_the_level_has_to_wait() -> None:
    with pytest.raises(NotYet) as refusal:
        consume(BUCKET, 48, now=1001)

    assert refusal.value.code == "TOKEN_RATE_LIMIT_REACHED"
    assert refusal.value.context == {"wait_seconds": 1, "available": 47}


def test_more_than_the_capacity_never_passes() -> None:
    with pytest.raises(BadInput) as refusal:
        consume(BUCKET, 101, now=10**9)

    assert refusal.value.code == "TOKEN_MAX_CAPACITY_EXCEEDED"
    assert wait_for(BUCKET, 101, now=10**9) is None


@pytest.mark.parametrize(("bucket", "amount"), [(OFF, 10**30), (BUCKET, 0)], ids=["disabled", "nothing"])
def test_what_is_not_limited_leaves_the_bucket_alone(bucket: Bucket, amount: int) -> None:
    assert consume(bucket, amount, now=2000) == bucket
    assert wait_for(bucket, amount, now=2000) == 0


def test_without_a_rate_nobody_waits_for_ever() -> None:
    assert wait_for(replace(BUCKET, rate=0), 41, now=10**9) is None


def test_enabled_with_nothing_in_it_stops_everything() -> None:
    shut = configured(OFF, enabled=True, capacity=0, rate=0, now=5)

    with pytest.raises(BadInput):
        consume(shut, 1, now=10**9)


@given(buckets, amounts, moments)
def test_waiting_exactly_as_told_is_enough_and_no_less(bucket: Bucket, amount: int, now: int) -> None:
    wait = wait_for(bucket, amount, now)

    if wait is None:
        assert amount > bucket.capacity or bucket.rate == 0
        return
    consume(bucket, amount, now + wait)
    if wait:
        with pytest.raises(NotYet):
            consume(bucket, amount, now + wait - 1)


@given(buckets, st.lists(st.tuples(amounts, st.integers(0, 50)), max_size=20))
def test_never_more_passes_than_a_full_bucket_and_its_refill(
    bucket: Bucket, attempts: list[tuple[int, int]]
) -> None:
    now = start = bucket.updated_at
    capacity, rate, passed = bucket.capacity, bucket.rate, 0

    for amount, pause in attempts:
        now += pause
        try:
            bucket = consume(bucket, amount, now)
            passed += amount
        except (BadInput, NotYet):
            pass

    assert 0 <= bucket.level <= capacity
    assert passed <= capacity + rate * (now - start)


# --- Settings ---


def test_switched_on_it_starts_full() -> None:
    assert configured(OFF, enabled=True, capacity=100, rate=1, now=9) == Bucket(100, 9, True, 100, 1)


@given(buckets, st.integers(0, 2000), moments)
def test_no_other_change_raises_the_level(bucket: Bucket, capacity: int, now: int) -> None:
    changed = configured(bucket, enabled=True, capacity=capacity, rate=0, now=now)

    assert changed.level == min(capacity, refilled(bucket, now).level)


@pytest.mark.parametrize(("enabled", "capacity", "rate"), [(True, 5, 6), (False, 1, 0), (False, 1, 1)])
def test_settings_that_contradict_themselves_are_refused(enabled: bool, capacity: int, rate: int) -> None:
    with pytest.raises(BadInput):
        configured(BUCKET, enabled=enabled, capacity=capacity, rate=rate, now=2000)
