"""The root, against a second way to compute it and against what is forbidden."""

import pytest
from eth_hash.auto import keccak

from ccip_py.risk.root import merkle_root


def layered(leaves: list[bytes]) -> bytes:
    """Layer by layer, as the other side does it."""
    while len(leaves) > 1:
        if len(leaves) % 2:
            leaves = [*leaves, b"\xff" * 32]
        pairs = [sorted(leaves[at : at + 2]) for at in range(0, len(leaves), 2)]
        leaves = [keccak((1).to_bytes(32, "big") + a + b) for a, b in pairs]
    return leaves[0]


@pytest.mark.parametrize("count", [*range(1, 34), 69, 127, 128, 129, 255, 256])
def test_equals_the_layered_root(count: int) -> None:
    leaves = [keccak(n.to_bytes(4, "big")) for n in range(count)]

    assert merkle_root(leaves) == layered(leaves)


def test_one_leaf_is_its_own_root() -> None:
    assert merkle_root([b"\x07" * 32]) == b"\x07" * 32


def test_the_order_of_a_pair_does_not_matter_but_that_of_pairs_does() -> None:
    a, b, c, d = (bytes([n]) * 32 for n in (1, 2, 3, 4))

    assert merkle_root([a, b, c, d]) == merkle_root([b, a, d, c])
    assert merkle_root([a, b, c, d]) != merkle_root([a, c, b, d])


@pytest.mark.parametrize("count", [0, 257])
def test_refuses_what_no_contract_accepts(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 256"):
        merkle_root([bytes(32)] * count)
