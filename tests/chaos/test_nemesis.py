"""What the one who breaks things puts right again."""

import random
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest

from ccip_py.chaos.nemesis import LIES, World, cursed_subjects, lift_all, lost_transactions, lying_committer
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.admin import Console, curse
from ccip_py.deploy.keys import party
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.errors import EndpointDown
from ccip_py.protocol.blessing import GLOBAL_CURSE
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.testing.sandbox import Sandbox


def test_every_curse_is_lifted_also_that_of_everything(ccip: Sandbox) -> None:
    a, b = ccip.network.deployment.chains
    curse(Console(a, party(f"anvil:{roles.GUARDIAN}")), b.selector)
    curse(Console(b, party(f"anvil:{roles.GUARDIAN}")), GLOBAL_CURSE)

    assert lift_all([a, b]) == ["b on a", "everything on b"]
    assert cursed_subjects(a) == cursed_subjects(b) == []


@pytest.mark.parametrize("seed", range(4))
def test_the_lying_committer_lies_as_it_is_told(ccip: Sandbox, seed: int) -> None:
    told = dict[str, Any]()
    proxies: Any = SimpleNamespace(set=lambda _node, chain, *faults: told.setdefault(chain, faults))
    nobody: Any = None
    truth = ccip.send("a", "b", ccip.user, data=b"the truth")
    with lying_committer(World(ccip.network, nobody, proxies, nobody), random.Random(seed)) as what:
        (fault,) = told["a"]
    lane = ccip.network.lane("a", "b")
    altered = codec.decode_ccip_send_requested(fault.forge(codec.encode_ccip_send_requested(truth.message)))
    changed = {
        each.name
        for each in fields(altered)
        if getattr(altered, each.name) != getattr(truth.message, each.name)
    }
    lie = "receiver" if what.endswith("other receivers") else "data"
    assert changed == {lie, "message_id"}
    metadata = metadata_hash(lane.source, lane.destination, lane.on_ramp)
    assert altered.message_id == leaf(altered, metadata)


def test_both_lies_are_told() -> None:
    chosen = {random.Random(seed).choice(tuple(LIES)) for seed in range(4)}
    assert chosen == {"other receivers", "other data"}


def test_a_pool_that_was_not_forgotten_is_not_counted() -> None:
    nobody: Any = None
    chains = [SimpleNamespace(name="a")]
    never_started = Anvil(AnvilOptions(chain_id=31337))
    network: Any = SimpleNamespace(deployment=SimpleNamespace(chains=chains), anvils={"a": never_started})
    world = World(network, nobody, nobody, nobody)
    with pytest.raises(EndpointDown), lost_transactions(world, random.Random(1)):
        pass
