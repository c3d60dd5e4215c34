"""Keys and ports for node tests, and two chains with contracts. The keys are made here and worth nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ccip_py.chains.deployment import Deployment, LaneDeployment
from ccip_py.chains.evm.keys import KeySigner
from ccip_py.deploy import deploy_network, devnet_config
from ccip_py.deploy import devnet as roles
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.devnet.node_mains import free_ports
from ccip_py.protocol.keccak import keccak

from .anvil_box import Box


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def signers() -> list[KeySigner]:
    return [KeySigner(keccak(b"node test key %d" % number)) for number in range(5)]


@pytest.fixture
def free_port() -> Callable[[], int]:
    return lambda: free_ports(1)[0]


@pytest.fixture(scope="module")
def anvils() -> Iterator[tuple[Anvil, Anvil]]:
    """The first chain is final after two blocks, the second after eight."""
    first = AnvilOptions(roles.CHAIN_IDS[0], block_time=1)
    second = AnvilOptions(roles.CHAIN_IDS[1], block_time=1, slots_in_an_epoch=4)
    with Anvil(first) as a, Anvil(second) as b:
        yield a, b


@pytest.fixture(scope="module")
def deployment(anvils: tuple[Anvil, Anvil]) -> Deployment:
    return deploy_network(devnet_config([anvil.url for anvil in anvils], executors=2))


@pytest.fixture
def lane(deployment: Deployment) -> LaneDeployment:
    return deployment.lanes[0]


@pytest.fixture
def box(deployment: Deployment, tmp_path: Path) -> Box:
    return Box(deployment, tmp_path)
