"""The one hash function, by its fastest installed implementation.

Hashing is most of what a node computes, so the choice matters. For a 64-byte node of a Merkle tree:

1. `pysha3` backend of eth-hash (the safe-pysha3 package, C), about 2.2 µs;
2. whatever eth-hash picks, normally pycryptodome, about 9 µs, nearly all of it wrapper objects in Python.

coincurve hashes internally and exports nothing; hashlib knows this hash only from OpenSSL 3.2 on, and its
sha3_256 is another function (different padding).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Hash = Callable[[bytes], bytes]


def _fastest() -> Hash:
    try:
        from eth_hash.backends.pysha3 import keccak256 as hash_with_pysha3

        return hash_with_pysha3
    except ImportError:
        from eth_hash.auto import keccak as hash_with_any_backend

        return hash_with_any_backend


keccak: Final[Hash] = _fastest()
