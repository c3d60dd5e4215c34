"""Keys of simulated members: toy ones, thousands of times faster than curves, or real ones.

A toy signature can be made by anybody; faulty members of a simulation simply never sign for others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from types import ModuleType
from typing import Final, Protocol

import coincurve

from ccip_py.ocr import attest, config, messages, round, schedule
from ccip_py.protocol import digests, merkle
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak


class Key(Protocol):
    @property
    def address(self) -> Address: ...

    def sign(self, digest: bytes) -> bytes: ...


@dataclass(frozen=True)
class ToyKey:
    address: Address

    def sign(self, digest: bytes) -> bytes:
        return blake2b(self.address + digest, digest_size=45).digest() + self.address


def toy_recover(digest: bytes, signature: bytes) -> Address | None:
    address = Address(signature[45:])
    return address if ToyKey(address).sign(digest) == signature else None


@dataclass(frozen=True)
class RealKey:
    address: Address
    key: coincurve.PrivateKey

    def sign(self, digest: bytes) -> bytes:
        signature = self.key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes((signature[64] + 27,))


def toy_keys(n: int) -> list[Key]:
    return [ToyKey(Address(keccak(b"toy" + bytes((i,)))[:20])) for i in range(n)]


def real_keys(n: int) -> list[Key]:
    keys = [coincurve.PrivateKey(keccak(b"real" + bytes((i,)))) for i in range(n)]
    return [RealKey(Address(keccak(k.public_key.format(compressed=False)[1:])[12:]), k) for k in keys]


real_recover = attest.recover

_HASHING: Final[tuple[ModuleType, ...]] = (attest, config, messages, round, schedule, digests, merkle)


def toy_hash(data: bytes) -> bytes:
    return blake2b(data, digest_size=32).digest()


def hash_in_use(data: bytes) -> bytes:
    """What the engine hashes with just now."""
    return bytes(messages.keccak(data))


@contextmanager
def toy_hashing() -> Iterator[None]:
    """Another hash function with the same promise, ten times faster: half of a history's time is hashing."""
    real = [vars(module)["keccak"] for module in _HASHING]
    try:
        for module in _HASHING:
            vars(module)["keccak"] = toy_hash
        yield
    finally:
        for module, hash_function in zip(_HASHING, real, strict=True):
            vars(module)["keccak"] = hash_function
