"""A network, and the official client connected to both of its chains."""

from collections.abc import Iterator

import pytest

from ccip_py.devnet.network import Network, Options, start_network

from .client import OfficialClient, running_client


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    options = Options(block_times=(1, 1), epochs=(1, 1), permissionless_window=3_600)
    with start_network(options) as running:
        yield running


@pytest.fixture(scope="module")
def client(network: Network) -> Iterator[OfficialClient]:
    with running_client({chain.name: chain.rpc_url for chain in network.deployment.chains}) as running:
        yield running


@pytest.fixture
def nodes_back(network: Network) -> Iterator[None]:
    """Starts with all nodes running, and leaves it so; none may have died."""
    network.start()
    yield
    network.check()
    network.start()
