"""The seven chaos cases that production CCIP runs against its own network, by their names, on ours: an endpoint of
either chain gone, all endpoints gone, a minority and a majority of those who commit, and of those who execute, gone and
back. Whatever stopped goes on by itself, and the auditor finds everything delivered once."""

from collections.abc import Iterator

import pytest

from ccip_py.devnet.stepped import SteppedOptions, stepped_network
from ccip_py.errors import CcipError
from ccip_py.testing import Stage
from ccip_py.testing.contracts import Contract
from ccip_py.testing.faults import Status
from ccip_py.testing.sandbox import Sandbox, default_cache
from tests.chaos.test_reorg_matrix import tally


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with stepped_network(SteppedOptions(executors=2)) as network:
        sandbox = Sandbox(network, default_cache(), None)
        try:
            yield sandbox
        finally:
            sandbox.close()


@pytest.fixture
def ccip(shared: Sandbox) -> Iterator[Sandbox]:
    with shared.isolated():
        yield shared


@pytest.fixture
def inbox(ccip: Sandbox) -> Contract:
    return ccip.deploy("b", "Inbox", ccip.router("b"))


def _everybody(ccip: Sandbox) -> list[str]:
    nodes = ccip.network.nodes
    return [*nodes.committers, *nodes.executors]


def _delivered_once(ccip: Sandbox, inbox: Contract) -> None:
    assert inbox.count() == 1
    assert tally(ccip) == (1, 1)


def _out_of_reach(ccip: Sandbox, inbox: Contract, *chains: str) -> None:
    proxies = [ccip.rpc_faults(chain, Status(503), nodes=_everybody(ccip)) for chain in chains]
    sent = ccip.send("a", "b", inbox, data=b"through")
    ccip.mine(8)
    assert not ccip.network.step()
    assert all(proxy.calls for proxy in proxies)
    for proxy in proxies:
        proxy.clear()
    ccip.run_until(sent, Stage.EXECUTED)
    _delivered_once(ccip, inbox)


def test_case_1_the_endpoint_of_the_source_is_gone_and_comes_back(ccip: Sandbox, inbox: Contract) -> None:
    _out_of_reach(ccip, inbox, "a")


def test_case_2_the_endpoint_of_the_destination_is_gone_and_comes_back(
    ccip: Sandbox, inbox: Contract
) -> None:
    _out_of_reach(ccip, inbox, "b")


def test_case_3_all_endpoints_are_gone_and_come_back(ccip: Sandbox, inbox: Contract) -> None:
    _out_of_reach(ccip, inbox, "a", "b")


def test_case_4_commits_go_on_while_a_minority_is_down(ccip: Sandbox, inbox: Contract) -> None:
    ccip.fail_committer(2)
    ccip.run_until(ccip.send("a", "b", inbox, data=b"by three"), Stage.EXECUTED)
    _delivered_once(ccip, inbox)


def test_case_5_commits_go_on_once_a_majority_is_back(ccip: Sandbox, inbox: Contract) -> None:
    ccip.fail_committer(0, 1, 2)
    sent = ccip.send("a", "b", inbox, data=b"by one")
    with pytest.raises(CcipError):
        ccip.run_until(sent, Stage.COMMITTED)
    ccip.recover()
    ccip.run_until(sent, Stage.EXECUTED)
    _delivered_once(ccip, inbox)


@pytest.mark.parametrize("down", [0, 1])
def test_case_6_executions_go_on_while_one_executor_is_down(
    ccip: Sandbox, inbox: Contract, down: int
) -> None:
    ccip.network.nodes.down.add(f"executor {down}")
    ccip.run_until(ccip.send("a", "b", inbox, data=b"by the other"), Stage.EXECUTED)
    _delivered_once(ccip, inbox)


def test_case_7_executions_go_on_once_the_executors_are_back(ccip: Sandbox, inbox: Contract) -> None:
    ccip.fail_executor()
    sent = ccip.send("a", "b", inbox, data=b"later")
    with pytest.raises(CcipError):
        ccip.run_until(sent, Stage.EXECUTED)
    ccip.recover()
    ccip.run_until(sent, Stage.EXECUTED)
    _delivered_once(ccip, inbox)
