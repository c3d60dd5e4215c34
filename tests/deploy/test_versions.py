"""What each deployed contract says it is: clients choose how to talk to it by these words."""

import re

import pytest

from ccip_py.deploy.admin import ask
from tests.deploy.conftest import Deployed

# How the official client reads them.
TYPE_AND_VERSION = re.compile(r"^(\w.+\S)\s+v?(\d+\.\d+(\.[x\d]+)?)([^\d.].*)?$")

OF_A_CHAIN = {
    "router": ("Router", "Router 1.2.0"),
    "fee_quoter": ("FeeQuoter", "FeeQuoter 1.6.0"),
    "token_admin_registry": ("TokenAdminRegistry", "TokenAdminRegistry 1.5.0"),
    "rmn": ("RMN", "RMN 1.5.0"),
    "rmn_proxy": ("RMNProxy", "ARMProxy 1.0.0"),
}
OF_A_LANE = {
    "on_ramp": ("OnRamp", "OnRamp 1.5.0", "source"),
    "commit_store": ("CommitStore", "CommitStore 1.5.0", "destination"),
    "off_ramp": ("OffRamp", "OffRamp 1.5.0", "destination"),
}
OF_A_POOL = {
    "burn_mint": ("BurnMintTokenPool", "BurnMintTokenPool 1.5.1"),
    "lock_release": ("LockReleaseTokenPool", "LockReleaseTokenPool 1.5.1"),
}


@pytest.mark.parametrize("role", OF_A_CHAIN)
def test_chain_contracts_say_what_they_are(deployed: Deployed, role: str) -> None:
    contract, expected = OF_A_CHAIN[role]
    for chain in deployed.deployment.chains:
        assert ask(chain, getattr(chain, role), contract, "typeAndVersion") == expected


@pytest.mark.parametrize("role", OF_A_LANE)
def test_lane_contracts_say_what_they_are(deployed: Deployed, role: str) -> None:
    contract, expected, side = OF_A_LANE[role]
    for lane in deployed.deployment.lanes:
        chain = deployed.deployment.chain(getattr(lane, side))
        assert ask(chain, getattr(lane, role), contract, "typeAndVersion") == expected


def test_pools_say_what_they_are(deployed: Deployed) -> None:
    for chain in deployed.deployment.chains:
        for token in chain.tokens:
            contract, expected = OF_A_POOL[token.kind]
            assert ask(chain, token.pool, contract, "typeAndVersion") == expected


def test_the_official_client_can_read_all_of_them() -> None:
    said = [entry[1] for table in (OF_A_CHAIN, OF_A_LANE, OF_A_POOL) for entry in table.values()]

    assert all(TYPE_AND_VERSION.match(each) for each in said)
