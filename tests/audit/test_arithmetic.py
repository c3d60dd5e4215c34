"""The auditor's own arithmetic, against values worked out by hand."""

import pytest

from ccip_py.audit.checks.limits import Bucket
from ccip_py.audit.events import Limit
from ccip_py.audit.hashing import arriving, merkle_root
from ccip_py.audit.words import Unreadable, count, keccak, put, put_dynamic, put_text, text, texts


def test_a_bucket_fills_with_time_and_never_by_configuring() -> None:
    bucket = Bucket()
    bucket.configure(Limit(True, 100, 10), 1_000)
    assert bucket.take(100, 1_000)
    assert not bucket.take(31, 1_003)
    assert bucket.at(1_003) == 0
    bucket.configure(Limit(True, 500, 10), 1_005)
    assert bucket.at(1_005) == 20
    bucket.configure(Limit(False, 0, 0), 1_005)
    assert bucket.take(10**30, 1_005)


@pytest.mark.parametrize(
    ("amount", "there", "here", "arrives"), [(1_999, 18, 15, 1), (7, 6, 8, 700), (5, None, 18, 5)]
)
def test_dust_stays_behind(amount: int, there: int | None, here: int, arrives: int) -> None:
    assert arriving(amount, there, here) == arrives


def test_an_odd_layer_is_completed() -> None:
    a, b, c = (bytes([n]) * 32 for n in (1, 2, 3))
    left = keccak(put(1) + a + b)
    right = keccak(put(1) + c + b"\xff" * 32)
    assert merkle_root([a, b, c]) == keccak(put(1) + min(left, right) + max(left, right))
    assert merkle_root([a]) == a


def test_reads_what_it_writes() -> None:
    data = put_dynamic(7, put_text(b"abc"), put(2) + put_dynamic(put_text(b""), put_text(b"x" * 33)))
    assert text(data, 96) == b"abc"
    assert texts(data, 160) == (b"", b"x" * 33)


@pytest.mark.parametrize("read", [text, texts, count])
def test_refuses_lengths_that_run_past_the_end(read: object) -> None:
    with pytest.raises(Unreadable):
        read(put(2**200) + put(0), 0)  # type: ignore[operator]
