"""The rows of the threat table that the deploy tool answers, each under its number."""

from dataclasses import replace

import anyio
import pytest

from ccip_py.deploy import deploy_network, devnet_config, verify_network
from ccip_py.deploy.config import problems
from ccip_py.devnet.anvil import Anvil
from ccip_py.errors import Refused

from .test_network import StoppingJournal


@pytest.mark.parametrize("role", ["executor", "curse key", "bless key", "guardian", "owner"])
def test_E9_no_key_holds_two_roles(role: str) -> None:
    good = devnet_config()
    key = good.committers.addresses[0]
    changes = {
        "executor": {"executors": (key,)},
        "curse key": {"monitors": replace(good.monitors, curse_keys=(key, *good.monitors.curse_keys[1:]))},
        "bless key": {"monitors": replace(good.monitors, bless_keys=(key, *good.monitors.bless_keys[1:]))},
        "guardian": {"guardian": key},
        "owner": {
            "chains": tuple(replace(chain, owner=replace(chain.owner, address=key)) for chain in good.chains)
        },
    }

    found = [problem for problem in problems(replace(good, **changes[role])) if "two roles" in problem]  # type: ignore[arg-type]

    assert list(problems(good)) == []
    assert len(found) == 1
    assert role in found[0]
    assert "committer" in found[0]


def test_G7_a_deployment_that_stopped_half_way_is_finished_and_verified(
    empty_chains: dict[str, Anvil],
) -> None:
    config, journal = devnet_config([chain.url for chain in empty_chains.values()]), StoppingJournal(3)
    with pytest.raises(Refused, match="stopped here"):
        deploy_network(config, journal=journal)
    done = {line.step for line in journal.lines}
    journal.left = 100

    deployment = deploy_network(config, journal=journal)

    assert done
    assert done.isdisjoint(line.step for line in journal.lines[len(done) :])
    assert anyio.run(verify_network, config, deployment) == ()
