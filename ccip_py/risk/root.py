"""The Merkle root over a lane's leaves, top down.

Promise: the same root as the protocol's, by another route. The committing side folds layers upward;
here the tree is defined by what each node *is*, and evaluated from the root. A slip in layer
bookkeeping on one side therefore can't be repeated on the other.

The rules, from the specification: leaves stand in sequence-number order; a layer of odd length is
completed by one filler of 32 bytes 0xff; a pair is hashed in sorted order behind a word holding 1;
a single leaf is its own root.
"""

from collections.abc import Sequence

from ccip_py.risk.keccak import keccak

# The word before a pair. Leaves start with a zero word, so no leaf can pose as an inner node.
_INNER_NODE = (1).to_bytes(32, "big")

# Completes an odd layer. The contract never sees it as such: it arrives as an ordinary proof item.
_FILLER = b"\xff" * 32

# The contract refuses larger trees, so a larger claim can never be executed.
MAX_LEAVES = 256


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over 1 to 256 leaves. A claim outside those bounds is for the caller to judge."""
    if not 1 <= len(leaves) <= MAX_LEAVES:
        raise ValueError(f"a root covers 1 to {MAX_LEAVES} leaves, not {len(leaves)}")
    # The lowest level that has one node is the root's: 2**height ≥ number of leaves.
    height = (len(leaves) - 1).bit_length()
    return _node(leaves, height, 0)


def _node(leaves: Sequence[bytes], level: int, index: int) -> bytes:
    """The node at `level` (leaves are level 0), the `index`-th from the left. Depth ≤ 8 calls."""
    # ceil(n / 2**level) nodes stand at this level; the one after the last is the filler.
    if index >= -(-len(leaves) // (1 << level)):
        return _FILLER
    if level == 0:
        return leaves[index]
    left = _node(leaves, level - 1, 2 * index)
    right = _node(leaves, level - 1, 2 * index + 1)
    return keccak(_INNER_NODE + (left + right if left < right else right + left))
