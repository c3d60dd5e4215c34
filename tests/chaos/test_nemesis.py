"""What the one who breaks things puts right again."""

from ccip_py.chaos.nemesis import cursed_subjects, lift_all
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.admin import Console, curse
from ccip_py.deploy.keys import party
from ccip_py.protocol.blessing import GLOBAL_CURSE
from ccip_py.testing.sandbox import Sandbox


def test_every_curse_is_lifted_also_that_of_everything(ccip: Sandbox) -> None:
    a, b = ccip.network.deployment.chains
    curse(Console(a, party(f"anvil:{roles.GUARDIAN}")), b.selector)
    curse(Console(b, party(f"anvil:{roles.GUARDIAN}")), GLOBAL_CURSE)

    assert lift_all([a, b]) == ["b on a", "everything on b"]
    assert cursed_subjects(a) == cursed_subjects(b) == []
