"""The root of an ordered list in Ethereum's hexary trie: how a block commits to its receipts.

Only the root, only for keys rlp(0), rlp(1), … with non-empty values; nothing is stored. Branches have no
value here, because no key rlp(i) is a prefix of another.
"""

from collections.abc import Sequence

from ccip_py.chains.evm import rlp
from ccip_py.protocol.keccak import keccak

EMPTY_ROOT = keccak(rlp.encode(b""))

Nibbles = tuple[int, ...]


def ordered_root(values: Sequence[bytes]) -> bytes:
    """The root over `values` in their order."""
    if not values:
        return EMPTY_ROOT
    items = sorted((_nibbles(rlp.encode(place)), value) for place, value in enumerate(values))
    return keccak(rlp.encode(_node(items, 0)))


def _nibbles(key: bytes) -> Nibbles:
    return tuple(half for byte in key for half in (byte >> 4, byte & 15))


def _node(items: Sequence[tuple[Nibbles, bytes]], depth: int) -> rlp.Item:
    """The node over sorted items that agree on their first `depth` nibbles."""
    first, last = items[0][0], items[-1][0]
    if len(items) == 1:
        return [_packed(first[depth:], leaf=True), items[0][1]]
    shared = depth
    while first[shared] == last[shared]:
        shared += 1
    if shared > depth:
        return [_packed(first[depth:shared], leaf=False), _reference(_node(items, shared))]
    branch: list[rlp.Item] = [b""] * 17
    start = 0
    for end in range(1, len(items) + 1):
        if end == len(items) or items[end][0][depth] != items[start][0][depth]:
            branch[items[start][0][depth]] = _reference(_node(items[start:end], depth + 1))
            start = end
    return branch


def _reference(node: rlp.Item) -> rlp.Item:
    """A child inside its parent: itself if shorter than a hash, else its hash."""
    encoded = rlp.encode(node)
    return node if len(encoded) < 32 else keccak(encoded)


def _packed(path: Nibbles, *, leaf: bool) -> bytes:
    """Hex-prefix encoding: a flag nibble for leaf and odd length, then the path."""
    flag = 2 * leaf + len(path) % 2
    nibbles = (flag, *path) if len(path) % 2 else (flag, 0, *path)
    return bytes(nibbles[i] << 4 | nibbles[i + 1] for i in range(0, len(nibbles), 2))
