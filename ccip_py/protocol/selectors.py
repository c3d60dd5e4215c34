"""Chain selector ↔ chain id and name, for the chains known by name here.

Selectors are given out by a public registry and mean nothing in themselves. This table holds the chains that
local networks use and the two that people compare with; every other chain works as well, with its selector
written out in the deployment. 2337, 3337 and 90000001 on are the registry's ids for tests: a signature for a local network must be
good nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..errors import BadInput
from .ids import ChainSelector


class Family(StrEnum):
    """Chains that encode addresses, messages and proofs alike."""

    EVM = "evm"


@dataclass(frozen=True, slots=True)
class Chain:
    chain_id: int
    selector: ChainSelector
    name: str
    family: Family = Family.EVM


KNOWN: Final = (
    Chain(31337, ChainSelector(7759470850252068959), "anvil-devnet"),
    Chain(1337, ChainSelector(3379446385462418246), "geth-testnet"),
    Chain(1338, ChainSelector(2181150070347029680), "local-1338"),
    Chain(2337, ChainSelector(12922642891491394802), "local-2337"),
    Chain(3337, ChainSelector(4793464827907405086), "local-3337"),
    Chain(1000, ChainSelector(11787463284727550157), "local-1000"),
    Chain(90000001, ChainSelector(909606746561742123), "local-90000001"),
    Chain(90000002, ChainSelector(5548718428018410741), "local-90000002"),
    Chain(90000003, ChainSelector(789068866484373046), "local-90000003"),
    Chain(90000004, ChainSelector(5721565186521185178), "local-90000004"),
    Chain(90000005, ChainSelector(964127714438319834), "local-90000005"),
    Chain(90000006, ChainSelector(8966794841936584464), "local-90000006"),
    Chain(11155111, ChainSelector(16015286601757825753), "ethereum-testnet-sepolia"),
    Chain(1, ChainSelector(5009297550715157269), "ethereum-mainnet"),
)


def selector_of(chain_id: int) -> ChainSelector:
    """The selector of an EVM chain by its id. Raises for chains the table does not know."""
    for chain in KNOWN:
        if chain.chain_id == chain_id:
            return chain.selector
    raise BadInput(
        "no selector is known for this chain id",
        code="UNKNOWN_CHAIN",
        context={"chain_id": chain_id},
        hint="write the selector out in the deployment file",
    )


def chain_of(selector: ChainSelector) -> Chain | None:
    """The chain with this selector, if the table knows it."""
    return next((chain for chain in KNOWN if chain.selector == selector), None)


def name_of(selector: ChainSelector) -> str:
    """How to call a chain in front of people: its name, or else the selector itself."""
    chain = chain_of(selector)
    return chain.name if chain else str(selector)
