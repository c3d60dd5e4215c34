"""Reading and writing ABI data by position: the auditor's own, so that no decoder's mistake is shared with it.

Everything is counted in bytes from the start of what is read. Data that does not fit raises `Unreadable`: an
auditor that can't read an event says so, and clears nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

WORD = 32


class Unreadable(ValueError):
    """The bytes don't have the layout that CCIP 1.5 gives them."""


def _fastest_keccak() -> Callable[[bytes], bytes]:
    try:
        from eth_hash.backends.pysha3 import keccak256

        return keccak256
    except ImportError:
        from eth_hash.auto import keccak as any_keccak

        return any_keccak


keccak: Final[Callable[[bytes], bytes]] = _fastest_keccak()


def signature(text: str) -> bytes:
    """The topic of an event, or (its first four bytes) the selector of a function."""
    return keccak(text.encode())


# Reading


def number(data: bytes, at: int) -> int:
    """The word at `at`, unsigned."""
    if at < 0 or at + WORD > len(data):
        raise Unreadable(f"a word at byte {at} of {len(data)}")
    return int.from_bytes(data[at : at + WORD], "big")


def address(data: bytes, at: int) -> bytes:
    """The twenty bytes of the address in the word at `at`."""
    if number(data, at) >> 160:
        raise Unreadable(f"no address at byte {at}")
    return data[at + 12 : at + WORD]


def word(data: bytes, at: int) -> bytes:
    """The word at `at` as it stands."""
    number(data, at)
    return data[at : at + WORD]


def text(data: bytes, at: int) -> bytes:
    """A byte string: its length at `at`, then its content."""
    length = number(data, at)
    if length > len(data) - at - WORD:
        raise Unreadable(f"{length} bytes at byte {at} of {len(data)}")
    return data[at + WORD : at + WORD + length]


def count(data: bytes, at: int) -> int:
    """The length of an array, no more than could stand behind it."""
    length = number(data, at)
    if length > (len(data) - at) // WORD:
        raise Unreadable(f"an array of {length} at byte {at} of {len(data)}")
    return length


def texts(data: bytes, at: int) -> tuple[bytes, ...]:
    """An array of byte strings; each is found by its distance from behind the array's length."""
    base = at + WORD
    return tuple(text(data, base + number(data, base + WORD * i)) for i in range(count(data, at)))


# Writing


def put(value: int | bytes) -> bytes:
    """A number, or bytes that stand at the right end of a word, as addresses do."""
    return value.to_bytes(WORD, "big") if isinstance(value, int) else value.rjust(WORD, b"\0")


def put_text(value: bytes) -> bytes:
    """A byte string with its length before it and zeros to the next word behind it."""
    return put(len(value)) + value + bytes(-len(value) % WORD)


def put_dynamic(*parts: bytes | int) -> bytes:
    """A tuple: numbers stand where they are, byte strings (encoded already) are pointed at."""
    head, tail = b"", b""
    size = WORD * len(parts)
    for part in parts:
        if isinstance(part, int):
            head += put(part)
        else:
            head += put(size + len(tail))
            tail += part
    return head + tail
