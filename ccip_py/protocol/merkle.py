"""Merkle trees over leaves in sequence order, and multi-proofs of some of them, as the contracts check them.

The tree: a node is keccak(1 ‖ the smaller child ‖ the larger child). The tag 1 keeps a node from being taken
for a leaf, whose preimage starts with 0; sorting the children makes left and right unnecessary in proofs. A
layer of odd length is filled up with one PAD. One leaf is its own root. A tree has at most 256 leaves.

The proof: hashing runs layer by layer, left to right, over what the verifier has (leaves, then hashes it
computed, as one queue) and what it lacks (proof hashes, in order). Bit i of the flags says where the first
operand of hash i comes from: 1, the queue; 0, the proof. The second operand always comes from the queue. An
honest proof can hold PAD itself.

There is exactly one accepted proof per set of leaves *and shape*: a verifier refuses leaves or proof hashes
left over and flag bits beyond the last hash, so that nobody can smuggle in or vary what is not checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import BadInput, RootMismatch
from .ids import NO_ROOT, Root
from .keccak import keccak

# One root costs one commit and one blessing, whatever it covers; a proof has at most one flag bit per hash in
# a word.
MAX_LEAVES: Final = 256

# Stands where an odd layer has no partner. No hash of anything, as far as anybody can compute.
PAD: Final = b"\xff" * 32
# First word of an inner node's preimage; a leaf's is zero.
NODE_TAG: Final = bytes(31) + b"\x01"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a verifier lacks: sibling hashes in the order they are used, and where each hash takes its
    operand.
    """

    hashes: tuple[bytes, ...]
    flag_bits: int  # uint256


def node(a: bytes, b: bytes) -> bytes:
    """The parent of two nodes, in either order."""
    return keccak(NODE_TAG + a + b if a < b else NODE_TAG + b + a)


@dataclass(frozen=True, slots=True)
class Tree:
    """All layers of a tree, leaves first, so that several proofs cost one round of hashing.

    Layers of odd length, except the root's, end with PAD.
    """

    layers: tuple[tuple[bytes, ...], ...]
    leaf_count: int

    @property
    def root(self) -> Root:
        return Root(self.layers[-1][0])

    def prove(self, indices: Iterable[int]) -> Proof:
        """The canonical proof of the leaves at `indices`, which the verifier will get in ascending order."""
        known = sorted(set(indices))
        if not known or known[0] < 0 or known[-1] >= self.leaf_count:
            raise BadInput(
                "a proof needs at least one leaf, all of them in the tree",
                context={"indices": known, "leaves": self.leaf_count},
            )
        hashes: list[bytes] = []
        flags = count = 0  # count: hashes the verifier will have computed so far
        for layer in self.layers[:-1]:
            # `known` are the places of this layer that the verifier has; each gives one parent, once.
            known_set, parents = set(known), []
            for index in known:
                sibling = index ^ 1
                if sibling in known_set and sibling < index:
                    continue  # its parent is already counted from the left
                if sibling in known_set:
                    flags |= 1 << count
                else:
                    hashes.append(layer[sibling])
                count += 1
                parents.append(index >> 1)
            known = parents
        return Proof(tuple(hashes), flags)


def grow(leaves: Sequence[bytes]) -> Tree:
    """The tree over `leaves`, which are 32 bytes each and in sequence order."""
    if not 1 <= len(leaves) <= MAX_LEAVES:
        raise BadInput("a tree has 1 to 256 leaves", context={"leaves": len(leaves)})
    layers, layer = [], list(leaves)
    while len(layer) > 1:
        if len(layer) % 2:
            layer.append(PAD)
        layers.append(tuple(layer))
        layer = [node(layer[i], layer[i + 1]) for i in range(0, len(layer), 2)]
    layers.append(tuple(layer))
    return Tree(tuple(layers), len(leaves))


def root(leaves: Sequence[bytes]) -> Root:
    """The root over `leaves` in sequence order: what a committer signs and a monitor rebuilds."""
    return grow(leaves).root


def prove(leaves: Sequence[bytes], indices: Iterable[int]) -> Proof:
    """The proof that the leaves at `indices` are in the tree over `leaves`. For several, `grow` once."""
    return grow(leaves).prove(indices)


def verify_proof(leaves: Sequence[bytes], proof: Proof) -> Root:
    """The root that these leaves, in ascending order, and this proof lead to, as the contract computes it.

    Raises RootMismatch if they lead nowhere: too many or too few parts, or parts that no hash uses. Whether
    the result is a root that anyone committed is the caller's question.
    """
    hash_count = len(leaves) + len(proof.hashes) - 1
    if not 1 <= len(leaves) <= MAX_LEAVES or hash_count > MAX_LEAVES:
        raise _malformed("between 1 and 256 leaves, and at most 256 hashes", leaves, proof)
    if proof.flag_bits >> hash_count:
        raise _malformed("flag bits beyond the last hash must be zero", leaves, proof)
    if hash_count - proof.flag_bits.bit_count() != len(proof.hashes):
        raise _malformed("every proof hash must be used exactly once", leaves, proof)

    # With the counts right the queue can never run dry, and only the last hash stays in it: each of the
    # hash_count steps puts one in and takes out one, and one more for each of the len(leaves) - 1 flags.
    queue, unused, head = list(leaves), iter(proof.hashes), 0
    for i in range(hash_count):
        takes_two = proof.flag_bits >> i & 1
        first = queue[head] if takes_two else next(unused)
        queue.append(node(first, queue[head + takes_two]))
        head += 1 + takes_two
    if queue[-1] == NO_ROOT:
        raise _malformed("no root is zero", leaves, proof)
    return Root(queue[-1])


def _malformed(rule: str, leaves: Sequence[bytes], proof: Proof) -> RootMismatch:
    return RootMismatch(
        f"malformed multi-proof: {rule}",
        context={"leaves": len(leaves), "proofs": len(proof.hashes), "flags": hex(proof.flag_bits)},
    )
