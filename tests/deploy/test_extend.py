"""A network that runs is extended and its lanes are replaced; a deployment survives being killed anywhere."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from ccip_py.chains.deployment import Deployment, load_deployment
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.deploy import NetworkConfig, deploy_network, devnet_config, verify_network
from ccip_py.deploy.admin import ask
from ccip_py.deploy.config import SEVERED, TokenConfig
from ccip_py.deploy.devnet import ACCOUNTS, CHAIN_IDS, USERS
from ccip_py.deploy.existing import Replacing
from ccip_py.deploy.journal import FileJournal, MemoryJournal
from ccip_py.deploy.keys import Party, dev_address
from ccip_py.deploy.network import deploy_to_file, journal_path, plan_for, replace_lane
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.errors import ConfigError, ContractRefused, Refused
from ccip_py.protocol.ids import NO_ADDRESS
from ccip_py.sdk.client import Ccip
from ccip_py.sdk.signers import development
from tests.deploy.conftest import Deployed


@pytest.fixture
def third_chain() -> Iterator[Anvil]:
    with Anvil(AnvilOptions(chain_id=CHAIN_IDS[2], accounts=ACCOUNTS)) as chain:
        yield chain


def with_a_third_chain(deployed: Deployed, third: Anvil) -> NetworkConfig:
    return devnet_config([*(chain.rpc_url for chain in deployed.config.chains), third.url])


def send(deployment: Deployment, source: str, destination: str) -> int:
    """Send a token transfer; its sequence number."""
    with Ccip(deployment) as ccip:
        me = development(0)
        return ccip.send(source, destination, me.address, signer=me, tokens=[("BMT", "1")]).sequence_number


# Extending. The fixtures' network has no journal on disk: what is there is taken from the deployment.


def test_a_chain_is_added_with_its_lanes_and_tokens(deployed: Deployed, third_chain: Anvil) -> None:
    config = with_a_third_chain(deployed, third_chain)

    grown = deploy_network(config, known=deployed.deployment)

    assert [chain.name for chain in grown.chains] == ["a", "b", "c"]
    assert len(grown.lanes) == 6
    assert grown.lanes[0] in deployed.deployment.lanes
    assert anyio.run(verify_network, config, grown) == ()
    assert [send(grown, *lane) for lane in (("a", "b"), ("a", "c"), ("c", "b"))] == [1, 1, 1]


def test_a_token_is_added(deployed: Deployed) -> None:
    more = replace(deployed.config.tokens[0], symbol="NEW", name="New")
    config = replace(deployed.config, tokens=(*deployed.config.tokens, more))

    grown = deploy_network(config, known=deployed.deployment)

    assert {token.symbol for token in grown.chains[0].tokens} == {"BMT", "LRT", "NEW"}


def test_a_lane_is_added_between_chains_that_are_there(empty_chains: dict[str, Anvil]) -> None:
    config = devnet_config([chain.url for chain in empty_chains.values()])
    known = deploy_network(replace(config, lanes=(("a", "b"),)))
    both_ways = replace(config, lanes=(("a", "b"), ("b", "a")))

    grown = deploy_network(both_ways, known=known)

    assert [lane.on_ramp for lane in grown.lanes][:1] == [lane.on_ramp for lane in known.lanes]
    assert anyio.run(verify_network, both_ways, grown) == ()
    assert [send(grown, *lane) for lane in both_ways.lanes] == [1, 1]


def test_a_monitor_is_added(deployed: Deployed) -> None:
    monitors = deployed.config.monitors
    more = replace(
        monitors,
        bless_keys=(*monitors.bless_keys, dev_address(28)),
        curse_keys=(*monitors.curse_keys, dev_address(29)),
    )
    config = replace(deployed.config, monitors=more)
    journal = MemoryJournal()
    known = deploy_network(deployed.config, journal=journal)

    grown = deploy_network(config, journal=journal, known=known)

    for chain in grown.chains:
        assert len(ask(chain, chain.rmn, "RMN", "getMonitors")["monitors"]) == len(monitors.bless_keys) + 1
    assert anyio.run(verify_network, config, grown) == ()


def test_committee_executors_and_the_monitors_threshold_are_changed(deployed: Deployed) -> None:
    config = replace(
        deployed.config,
        executors=(*deployed.config.executors, dev_address(23)),
        committers=replace(
            deployed.config.committers,
            addresses=(*deployed.config.committers.addresses, *map(dev_address, (28, 29, 30))),
            f=2,
        ),
        monitors=replace(deployed.config.monitors, curse_threshold=3),
    )
    journal = MemoryJournal()
    known = deploy_network(deployed.config, journal=journal)

    grown = deploy_network(config, journal=journal, known=known)

    assert len(grown.lanes[0].committers) == 7
    b = grown.chain_named("b")
    executors = ask(b, grown.lanes[0].off_ramp, "OffRamp", "getTransmitters")
    assert len(executors) == len(deployed.config.executors) + 1
    assert ask(b, b.rmn, "RMN", "getMonitors")["curseThreshold"] == 3
    assert grown.lanes[0].config_digest != deployed.deployment.lanes[0].config_digest


def test_a_chain_that_disappears_from_the_configuration_is_refused(
    deployed: Deployed, third_chain: Anvil, tmp_path: Path
) -> None:
    out = tmp_path / "deployment.json"
    deploy_to_file(with_a_third_chain(deployed, third_chain), out)

    with pytest.raises(ConfigError, match="never shrunk"):
        deploy_to_file(deployed.config, out)


def test_an_owner_without_a_key_is_told_what_to_call(deployed: Deployed) -> None:
    journal = MemoryJournal()
    deploy_network(deployed.config, journal=journal)
    elsewhere = tuple(replace(chain, owner=Party(chain.owner.address)) for chain in deployed.config.chains)
    config = replace(
        deployed.config, chains=elsewhere, executors=(*deployed.config.executors, dev_address(23))
    )

    with pytest.raises(Refused) as refused:
        deploy_network(config, journal=journal)

    assert refused.value.code == "OWNER_MUST_ACT"
    assert any("executor 0x" in name for name in refused.value.context)
    assert all(str(data).startswith("0x") for data in refused.value.context.values())


# Existing tokens


def test_an_existing_token_is_adopted(deployed: Deployed) -> None:
    """LINK of the network stands for somebody's token: nothing of it is ours but the pool."""
    chains = deployed.deployment.chains
    places = {
        chain.name: replace(
            deployed.config.tokens[1].on[chain.name], initial_supply=0, liquidity=0, address=chain.link
        )
        for chain in chains
    }
    token = TokenConfig("OLD", "Somebody's", 10**18, places)
    config = replace(deployed.config, tokens=(*deployed.config.tokens, token))

    grown = deploy_network(config, known=deployed.deployment)

    adopted = grown.chains[0].token("OLD")
    assert adopted.address == chains[0].link
    with Ccip(grown) as ccip:
        assert chains[0].link in [bytes.fromhex(token.token[2:]) for token in ccip.tokens("a", "b")]


def test_an_existing_token_is_not_minted(deployed: Deployed) -> None:
    place = replace(deployed.config.tokens[0].on["a"], address=dev_address(3))
    token = replace(deployed.config.tokens[0], on={**deployed.config.tokens[0].on, "a": place})

    with pytest.raises(ConfigError, match="no supply, no liquidity"):
        deploy_network(replace(deployed.config, tokens=(token,)))


# Sender allow-lists


def test_only_allowed_senders_send_on_a_private_network(empty_chains: dict[str, Anvil]) -> None:
    config = devnet_config([chain.url for chain in empty_chains.values()])

    deployment = deploy_network(replace(config, allowed_senders=(dev_address(USERS[0]),)))

    assert send(deployment, "a", "b") == 1
    other = development(USERS[1])
    with Ccip(deployment) as ccip, pytest.raises(ContractRefused) as refused:
        ccip.send("a", "b", other.address, signer=other, tokens=[("BMT", "1")])
    assert refused.value.error == "SenderNotAllowed"


# Replacing a lane


def nonce(deployment: Deployment, source: str, destination: str) -> int:
    lane = deployment.lane(
        deployment.chain_named(source).selector, deployment.chain_named(destination).selector
    )
    chain = deployment.chain_named(source)
    return int(ask(chain, lane.on_ramp, "OnRamp", "getSenderNonce", dev_address(USERS[0])))


def test_a_linked_lane_goes_on_where_the_old_one_stopped(deployed: Deployed) -> None:
    send(deployed.deployment, "a", "b")
    before = deployed.deployment.lanes[0]

    after = replace_lane(deployed.config, deployed.deployment, Replacing("a", "b"))

    lane = after.lanes[0]
    assert {lane.on_ramp, lane.commit_store, lane.off_ramp} & {
        before.on_ramp,
        before.commit_store,
        before.off_ramp,
    } == set()
    assert (lane.previous_off_ramp, lane.previous_commit_store) == (before.off_ramp, before.commit_store)
    assert after.lanes[1] == deployed.deployment.lanes[1]
    assert nonce(after, "a", "b") == 1
    assert send(after, "a", "b") == 1
    assert nonce(after, "a", "b") == 2


def test_a_severed_lane_shares_nothing_and_shuts_the_old_one(deployed: Deployed) -> None:
    send(deployed.deployment, "a", "b")
    before, b = deployed.deployment.lanes[0], deployed.deployment.chain_named("b")

    after = replace_lane(deployed.config, deployed.deployment, Replacing("a", "b", severed=True))

    assert after.lanes[0].previous_off_ramp is None
    assert nonce(after, "a", "b") == 0
    assert ask(b, before.commit_store, "CommitStore", "paused")
    assert not ask(b, b.router, "Router", "isOffRamp", before.source, before.off_ramp)
    assert send(after, "a", "b") == 1


def test_a_third_generation_ends_the_first(deployed: Deployed) -> None:
    journal = MemoryJournal()
    first = deploy_network(deployed.config, journal=journal)
    second = replace_lane(deployed.config, first, Replacing("a", "b"), journal=journal)

    third = replace_lane(deployed.config, second, Replacing("a", "b"), journal=journal)

    assert third.lanes[0].previous_off_ramp == second.lanes[0].off_ramp
    b = third.chain_named("b")
    assert ask(b, first.lanes[0].commit_store, "CommitStore", "paused")
    assert not ask(b, b.router, "Router", "isOffRamp", first.lanes[0].source, first.lanes[0].off_ramp)
    assert deploy_network(deployed.config, journal=journal) == third


def test_an_interrupted_replacement_is_gone_on_with(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out, replacing = tmp_path / "deployment.json", Replacing("a", "b", severed=True)
    deploy_to_file(deployed.config, out)
    with killed_after(monkeypatch, 4), pytest.raises((Killed, BaseExceptionGroup)):
        deploy_to_file(deployed.config, out, replacing=replacing)

    deploy_to_file(deployed.config, out, replacing=replacing)

    steps = {line.step for line in FileJournal(journal_path(out)).read()}
    assert any(step.startswith(f"a>b#2{SEVERED}/") for step in steps)
    assert not any(step.startswith("a>b#3") for step in steps)
    assert anyio.run(plan_for, deployed.config, out).steps == ()


def test_a_lane_that_is_not_there_is_not_replaced(deployed: Deployed) -> None:
    with pytest.raises(ConfigError, match="no lane from a to a"):
        replace_lane(deployed.config, deployed.deployment, Replacing("a", "a"))


# Being killed


class Killed(BaseException):
    """The process ends here, as far as the chains go: no handler of ours sees it."""


class killed_after:
    """Every transaction after the first `count` ends the process instead of being sent; those that are on their way
    to another chain by then arrive, as they would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        self._patch, self._left = monkeypatch, count
        self._call = Rpc.call

    def __enter__(self) -> None:
        async def call(rpc: Rpc, method: str, *params: Any) -> Any:
            if method == "eth_sendRawTransaction":
                if self._left == 0:
                    raise Killed
                self._left -= 1
                with anyio.CancelScope(shield=True):
                    return await self._call(rpc, method, *params)
            return await self._call(rpc, method, *params)

        self._patch.setattr(Rpc, "call", call)

    def __exit__(self, *_: object) -> None:
        self._patch.setattr(Rpc, "call", self._call)


@pytest.mark.parametrize("sent", [1, 17, 40, 90, 140, 160])
def test_a_deployment_killed_at_any_transaction_goes_on(
    empty_chains: dict[str, Anvil], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sent: int
) -> None:
    out = tmp_path / "deployment.json"
    config = devnet_config([chain.url for chain in empty_chains.values()])
    with killed_after(monkeypatch, sent), pytest.raises((Killed, BaseExceptionGroup)):
        deploy_to_file(config, out)
    for chain in empty_chains.values():
        chain.mine()  # what has arrived, and is not in a block yet
    before = sum(_transactions(chain) for chain in empty_chains.values())

    deployment = deploy_to_file(config, out)

    assert before == sent
    assert anyio.run(verify_network, config, load_deployment(out)) == ()
    total = sum(_transactions(chain) for chain in empty_chains.values())
    assert total == TRANSACTIONS
    assert deployment.lanes[0].on_ramp != NO_ADDRESS


@pytest.mark.slow
def test_a_deployment_killed_after_every_transaction_ends_all_the_same(
    empty_chains: dict[str, Anvil], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One transaction for each run, and the end of the process when it wants to send another."""
    out = tmp_path / "deployment.json"
    config = devnet_config([chain.url for chain in empty_chains.values()])
    kills = 0
    while not out.exists():
        with killed_after(monkeypatch, 1):
            kills += _is_killed(lambda: deploy_to_file(config, out))

    assert kills >= TRANSACTIONS - 2  # one on each chain may be the last of its run
    assert anyio.run(verify_network, config, load_deployment(out)) == ()
    assert sum(map(_transactions, empty_chains.values())) == TRANSACTIONS


def _is_killed(run: Callable[[], object]) -> bool:
    """Whether it was killed; anything else that ends it is raised."""
    try:
        run()
    except Killed:
        return True
    except BaseExceptionGroup as group:
        _, others = group.split(Killed)
        if others is not None:
            raise
        return True
    return False


def _transactions(chain: Anvil) -> int:
    blocks = (chain.rpc("eth_getBlockByNumber", hex(n), False) for n in range(1, chain.block_number() + 1))
    return sum(len(block["transactions"]) for block in blocks)


TRANSACTIONS = 186  # of the devnet's network, each exactly once
