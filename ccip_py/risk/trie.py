"""What one agreed block hash proves: its header, and with it the root of the trie over its receipts.

Here are the encoding (RLP), the header's hash and the Merkle-Patricia trie, each evaluated at once from
what it is made of; what stands in receipts is read in `receipts.py`. An endpoint that alters a header
can't make its hash come out as the one that all endpoints agree on.

Covers the headers of Ethereum up to the Prague/Osaka forks (and of Anvil). A chain with other fields
fails loudly: the hash doesn't come out.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from ccip_py.risk.keccak import keccak

Item: TypeAlias = "bytes | Sequence[Item]"

_BYTE = tuple(bytes([n]) for n in range(256))
_EMPTY_TRIE = keccak(b"\x80")


class NotProven(Exception):
    """An endpoint's answer does not hash to what the chain's own header says."""


# RLP


def rlp(item: Item) -> bytes:
    """Recursive length prefix encoding: bytes behind 0x80 + length, lists behind 0xc0 + length."""
    if isinstance(item, bytes):
        return string(item)
    return list_of(b"".join([rlp(part) for part in item]))


def string(value: bytes) -> bytes:
    """A small byte stands for itself, whatever else behind its length."""
    if len(value) == 1 and value[0] < 0x80:
        return value
    return _prefix(0x80, len(value)) + value


def list_of(parts: bytes) -> bytes:
    """A list whose parts are encoded already."""
    return _prefix(0xC0, len(parts)) + parts


def _prefix(base: int, length: int) -> bytes:
    """Lengths above 55 are written out, behind a byte that says how many bytes they take."""
    if length < 56:
        return _BYTE[base + length]
    if length < 256:
        return _BYTE[base + 56] + _BYTE[length]
    size = integer(length)
    return _BYTE[base + 55 + len(size)] + size


def integer(value: int) -> bytes:
    """Big endian without leading zeros; zero is the empty string."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


# HEADERS

# In hashing order. The first fifteen are always there; each later fork appended its own, so the
# header ends at the first one the node doesn't report.
_FIXED_FIELDS = (
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
)
_FORK_FIELDS = (
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
)
_INTEGERS = frozenset(
    {
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "baseFeePerGas",
        "blobGasUsed",
        "excessBlobGas",
    }
)


def header_hash(block: Mapping[str, Any]) -> bytes:
    """The hash of a block as eth_getBlockByNumber reports it, from its header fields alone."""
    fields = [_header_field(name, block[name]) for name in _FIXED_FIELDS]
    for name in _FORK_FIELDS:
        if block.get(name) is None:
            break
        fields.append(_header_field(name, block[name]))
    return keccak(rlp(fields))


def _header_field(name: str, value: str) -> bytes:
    if name in _INTEGERS:
        return integer(int(value, 16))
    return bytes.fromhex(value[2:])


def bloom_bits(address: bytes) -> int:
    """Unless all of these are set in a block's bloom, `address` logged nothing in it. If they are, it may have.

    The 2048-bit bloom is part of the hashed header. Three bits stand for an address: the low 11
    bits of the first three 16-bit words of its hash.
    """
    digest = keccak(address)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2], "big") & 2047)
    return bits


# THE TRIE


def trie_root(values: Sequence[bytes]) -> bytes:
    """Root of the trie that holds `values` by their positions, built at once rather than by insertion."""
    if not values:
        return _EMPTY_TRIE
    # The key is the position in RLP; its nibbles are the trie's alphabet: one branch of 16 children each.
    pairs = sorted((_nibbles(rlp(integer(at))), value) for at, value in enumerate(values))
    return keccak(rlp(_trie_node(pairs, 0)))


def _nibbles(key: bytes) -> tuple[int, ...]:
    return tuple(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _trie_node(pairs: Sequence[tuple[tuple[int, ...], bytes]], depth: int) -> Item:
    """The node over `pairs`, which are sorted and agree on their first `depth` nibbles.

    One pair is a leaf: the rest of its path, and its value. Several that share more of the path are an extension: what they
    share, and the node behind it. Several that part here are a branch: sixteen places, one per nibble, and a value.
    """
    first = pairs[0][0]
    if len(pairs) == 1:
        return [_path(first[depth:], leaf=True), pairs[0][1]]
    # Sorted, so what the first and the last share, all share.
    shared = depth
    last = pairs[-1][0]
    while shared < len(first) and shared < len(last) and first[shared] == last[shared]:
        shared += 1
    if shared > depth:
        return [_path(first[depth:shared], leaf=False), _reference(_trie_node(pairs, shared))]
    branch: list[Item] = [b""] * 17
    for nibble, below in groupby(pairs, key=lambda pair: pair[0][depth]):
        branch[nibble] = _reference(_trie_node(list(below), depth + 1))
    # The 17th entry would hold the value of a key that ends here. RLP of an index never is the
    # beginning of another one's, so there is none.
    return branch


def _path(nibbles: Sequence[int], *, leaf: bool) -> bytes:
    """Packed nibbles behind a flag nibble: 2 for a leaf, plus 1 if the length is odd."""
    flag = 2 if leaf else 0
    padded = [flag + 1, *nibbles] if len(nibbles) % 2 else [flag, 0, *nibbles]
    return bytes(padded[at] << 4 | padded[at + 1] for at in range(0, len(padded), 2))


def _reference(node: Item) -> Item:
    """A node shorter than a hash is written in place, any other by its hash."""
    encoded = rlp(node)
    return node if len(encoded) < 32 else keccak(encoded)
