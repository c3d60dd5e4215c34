"""Every contract fits a chain: the runtime code of each, with the pinned settings, is below the limit of EIP-170."""

import pytest

from ccip_py.deploy import artifacts

LIMIT = 24_576
DEPLOYED = [name for name in artifacts.names() if artifacts.load(name).deployed_bytecode]


def test_there_is_something_to_measure():
    assert {"Router", "OnRamp", "OffRamp", "CommitStore", "RMN", "FeeQuoter"} <= set(DEPLOYED)


@pytest.mark.parametrize("name", DEPLOYED)
def test_the_code_fits(name):
    assert len(artifacts.load(name).deployed_bytecode) < LIMIT
