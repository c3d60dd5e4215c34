"""One network for a whole file of tests: two real Anvils, deployed contracts, all nodes running."""

from collections.abc import Callable, Iterator

import pytest

from ccip_py.devnet.network import Network, Options, start_network
from ccip_py.protocol.ids import Address
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.types import SentMessage, StageReached

PATIENCE_S = 60

Send = Callable[..., SentMessage]


@pytest.fixture(scope="module")
def options() -> Options:
    """A file that needs another network overrides this."""
    return Options(block_times=(1, 1), epochs=(1, 1), permissionless_window=3_600)


@pytest.fixture(scope="module")
def network(options: Options) -> Iterator[Network]:
    with start_network(options) as running:
        yield running


@pytest.fixture(scope="module")
def inbox(network: Network) -> dict[str, Address]:
    """A receiver on each chain."""
    return {
        chain.name: network.deploy(chain.name, "Inbox", chain.router) for chain in network.deployment.chains
    }


@pytest.fixture(autouse=True)
def nodes_back(network: Network) -> Iterator[None]:
    """Every test starts with all nodes running, and none that died."""
    network.start()
    yield
    network.check()


def wait(network: Network, sent: SentMessage, until: Stage = Stage.EXECUTED) -> StageReached:
    return network.ccip.wait(sent, until=until, timeout=PATIENCE_S)
