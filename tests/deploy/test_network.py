"""A network is deployed on real chains, goes on where it stopped, and tampering with it shows."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from ccip_py.chains.deployment import Deployment, load_deployment
from ccip_py.deploy import deploy_network, devnet_config, verify_network
from ccip_py.deploy.admin import Console, act, ask
from ccip_py.deploy.devnet import LOCK_RELEASE, OWNER, USERS
from ccip_py.deploy.journal import FileJournal, MemoryJournal, Sent
from ccip_py.deploy.keys import Party, dev_address
from ccip_py.deploy.network import deploy_to_file, journal_path
from ccip_py.devnet.anvil import Anvil
from ccip_py.errors import ConfigError, ContractRefused, EndpointDown, Refused
from ccip_py.protocol.ids import NO_ADDRESS
from tests.deploy.conftest import Deployed

ONE = 10**18


def findings(deployed: Deployed) -> list[str]:
    return [str(one) for one in anyio.run(verify_network, deployed.config, deployed.deployment)]


# What is there afterwards


def test_the_network_is_as_configured(deployed: Deployed) -> None:
    assert findings(deployed) == []


def test_no_contract_has_one_address_on_two_chains(deployed: Deployed) -> None:
    """Otherwise taking one chain's address for the other's would work by chance."""
    a, b = (
        {chain.router, chain.rmn, *(t.pool for t in chain.tokens)} for chain in deployed.deployment.chains
    )

    assert not a & b


@pytest.mark.parametrize("fee_token", ["link", "native"])
def test_the_first_quote_works(deployed: Deployed, fee_token: str) -> None:
    for lane in deployed.deployment.lanes:
        source = deployed.deployment.chain(lane.source)
        message = {
            "receiver": bytes(12) + dev_address(USERS[1]),
            "data": b"hello",
            "tokenAmounts": [{"token": source.token("BMT").address, "amount": ONE}],
            "feeToken": source.link if fee_token == "link" else NO_ADDRESS,
            "extraArgs": b"",
        }

        assert ask(source, source.router, "Router", "getFee", lane.destination, message) > 0


def test_holders_hold_and_lock_release_pools_can_release(deployed: Deployed) -> None:
    for chain in deployed.deployment.chains:
        for token in chain.tokens:
            assert (
                ask(chain, token.address, "BurnMintERC20", "balanceOf", dev_address(USERS[0])) == 10_000 * ONE
            )
        locked = chain.token(LOCK_RELEASE)
        assert ask(chain, locked.address, "BurnMintERC20", "balanceOf", locked.pool) == 1_000_000 * ONE
        assert ask(chain, chain.link, "BurnMintERC20", "balanceOf", dev_address(USERS[0])) == 1_000 * ONE


# Tampering


def rmn_config(deployed: Deployed, bless_threshold: int) -> tuple[Console, object, str, str, list[object]]:
    monitors = deployed.config.monitors
    keys = [
        {"blessKey": bless, "curseKey": curse}
        for bless, curse in zip(monitors.bless_keys, monitors.curse_keys, strict=True)
    ]
    owner = deployed.console("a")
    return owner, owner.chain.rmn, "RMN", "setMonitors", [keys, bless_threshold, 2]


def executor(deployed: Deployed) -> tuple[Console, object, str, str, list[object]]:
    lane = deployed.deployment.lanes[0]
    return deployed.console("b"), lane.off_ramp, "OffRamp", "setExecutors", [[], [dev_address(0)]]


def writer(deployed: Deployed) -> tuple[Console, object, str, str, list[object]]:
    owner = deployed.console("a")
    callers = {"addedCallers": [dev_address(0)], "removedCallers": []}
    return owner, owner.chain.fee_quoter, "FeeQuoter", "applyAuthorizedCallerUpdates", [callers]


def way_out(deployed: Deployed) -> tuple[Console, object, str, str, list[object]]:
    owner, lane = deployed.console("a"), deployed.deployment.lanes[0]
    closed = {"destChainSelector": lane.destination, "onRamp": NO_ADDRESS}
    return owner, owner.chain.router, "Router", "applyRampUpdates", [[closed], [], []]


def guardian(deployed: Deployed) -> tuple[Console, object, str, str, list[object]]:
    owner = deployed.console("b")
    return owner, owner.chain.rmn, "RMN", "setGuardian", [dev_address(0)]


Tampering = Callable[[Deployed], tuple[Console, object, str, str, list[object]]]


@pytest.mark.parametrize(
    ("tampering", "shows_as"),
    [
        (lambda d: rmn_config(d, 1), "a/RMN on a: getMonitors() is"),
        (executor, "a>b/OffRamp on b: getTransmitters() is"),
        (writer, "a/FeeQuoter on a: getAllAuthorizedCallers() is"),
        (way_out, "a>b/Router on a: getOnRamp(3379446385462418246) is 0x0000"),
        (guardian, "b/RMN on b: guardian() is 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    ],
)
def test_a_change_behind_our_back_shows(deployed: Deployed, tampering: Tampering, shows_as: str) -> None:
    console, target, contract, function, arguments = tampering(deployed)
    act(console, target, contract, function, *arguments)  # type: ignore[arg-type]

    found = findings(deployed)

    assert len(found) == 1
    assert found[0].startswith(shows_as)


def test_other_committers_show_in_every_way(deployed: Deployed) -> None:
    from ccip_py.deploy.admin import set_committers

    others = tuple(dev_address(index) for index in (10, 11, 12, 24))
    set_committers(deployed.console("b"), deployed.deployment.lanes[0].commit_store, others, 1)

    found = findings(deployed)

    assert {one.partition(": ")[2].partition("(")[0] for one in found} == {
        "latestConfigDetails",
        "getSigners",
        "getTransmitters",
    }


def test_a_contract_that_is_not_there_shows(deployed: Deployed) -> None:
    lane = deployed.deployment.lanes[0]
    elsewhere = replace(
        deployed.deployment, lanes=(replace(lane, off_ramp=dev_address(0)), *deployed.deployment.lanes[1:])
    )

    found = anyio.run(verify_network, deployed.config, elsewhere)

    assert any("OffRamp" in str(one) and "no code there" in str(one) for one in found)


# Interruption and repetition


class StoppingJournal(MemoryJournal):
    """Ends the deployment when it wants to write for the n-th time: as far as the chains go, a crash."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self.left = writes

    def write(self, lines: object) -> None:
        self.left -= 1
        if self.left < 0:
            raise Refused("stopped here by the test")
        super().write(lines)  # type: ignore[arg-type]


@pytest.mark.parametrize("writes", [1, 6])
def test_an_interrupted_deployment_goes_on_where_it_stopped(
    empty_chains: dict[str, Anvil], writes: int
) -> None:
    config = devnet_config([chain.url for chain in empty_chains.values()])
    journal = StoppingJournal(writes)
    with pytest.raises(Refused, match="stopped here"):
        deploy_network(config, journal=journal)
    before = {line.step: line.transaction for line in journal.lines}

    journal.left = 100
    deployment = deploy_network(config, journal=journal)

    again = [line.step for line in journal.lines[len(before) :]]
    assert before
    assert not before.keys() & set(again)
    assert len(deployment.lanes) == 2


def test_a_finished_deployment_has_nothing_left_to_do(empty_chains: dict[str, Anvil]) -> None:
    config, journal = devnet_config([chain.url for chain in empty_chains.values()]), MemoryJournal()
    first = deploy_network(config, journal=journal)
    heights = [chain.block_number() for chain in empty_chains.values()]

    second = deploy_network(config, journal=journal)

    assert second == first
    assert [chain.block_number() for chain in empty_chains.values()] == heights


def test_the_file_that_is_written_is_what_other_tools_read(
    empty_chains: dict[str, Anvil], tmp_path: Path
) -> None:
    config = devnet_config([chain.url for chain in empty_chains.values()])
    out, said = tmp_path / "deployment.json", list[str]()

    first = deploy_to_file(config, out, said.append)
    assert load_deployment(out) == first
    assert FileJournal(journal_path(out)).read()

    assert deploy_to_file(config, out, said.append) == first
    assert said[-1] == f"{out} is there, and so are its contracts: nothing to do"


def test_local_chains_that_were_started_anew_are_deployed_to_anew(
    empty_chains: dict[str, Anvil], deployed_once: Deployed, tmp_path: Path
) -> None:
    out = tmp_path / "deployment.json"
    config = devnet_config([chain.url for chain in empty_chains.values()])
    empty_chains["a"].mine()
    _save(deployed_once.deployment, out)
    said: list[str] = []

    deploy_to_file(config, out, said.append)

    assert said[0] == f"{out} is of chains that are gone; deploying anew"
    assert load_deployment(out).chains[0].rpc_url == empty_chains["a"].url


def _save(deployment: Deployment, out: Path) -> None:
    from ccip_py.chains.deployment import save_deployment

    save_deployment(deployment, out)


def test_a_journal_that_was_cut_off_loses_only_its_last_line(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal")
    line = Sent("a/RMN", "00", "a", "0x01", None)
    journal.write([line])
    journal.path.write_text(journal.path.read_text() + json.dumps({"step": "half"})[:7])

    assert journal.read() == (line,)


def test_a_file_that_is_no_journal_is_not_touched(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal")
    journal.path.write_text("something else\n")

    with pytest.raises(ConfigError, match="is not a deployment's journal"):
        journal.read()


# What stops a deployment


def test_a_deployer_without_funds_is_named(empty_chains: dict[str, Anvil]) -> None:
    config = devnet_config([chain.url for chain in empty_chains.values()])
    empty_chains["b"].set_balance("0x" + config.chains[1].deployer.address.hex(), 0)

    with pytest.raises(Refused, match="has no funds on b") as refused:
        deploy_network(config)

    assert refused.value.code == "NO_FUNDS"


def test_a_chain_of_another_id_is_not_touched(empty_chains: dict[str, Anvil]) -> None:
    a, b = empty_chains.values()

    with pytest.raises(EndpointDown, match="is chain 1337, not 31337"):
        deploy_network(devnet_config([b.url, a.url]))

    assert (a.block_number(), b.block_number()) == (0, 0)


def test_a_refused_step_is_named_with_the_contracts_error(deployed: Deployed) -> None:
    stranger = Console(deployed.deployment.chain_named("a"), Party(dev_address(0), "anvil:0"))

    with pytest.raises(ContractRefused) as refused:
        act(stranger, stranger.chain.router, "Router", "setWrappedNative", dev_address(1))

    assert refused.value.error == "OwnableUnauthorizedAccount"
    assert refused.value.hint == "in the step: Router.setWrappedNative"


def test_the_owner_owns(deployed: Deployed) -> None:
    for chain in deployed.deployment.chains:
        assert ask(chain, chain.router, "Router", "owner") == dev_address(OWNER)
