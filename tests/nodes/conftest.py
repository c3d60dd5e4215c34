"""Keys and ports for node tests. The keys are made here and worth nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ccip_py.chains.evm.keys import KeySigner
from ccip_py.devnet.node_mains import free_ports
from ccip_py.protocol.keccak import keccak


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def signers() -> list[KeySigner]:
    return [KeySigner(keccak(b"node test key %d" % number)) for number in range(5)]


@pytest.fixture
def free_port() -> Callable[[], int]:
    return lambda: free_ports(1)[0]
