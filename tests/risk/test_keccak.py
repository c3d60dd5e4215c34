"""One hash function, whichever implementation computes it."""

import pytest
from eth_hash.backends.pycryptodome import keccak256
from hypothesis import given
from hypothesis import strategies as st

from ccip_py.risk.keccak import keccak


def test_the_hash_of_nothing_is_the_known_one() -> None:
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@given(st.binary(max_size=300))
def test_agrees_with_another_implementation(data: bytes) -> None:
    assert keccak(data) == keccak256(data)


def test_takes_the_fast_implementation_where_it_is_installed() -> None:
    fast = pytest.importorskip("eth_hash.backends.pysha3", exc_type=ImportError)

    assert keccak is fast.keccak256
