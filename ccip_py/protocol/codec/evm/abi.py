"""Words and byte strings of the contract ABI, laid out by hand for the paths where every message passes.

Only what fixed layouts need. Anything with a nested or unusual shape goes through eth_abi in `codec.evm`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ....errors import CannotEncode


def word(value: int) -> bytes:
    """An unsigned integer as one 32-byte word. Bounds narrower than uint256 are the caller's."""
    return value.to_bytes(32, "big")


def dynamic_bytes(value: bytes) -> bytes:
    """Length, then the bytes filled up with zeros to whole words."""
    return word(len(value)) + value + bytes(-len(value) % 32)


def narrow(value: int, bits: int) -> bytes:
    """An unsigned integer that must fit in `bits`, as a word."""
    if not 0 <= value < 1 << bits:
        raise CannotEncode("integer out of range", context={"bits": bits, "value": value})
    return value.to_bytes(32, "big")


def exactly(value: bytes, size: int) -> bytes:
    """Bytes of a fixed size at the right end of a word: addresses, and whole words."""
    if len(value) != size:
        raise CannotEncode("bytes of another size", context={"wanted": size, "value": value})
    return value.rjust(32, b"\0")


def pointed(parts: Sequence[bytes]) -> bytes:
    """Dynamic values one after the other, before them where each begins."""
    heads, at = [], 32 * len(parts)
    for part in parts:
        heads.append(word(at))
        at += len(part)
    return b"".join((*heads, *parts))


def dynamic_array(parts: Sequence[bytes]) -> bytes:
    """An array of dynamic values: their number, then all of them."""
    return word(len(parts)) + pointed(parts)


class Reader:
    """Reads one ABI-encoded tuple from a position in a byte string; offsets inside it count from there.

    Strict where a lax reader and the contract could disagree: reading past the end and offsets out of range
    raise.
    """

    __slots__ = ("_base", "_data")

    def __init__(self, data: bytes, base: int = 0) -> None:
        self._data = data
        self._base = base

    def word_at(self, slot: int) -> bytes:
        """The 32-byte word number `slot` of the tuple's head."""
        start = self._base + 32 * slot
        return self._slice(start, 32)

    def uint(self, slot: int, bits: int = 256) -> int:
        """An unsigned integer that must fit in `bits`."""
        value = int.from_bytes(self.word_at(slot), "big")
        if value >> bits:
            raise CannotEncode("integer out of range", context={"slot": slot, "bits": bits, "value": value})
        return value

    def address(self, slot: int) -> bytes:
        """A 20-byte address whose padding must be zero."""
        padded = self.word_at(slot)
        if any(padded[:12]):
            raise CannotEncode("not an address", context={"slot": slot, "word": padded})
        return padded[12:]

    def tuple_at(self, slot: int) -> Reader:
        """The dynamic value that `slot` points to."""
        offset = self.uint(slot, 32)
        return Reader(self._data, self._base + offset)

    def bytes_at(self, slot: int) -> bytes:
        """The byte string that `slot` points to."""
        offset = self.uint(slot, 32)
        return Reader(self._data, self._base + offset).inline_bytes()

    def inline_bytes(self) -> bytes:
        """The byte string that starts right here."""
        length = self.uint(0, 32)
        return self._slice(self._base + 32, length)

    def array(self, slot: int) -> tuple[int, Reader]:
        """Length of the array that `slot` points to, and a reader over its elements."""
        start = self._base + self.uint(slot, 32)
        length = Reader(self._data, start).uint(0, 32)
        if start + 32 + 32 * length > len(self._data):
            raise CannotEncode(
                "array runs past the end", context={"length": length, "bytes": len(self._data)}
            )
        return length, Reader(self._data, start + 32)

    def _slice(self, start: int, length: int) -> bytes:
        end = start + length
        if end > len(self._data):
            raise CannotEncode("encoding ends early", context={"needs": end, "bytes": len(self._data)})
        return self._data[start:end]
