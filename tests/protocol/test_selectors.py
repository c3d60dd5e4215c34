"""The table of chains."""

from __future__ import annotations

import pytest

from ccip_py.errors import BadInput
from ccip_py.protocol.ids import ChainSelector
from ccip_py.protocol.selectors import KNOWN, chain_of, name_of, selector_of


@pytest.mark.parametrize(
    ("chain_id", "selector"),
    [
        (31337, 7759470850252068959),
        (1337, 3379446385462418246),
        (2337, 12922642891491394802),
        (11155111, 16015286601757825753),
    ],
)
def test_known_chains(chain_id: int, selector: int) -> None:
    chain = chain_of(ChainSelector(selector))

    assert selector_of(chain_id) == selector
    assert chain is not None
    assert chain.chain_id == chain_id


def test_ids_selectors_and_names_are_unique_and_in_range() -> None:
    for values in zip(*((chain.chain_id, chain.selector, chain.name) for chain in KNOWN), strict=True):
        assert len(set(values)) == len(KNOWN)
    assert all(0 < chain.selector < 2**64 for chain in KNOWN)


def test_an_unknown_chain_id_says_what_to_do() -> None:
    with pytest.raises(BadInput) as refusal:
        selector_of(999_999)

    assert refusal.value.context == {"chain_id": 999_999}
    assert "deployment" in refusal.value.hint


def test_an_unknown_selector_is_called_by_its_number() -> None:
    assert chain_of(ChainSelector(5)) is None
    assert name_of(ChainSelector(5)) == "5"
    assert name_of(selector_of(31337)) == "anvil-devnet"
