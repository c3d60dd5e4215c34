"""Recursive length prefix: the encoding of headers, receipts, trie nodes and transactions. Encoding only."""

from collections.abc import Sequence
from typing import TypeAlias

Item: TypeAlias = "bytes | int | Sequence[Item]"
"""Whole numbers are written without leading zeros, so 0 is the empty string."""


def encode(item: Item) -> bytes:
    """The bytes of an item and everything in it."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else prefix(0x80, len(item)) + item
    body = b"".join(map(encode, item))
    return prefix(0xC0, len(body)) + body


def prefix(offset: int, length: int) -> bytes:
    """What stands before so many bytes: offset 0x80 for a string, 0xC0 for a list."""
    if length < 56:
        return bytes([offset + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(size)]) + size
