"""Development keys stay on local chains."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import anyio
import pytest
import structlog

from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.errors import ConfigError, EndpointDown
from ccip_py.nodes.keys import dev_signer, patient_dev_signer
from ccip_py.testing.faults import Disconnected, Fault, FaultProxy, Status, Truncated


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("chain_id", "url", "why"),
    [
        (1, "http://127.0.0.1:1", "not one of the development ids"),
        (31337, "http://rpc.example:8545", "not on loopback"),
    ],
)
async def test_a_development_key_is_refused_off_local_chains(chain_id: int, url: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        await dev_signer(0, {chain_id: url})


@pytest.mark.anyio
async def test_a_node_waits_for_a_chain_that_is_not_up_yet(free_port: Callable[[], int]) -> None:
    port, found = free_port(), []

    async def node() -> None:
        found.append(
            await patient_dev_signer(3, 31337, f"http://127.0.0.1:{port}", structlog.get_logger("node"))
        )

    with structlog.testing.capture_logs() as said:
        async with anyio.create_task_group() as group:
            group.start_soon(node)
            with anyio.fail_after(60):
                while not said:
                    await anyio.sleep(0.01)
            async with Anvil(AnvilOptions(chain_id=31337, port=port)):
                with anyio.fail_after(60):
                    while not found:
                        await anyio.sleep(0.01)

    assert said[0]["event"] == "waiting for a chain"
    assert [signer.address for signer in found] == [KeySigner(dev_key(3)).address]


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with Anvil(AnvilOptions(chain_id=31337)) as chain:
        yield chain


@pytest.mark.anyio
@pytest.mark.parametrize("fault", [Status(429), Status(503), Disconnected(), Truncated()])
async def test_a_node_waits_for_a_chain_behind_an_endpoint_that_is_out_of_order(
    anvil: Anvil, fault: Fault
) -> None:
    """It starts again in the middle of a fault, and an overloaded endpoint is no proof of a foreign chain."""
    async with FaultProxy(anvil.url) as proxy:
        proxy.set(fault)
        with pytest.raises(EndpointDown):
            await dev_signer(3, {31337: proxy.url})
        proxy.clear()
        assert (await dev_signer(3, {31337: proxy.url})).address == KeySigner(dev_key(3)).address


@pytest.mark.anyio
async def test_a_development_key_is_refused_where_another_chain_answers(anvil: Anvil) -> None:
    with pytest.raises(ConfigError, match="not Anvil with this chain id"):
        await dev_signer(3, {1337: anvil.url})
