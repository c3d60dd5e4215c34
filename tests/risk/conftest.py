"""Two Anvils for the session; every test starts from the same deployed chains."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ccip_py.devnet.anvil import Anvil, AnvilOptions

from .world import World, build


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def built() -> Iterator[World]:
    with (
        Anvil(AnvilOptions(chain_id=31337, slots_in_an_epoch=1)) as source,
        Anvil(AnvilOptions(chain_id=1337, slots_in_an_epoch=2)) as destination,
    ):
        yield build(source, destination)


@pytest.fixture
def world(built: World) -> Iterator[World]:
    """The deployed chains as they were, put back afterwards."""
    before = [(chain, chain.snapshot()) for chain in (built.source, built.destination)]
    yield replace(built, monitors=[], sent=[], leaves=[], epoch=0)
    for chain, snapshot in before:
        chain.revert(snapshot)
