"""What nodes of the box are told to do."""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from ccip_py.chains.deployment import Deployment, LaneDeployment
from ccip_py.deploy.devnet import CHAIN_IDS
from ccip_py.deploy.keys import dev_address
from ccip_py.devnet import node_mains
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.devnet.node_mains import NodeMains, free_ports, monitored_lanes
from ccip_py.nodes import keys
from ccip_py.protocol.ids import Address, ChainSelector


def lane(n: int, previous: LaneDeployment | None = None) -> LaneDeployment:
    ramp, store, off_ramp = (Address(bytes([n, kind]) * 10) for kind in (1, 2, 3))
    made = LaneDeployment(ChainSelector(1), ChainSelector(2), ramp, store, off_ramp, 0, 0, (), 1, bytes(32))
    if previous is None:
        return made
    return replace(made, previous_off_ramp=previous.off_ramp, previous_commit_store=previous.commit_store)


def test_monitors_retire_a_replaced_lane_only_if_nothing_goes_on_from_it() -> None:
    first = lane(1)
    second = lane(2, previous=first)
    severed = lane(3)

    def retired(*lanes: LaneDeployment, replaced: tuple[LaneDeployment, ...] = ()) -> list[bool]:
        return [one.retired for one in monitored_lanes(lanes, replaced)]

    assert retired(first) == [False]
    assert retired(second, replaced=(first,)) == [False, False]
    assert retired(severed, replaced=(first,)) == [False, True]
    assert retired(severed, replaced=(first, second)) == [False, False, True]


class Waits:
    """A log that notices when something is waited for."""

    def __init__(self) -> None:
        self.waited = anyio.Event()

    def warning(self, event: str, **_: object) -> None:
        assert event == "waiting for a chain"
        self.waited.set()


@pytest.mark.anyio
async def test_a_node_waits_for_a_chain_that_does_not_answer_yet(tmp_path: Path, monkeypatch) -> None:
    """On a busy machine a chain may be silent for longer than one request; a node that died of it would end the box."""
    monkeypatch.setattr(keys, "_ASK_AGAIN_S", 0.01)
    monkeypatch.setattr(node_mains, "prices", lambda _: {})
    (port,) = free_ports(1)
    mains, log, found = NodeMains(Deployment((), ()), tmp_path, []), Waits(), []
    monkeypatch.setattr(mains, "_urls_by_id", lambda: {CHAIN_IDS[0]: f"http://127.0.0.1:{port}"})

    async def ask() -> None:
        found.append(await mains._signer(10, log))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await log.waited.wait()
        async with Anvil(AnvilOptions(CHAIN_IDS[0], port=port)):
            with anyio.fail_after(60):
                while not found:
                    await anyio.sleep(0.01)

    assert found[0].address == dev_address(10)
