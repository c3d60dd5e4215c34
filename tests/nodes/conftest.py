"""Keys and ports for node tests. The keys are made here and worth nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from ccip_py.chains.evm.keys import KeySigner
from ccip_py.protocol.keccak import keccak


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def signers() -> list[KeySigner]:
    return [KeySigner(keccak(b"node test key %d" % number)) for number in range(5)]


@pytest.fixture
def free_port() -> Callable[[], int]:
    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find
