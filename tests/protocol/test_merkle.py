"""Trees and multi-proofs: every honest proof leads to the root, every tampered one elsewhere or nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccip_py.errors import BadInput, RootMismatch
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.merkle import MAX_LEAVES, PAD, Proof, Tree, grow, node, prove, root, verify_proof

from .builders import hand_worked, raw


def some_leaves(count: int) -> list[bytes]:
    return [keccak(b"leaf %d" % i) for i in range(count)]


def chosen(leaves: Sequence[bytes], indices: Sequence[int]) -> list[bytes]:
    return [leaves[i] for i in sorted(indices)]


def subsets(count: int) -> list[tuple[int, ...]]:
    every = chain.from_iterable(combinations(range(count), size) for size in range(1, count + 1))
    return list(every)


def root_by_recursion(layer: list[bytes]) -> bytes:
    """The definition once more, in the plainest form."""
    if len(layer) == 1:
        return layer[0]
    full = [*layer, PAD] if len(layer) % 2 else layer
    pairs = [sorted(full[i : i + 2]) for i in range(0, len(full), 2)]
    return root_by_recursion([keccak((1).to_bytes(32, "big") + a + b) for a, b in pairs])


@st.composite
def trees_with_choice(draw: st.DrawFn) -> tuple[list[bytes], list[int]]:
    count = draw(st.integers(1, MAX_LEAVES))
    indices = draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=count))
    return some_leaves(count), sorted(indices)


def test_one_leaf_is_its_own_root() -> None:
    (leaf,) = some_leaves(1)

    assert root([leaf]) == leaf
    assert prove([leaf], [0]) == Proof((), 0)
    assert verify_proof([leaf], Proof((), 0)) == leaf


def test_a_node_does_not_depend_on_left_and_right() -> None:
    a, b = some_leaves(2)

    assert node(a, b) == node(b, a)


@settings(max_examples=40)
@given(st.integers(1, MAX_LEAVES))
def test_root_is_the_recursive_definitions(count: int) -> None:
    assert root(some_leaves(count)) == root_by_recursion(some_leaves(count))


@pytest.mark.parametrize("count", [0, 257])
def test_a_tree_has_1_to_256_leaves(count: int) -> None:
    with pytest.raises(BadInput):
        grow(some_leaves(count))


@pytest.mark.parametrize("indices", [[], [-1], [3], [0, 3]])
def test_only_leaves_of_the_tree_can_be_proved(indices: list[int]) -> None:
    with pytest.raises(BadInput):
        prove(some_leaves(3), indices)


@pytest.mark.parametrize("count", range(1, 6))
def test_every_subset_of_a_small_tree_is_proved(count: int) -> None:
    leaves = some_leaves(count)

    for indices in subsets(count):
        assert verify_proof(chosen(leaves, indices), prove(leaves, indices)) == root(leaves)


@settings(max_examples=60)
@given(trees_with_choice())
def test_any_subset_of_any_tree_is_proved(drawn: tuple[list[bytes], list[int]]) -> None:
    leaves, indices = drawn
    tree = grow(leaves)

    assert verify_proof(chosen(leaves, indices), tree.prove(indices)) == tree.root


def test_a_proof_can_hold_the_pad() -> None:
    assert prove(some_leaves(3), [2]).hashes[0] == PAD


def tampered(proof: Proof) -> list[Proof]:
    """Every proof with one thing wrong."""
    flipped_bits = [replace(proof, flag_bits=proof.flag_bits ^ 1 << bit) for bit in range(10)]
    changed = [
        replace(proof, hashes=(*proof.hashes[:i], keccak(old), *proof.hashes[i + 1 :]))
        for i, old in enumerate(proof.hashes)
    ]
    dropped = [replace(proof, hashes=proof.hashes[:-1])] if proof.hashes else []
    added = [replace(proof, hashes=(*proof.hashes, PAD))]
    return flipped_bits + changed + dropped + added


def leads_to(leaves: Sequence[bytes], proof: Proof, expected: bytes) -> bool:
    try:
        return verify_proof(leaves, proof) == expected
    except RootMismatch:
        return False


@pytest.mark.parametrize("count", range(1, 6))
def test_tampering_never_leads_to_the_root(count: int) -> None:
    leaves = some_leaves(count)
    tree = grow(leaves)

    for indices in subsets(count):
        honest = chosen(leaves, indices)
        for proof in tampered(tree.prove(indices)):
            assert not leads_to(honest, proof, tree.root)
        for i in range(len(honest)):
            forged = [*honest[:i], keccak(honest[i]), *honest[i + 1 :]]
            assert not leads_to(forged, tree.prove(indices), tree.root)


@pytest.mark.parametrize(
    ("leaf_count", "proof", "why"),
    [
        (0, Proof((), 0), "1 and 256 leaves"),
        (0, Proof((PAD,), 0), "1 and 256 leaves"),
        (257, Proof((), (1 << 256) - 1), "1 and 256 leaves"),
        (1, Proof((PAD,) * 257, 0), "at most 256 hashes"),
        (2, Proof((), 0), "used exactly once"),
        (2, Proof((PAD,), 3), "used exactly once"),
        (2, Proof((), 0b11), "beyond the last hash"),
        (1, Proof((), 1), "beyond the last hash"),
        (2, Proof((), 1 << 255 | 1), "beyond the last hash"),
    ],
)
def test_malformed_proofs_are_refused(leaf_count: int, proof: Proof, why: str) -> None:
    with pytest.raises(RootMismatch, match=why):
        verify_proof(some_leaves(leaf_count), proof)


def test_no_root_is_zero() -> None:
    with pytest.raises(RootMismatch, match="zero"):
        verify_proof([bytes(32)], Proof((), 0))


@given(
    st.integers(1, 8),
    st.lists(st.sampled_from([PAD, *some_leaves(3)]), max_size=8),
    st.integers(0, 2**16 - 1),
)
def test_any_proof_is_decided_without_running_dry(count: int, hashes: list[bytes], flags: int) -> None:
    with suppress(RootMismatch):
        assert len(verify_proof(some_leaves(count), Proof(tuple(hashes), flags))) == 32


def test_tree_vector() -> None:
    vector = hand_worked()["tree"]
    tree: Tree = grow([raw(leaf) for leaf in vector["leaves"]])

    assert tree.root == raw(vector["root"])
    assert tree.layers[1] == tuple(map(raw, vector["nodes"].values()))


@pytest.mark.parametrize("vector", hand_worked()["tree"]["proofs"], ids=lambda each: str(each["indices"]))
def test_proof_vector(vector: dict[str, Any]) -> None:
    tree = hand_worked()["tree"]
    leaves = [raw(leaf) for leaf in tree["leaves"]]
    expected = Proof(tuple(map(raw, vector["proofs"])), int(vector["flagBits"]))

    assert prove(leaves, vector["indices"]) == expected
    assert verify_proof(chosen(leaves, vector["indices"]), expected) == raw(tree["root"])
