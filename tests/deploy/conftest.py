"""Two real chains with the devnet's network on them, deployed once and put back after every test."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ccip_py.chains.deployment import Deployment
from ccip_py.deploy import NetworkConfig, deploy_network, devnet_config
from ccip_py.deploy.admin import Console
from ccip_py.deploy.devnet import ACCOUNTS, CHAIN_IDS, OWNER
from ccip_py.deploy.keys import Party, dev_address
from ccip_py.devnet.anvil import Anvil, AnvilOptions


@dataclass(frozen=True, slots=True)
class Deployed:
    """A network, and what it was made from."""

    config: NetworkConfig
    deployment: Deployment
    chains: dict[str, Anvil]

    def console(self, chain: str, index: int = OWNER) -> Console:
        """Acting on a chain as one of the well-known accounts."""
        return Console(self.deployment.chain_named(chain), Party(dev_address(index), f"anvil:{index}"))


@pytest.fixture
def empty_chains() -> Iterator[dict[str, Anvil]]:
    with _chain(0) as a, _chain(1) as b:
        yield {"a": a, "b": b}


@pytest.fixture(scope="session")
def deployed_once() -> Iterator[Deployed]:
    with _chain(0) as a, _chain(1) as b:
        config = devnet_config([a.url, b.url])
        yield Deployed(config, deploy_network(config), {"a": a, "b": b})


@pytest.fixture
def deployed(deployed_once: Deployed) -> Iterator[Deployed]:
    before = {name: chain.snapshot() for name, chain in deployed_once.chains.items()}
    yield deployed_once
    for name, chain in deployed_once.chains.items():
        chain.revert(before[name])


def _chain(place: int) -> Anvil:
    return Anvil(AnvilOptions(chain_id=CHAIN_IDS[place], accounts=ACCOUNTS))
