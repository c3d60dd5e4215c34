"""The hash function, by its fastest installed implementation.

Rebuilding roots and checking receipt proofs is mostly hashing. For 64 bytes, the C code of safe-pysha3 takes about
2 µs; what eth-hash picks by itself, normally pycryptodome, takes about 9 µs.
"""

from collections.abc import Callable
from typing import Final


def _fastest() -> Callable[[bytes], bytes]:
    try:
        from eth_hash.backends.pysha3 import keccak256

        return keccak256
    except ImportError:
        from eth_hash.auto import keccak as any_keccak

        return any_keccak


keccak: Final[Callable[[bytes], bytes]] = _fastest()
