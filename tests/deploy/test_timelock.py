"""With a delay for the owner, a timelock owns everything: what the owner decides waits, what the guardian does not."""

from dataclasses import replace

import anyio
import pytest

from ccip_py.deploy import NetworkConfig, abi, artifacts, deploy_network, devnet_config, verify_network
from ccip_py.deploy.admin import Console, act, ask
from ccip_py.deploy.config import problems
from ccip_py.deploy.devnet import GUARDIAN, OWNER
from ccip_py.deploy.keys import Party, dev_address
from ccip_py.deploy.plan import plan, wanted
from ccip_py.deploy.steps import Call, digest
from ccip_py.devnet.anvil import Anvil
from ccip_py.errors import ConfigError, ContractRefused

DELAY = 3_600
GLOBAL = bytes.fromhex("01" + "00" * 14 + "01")
NONE = bytes(32)


def delayed(config: NetworkConfig, seconds: int = DELAY) -> NetworkConfig:
    return replace(config, chains=tuple(replace(chain, timelock=seconds) for chain in config.chains))


# The configuration


def test_a_delay_is_some_seconds() -> None:
    config = delayed(devnet_config(["http://127.0.0.1:1", "http://127.0.0.1:2"]), 0)

    assert any("timelock: seconds, from 1" in problem for problem in problems(config))


def test_a_deployer_that_owns_cannot_be_delayed() -> None:
    config = delayed(devnet_config(["http://127.0.0.1:1", "http://127.0.0.1:2"]))
    config = replace(config, chains=tuple(replace(c, owner=c.deployer) for c in config.chains))

    assert any("somebody else than the deployer" in problem for problem in problems(config))


def test_a_running_network_is_never_moved_behind_a_timelock_by_deploying_again() -> None:
    """It would be another owner: that is for the owner to decide, step by step."""
    config = devnet_config(["http://127.0.0.1:1", "http://127.0.0.1:2"])
    done = {step.name: digest(step) for step in wanted(config)}

    with pytest.raises(ConfigError, match="the configuration has changed since"):
        plan(delayed(config), done)


def test_nobody_has_to_sign_for_a_timelock_to_accept() -> None:
    steps = wanted(delayed(devnet_config(["http://127.0.0.1:1", "http://127.0.0.1:2"])))

    accepting = [step for step in steps if isinstance(step, Call) and step.name.endswith(" accept")]
    assert accepting
    assert all(step.contract == "OwnerTimelock" and not step.by_owner for step in accepting)


# The chains


@pytest.fixture
def network(empty_chains: dict[str, Anvil]) -> tuple[NetworkConfig, dict[str, Anvil]]:
    urls = [chain.url for chain in empty_chains.values()]
    return delayed(devnet_config(urls)), empty_chains


def test_the_owners_decisions_wait_and_a_curse_does_not(
    network: tuple[NetworkConfig, dict[str, Anvil]],
) -> None:
    config, chains = network
    deployment = deploy_network(config)
    here = deployment.chains[0]
    owner = Console(here, Party(dev_address(OWNER), f"anvil:{OWNER}"))
    guardian = Console(here, Party(dev_address(GUARDIAN), f"anvil:{GUARDIAN}"))

    act(guardian, here.rmn, "RMN", "curse", GLOBAL)
    assert ask(here, here.rmn, "RMN", "isCursed") is True
    seen = ask(here, here.rmn, "RMN", "votesHash", GLOBAL)
    with pytest.raises(ContractRefused, match="OwnableUnauthorizedAccount"):
        act(owner, here.rmn, "RMN", "uncurse", GLOBAL, seen)
    lift = (here.rmn, 0, abi.call_data(artifacts.load("RMN"), "uncurse", (GLOBAL, seen)), NONE, NONE)
    act(owner, here.owner, "OwnerTimelock", "schedule", *lift, DELAY)
    with pytest.raises(ContractRefused, match="OwnerTimelock refused"):
        act(owner, here.owner, "OwnerTimelock", "execute", *lift)
    chains[here.name].warp(DELAY)
    act(owner, here.owner, "OwnerTimelock", "execute", *lift)

    assert ask(here, here.rmn, "RMN", "isCursed") is False
    assert anyio.run(verify_network, config, deployment) == ()
    shorter = anyio.run(verify_network, delayed(config, DELAY - 1), deployment)
    assert {finding.question.function for finding in shorter} == {"getMinDelay"}
