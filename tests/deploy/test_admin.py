"""What owners and guardians do to a running network, on real contracts."""

import pytest

from ccip_py.deploy import admin
from ccip_py.deploy.devnet import GUARDIAN
from ccip_py.deploy.keys import dev_address
from ccip_py.errors import BadInput, ContractRefused
from ccip_py.protocol.blessing import curse_subject
from ccip_py.protocol.ids import Root
from tests.deploy.conftest import Deployed

GLOBAL = bytes.fromhex("01000000000000000000000000000001")


def is_cursed(deployed: Deployed, subject: bytes) -> bool:
    chain = deployed.deployment.chain_named("b")
    return bool(admin.ask(chain, chain.rmn, "RMN", "isCursed", subject))


def test_the_guardian_stops_a_chain_and_only_the_owner_lifts_it(deployed: Deployed) -> None:
    source = deployed.deployment.chain_named("a").selector
    guardian, owner = deployed.console("b", GUARDIAN), deployed.console("b")

    admin.curse(guardian, source)
    assert is_cursed(deployed, curse_subject(source))
    with pytest.raises(ContractRefused, match="OwnableUnauthorizedAccount"):
        admin.uncurse(guardian, source)

    admin.uncurse(owner, source)
    assert not is_cursed(deployed, curse_subject(source))


def test_a_lift_quotes_the_votes_that_were_reviewed(deployed: Deployed) -> None:
    source, owner = deployed.deployment.chain_named("a").selector, deployed.console("b")
    admin.curse(owner, source)
    reviewed = admin.ask(owner.chain, owner.chain.rmn, "RMN", "votesHash", curse_subject(source))
    admin.curse(deployed.console("b", GUARDIAN), source)

    with pytest.raises(ContractRefused, match="VotesChanged"):
        admin.uncurse(owner, source, reviewed)
    assert is_cursed(deployed, curse_subject(source))


def test_everything_can_be_stopped(deployed: Deployed) -> None:
    admin.curse(deployed.console("b"), GLOBAL)

    assert is_cursed(deployed, curse_subject(deployed.deployment.chain_named("a").selector))


def test_lifting_what_is_not_cursed_is_refused_by_name(deployed: Deployed) -> None:
    with pytest.raises(ContractRefused, match="SubjectNotCursed"):
        admin.uncurse(deployed.console("b"), deployed.deployment.chain_named("a").selector)


def test_a_stranger_stops_nothing(deployed: Deployed) -> None:
    with pytest.raises(ContractRefused, match="OnlyGuardianOrOwner"):
        admin.curse(deployed.console("b", 0), GLOBAL)


def test_a_lane_is_paused_and_goes_on(deployed: Deployed) -> None:
    owner, lane = deployed.console("b"), deployed.deployment.lanes[0]

    admin.pause(owner, lane.commit_store)
    assert admin.ask(owner.chain, lane.commit_store, "CommitStore", "paused")

    admin.unpause(owner, lane.commit_store)
    assert not admin.ask(owner.chain, lane.commit_store, "CommitStore", "paused")


def test_committers_are_rotated(deployed: Deployed) -> None:
    owner, lane = deployed.console("b"), deployed.deployment.lanes[0]
    others = [dev_address(index) for index in range(10, 17)]

    admin.set_committers(owner, lane.commit_store, others, 2)

    assert admin.ask(owner.chain, lane.commit_store, "CommitStore", "getSigners") == others
    assert admin.ask(owner.chain, lane.commit_store, "CommitStore", "quorum") == 5


def test_too_few_committers_are_refused_before_anything_is_sent(deployed: Deployed) -> None:
    before = deployed.chains["b"].block_number()

    with pytest.raises(BadInput, match="needs 4 different committers, got 3"):
        admin.set_committers(
            deployed.console("b"),
            deployed.deployment.lanes[0].commit_store,
            [dev_address(0)] * 3 + [dev_address(1), dev_address(2)],
            1,
        )

    assert deployed.chains["b"].block_number() == before


def test_executors_come_and_go(deployed: Deployed) -> None:
    owner, lane = deployed.console("b"), deployed.deployment.lanes[0]
    old, new = deployed.config.executors[0], dev_address(0)

    done = admin.set_executors(owner, lane.off_ramp, remove=[old], add=[new])

    assert admin.ask(owner.chain, lane.off_ramp, "OffRamp", "getTransmitters") == [new]
    assert done.gas_used > 21_000


def test_a_root_that_is_not_committed_cannot_be_removed(deployed: Deployed) -> None:
    with pytest.raises(ContractRefused, match="NotTheNewestRoot"):
        admin.remove_unblessed_roots(
            deployed.console("b"), deployed.deployment.lanes[0].commit_store, [Root(b"\x11" * 32)]
        )


def test_removing_no_root_is_a_mistake(deployed: Deployed) -> None:
    with pytest.raises(BadInput):
        admin.remove_unblessed_roots(deployed.console("b"), deployed.deployment.lanes[0].commit_store, [])
