"""A network of processes follows the file that a replaced lane is written to."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from ccip_py.chains.deployment import ChainDeployment, Deployment, LaneDeployment, save_deployment
from ccip_py.cli.fleet import Fleet
from ccip_py.devnet.network import Network
from ccip_py.devnet.node_mains import monitored_lanes
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.risk import config as risk
from ccip_py.risk import config_read

A, B = ChainSelector(7759470850252068959), ChainSelector(3379446385462418246)


def address(n: int) -> Address:
    return Address(n.to_bytes(20, "big"))


def a_chain(name: str, chain_id: int, selector: ChainSelector, base: int) -> ChainDeployment:
    contracts = [address(base + n) for n in range(8)]
    return ChainDeployment(name, chain_id, selector, "http://127.0.0.1:1", "finalized", 0, *contracts)


def a_lane(base: int) -> LaneDeployment:
    committers = tuple(address(900 + n) for n in range(4))
    return LaneDeployment(A, B, *(address(base + n) for n in range(3)), 1, 5, committers, 1, b"\x01" * 32)


class Box:
    """A network that runs nothing: it knows its deployment, and what its monitors are told."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.replaced: list[LaneDeployment] = []
        self.options, self.mains = SimpleNamespace(monitors=2), self

    def redeployed(self, deployment: Deployment) -> None:
        self.replaced += [lane for lane in self.deployment.lanes if lane not in deployment.lanes]
        self.deployment = deployment

    def monitor_config(self, index: int) -> risk.Config:
        chains: tuple[Any, ...] = tuple(
            risk.Chain(
                c.name,
                c.selector,
                c.chain_id,
                (risk.Rpc("http://127.0.0.1:1"),) * 2,
                None,
                0,
                c.rmn,
                c.rmn_proxy,
                8,
            )
            for c in self.deployment.chains
        )
        keys = risk.KeySource(dev_key_index=11), risk.KeySource(dev_key_index=15)
        lanes = monitored_lanes(self.deployment.lanes, self.replaced)
        home = Path(f"monitor-{index}")
        return risk.Config(
            "m", home, ("127.0.0.1", 0), (), *keys, None, chains, lanes, simulated_independence=True
        )


def test_monitors_are_told_of_a_lane_that_was_replaced(tmp_path: Path) -> None:
    chains = (a_chain("a", 31337, A, 100), a_chain("b", 1337, B, 200))
    before = Deployment(chains, (a_lane(300),))
    box = Box(before)
    fleet = Fleet(cast(Network, box), tmp_path)
    save_deployment(before, tmp_path / "deployment.json")
    fleet.check()
    assert not (tmp_path / "monitor-0.toml").exists()

    save_deployment(replace(before, lanes=(a_lane(400),)), tmp_path / "deployment.json")
    fleet.check()

    for index in range(2):
        lanes = config_read.load(tmp_path / f"monitor-{index}.toml").lanes
        assert [(lane.on_ramp, lane.retired) for lane in lanes] == [
            (address(400), False),
            (address(300), True),
        ]
