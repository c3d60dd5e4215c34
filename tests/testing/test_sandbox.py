"""What a test can do to a network, one sentence each, on the plugin's own fixture: real chains, nodes and signatures."""

from pathlib import Path

import pytest

from ccip_py.errors import BadInput, ConfigError, ContractRefused, NotYet
from ccip_py.testing import MessageFailed, Stage, Stuck
from ccip_py.testing.faults import FrozenTag, Status

UNIT = 10**18

CONTRACTS = Path(__file__).parent / "contracts"


@pytest.fixture(scope="module")
def inbox(ccip_network):
    """Deployed once, before any test of this file."""
    return ccip_network.deploy("b", "Inbox", ccip_network.router("b"))


@pytest.fixture(scope="module")
def picky(ccip_network):
    artifact = ccip_network.compile(CONTRACTS)["Picky"]
    return ccip_network.deploy("b", artifact, ccip_network.router("b"))


# --- Messages ---


def test_data_arrive(ccip, inbox):
    sent = ccip.send("a", "b", inbox, data=b"hi")

    assert ccip.run_until(sent, Stage.EXECUTED).stage is Stage.EXECUTED
    assert inbox.lastData() == b"hi"
    assert inbox.count() == 1


def test_what_the_test_before_did_is_undone(ccip, inbox):
    """The counter, the sequence number, and the nodes' own memory: the same message is number 1 again."""
    assert inbox.count() == 0
    sent = ccip.send("a", "b", inbox, data=b"hi")

    assert sent.sequence_number == 1
    ccip.run_until(sent, Stage.EXECUTED)
    assert inbox.count() == 1


def test_tokens_and_data_arrive_together_in_the_other_direction(ccip):
    there = ccip.deploy("a", "Inbox", ccip.router("a"))
    before = ccip.balance("b", ccip.user, "LRT")

    sent = ccip.send("b", "a", there, data=b"for you", tokens=[("LRT", 3 * UNIT)], fee_token="LINK")
    ccip.run_until(sent)

    assert ccip.balance("a", there, "LRT") == 3 * UNIT
    assert before - ccip.balance("b", ccip.user, "LRT") == 3 * UNIT
    assert there.lastData() == b"for you"


def test_each_stage_can_be_stopped_at(ccip, inbox):
    sent = ccip.send("a", "b", inbox, data=b"hi")

    for stage in (Stage.SENT, Stage.COMMITTED, Stage.BLESSED, Stage.EXECUTED):
        ccip.run_until(sent, stage)
        assert ccip.stage(sent) is stage


def test_a_failing_receiver_is_named_with_its_own_error_and_values(ccip, picky):
    sent = ccip.send("a", "b", picky, data=(500).to_bytes(32, "big"))

    with pytest.raises(MessageFailed, match=r"TooBig\(given=500, max=100\)"):
        ccip.run_until(sent)
    assert ccip.run_until(sent, Stage.FAILED).stage is Stage.FAILED


def test_what_failed_can_be_executed_by_hand(ccip):
    greedy = ccip.deploy("b", "GreedyInbox", ccip.router("b"))
    sent = ccip.send("a", "b", greedy, data=b"x", gas_limit=100_000)
    ccip.run_until(sent, Stage.FAILED)

    ccip.manually_execute(sent, gas_limit=400_000)

    assert ccip.stage(sent) is Stage.EXECUTED


def test_wanting_a_failure_that_does_not_happen_is_an_error(ccip, inbox):
    sent = ccip.send("a", "b", inbox, data=b"hi")

    with pytest.raises(MessageFailed, match="wanted FAILED, but it is EXECUTED"):
        ccip.run_until(sent, Stage.FAILED)


def test_every_message_is_found_and_delivered_whoever_sent_it(ccip, inbox, picky):
    sent = [
        ccip.send("a", "b", inbox, data=b"1"),
        ccip.send("b", "a", ccip.stranger, tokens=[("BMT", 5)]),
        ccip.send("a", "b", picky, data=(101).to_bytes(32, "big"), sender=ccip.stranger),
    ]

    ended = ccip.deliver()

    assert {each.message_id for each in ended} == {each.message_id for each in sent}
    assert [ccip.stage(each) for each in sent] == [Stage.EXECUTED, Stage.EXECUTED, Stage.FAILED]


def test_messages_arrive_one_by_one_in_any_order(ccip, inbox):
    first, second, third = (
        ccip.send("a", "b", inbox, data=data, out_of_order=True) for data in (b"1", b"2", b"3")
    )

    assert ccip.execute(third).stage is Stage.EXECUTED
    assert (inbox.lastData(), inbox.count()) == (b"3", 1)
    assert [sent.message_id for sent in ccip.waiting()] == [first.message_id, second.message_id]

    ccip.execute(first)
    assert (inbox.lastData(), inbox.count()) == (b"1", 2)


def test_an_ordered_message_waits_for_its_senders_earlier_ones(ccip, inbox):
    first, second = (ccip.send("a", "b", inbox, data=data) for data in (b"1", b"2"))

    assert ccip.execute(second).stage is Stage.BLESSED
    ccip.execute(first)

    assert ccip.execute(second).stage is Stage.EXECUTED


def test_what_failed_is_tried_again_and_refused_if_it_would_fail_again(ccip, picky):
    sent = ccip.send("a", "b", picky, data=(101).to_bytes(32, "big"))
    assert ccip.execute(sent).stage is Stage.FAILED

    with ccip.reverts("ExecutionError"):
        ccip.execute(sent)

    assert ccip.waiting() == [sent]


# --- Time ---


def test_time_passes_on_all_chains_together(ccip):
    before = [anvil.timestamp() for anvil in ccip.network.anvils.values()]

    ccip.warp(500)

    after = {anvil.timestamp() for anvil in ccip.network.anvils.values()}
    assert after == {max(before) + 500}


def test_prices_are_fresh_after_days(ccip, inbox):
    ccip.warp(30 * 86_400)

    ccip.run_until(ccip.send("a", "b", inbox, data=b"after a month"))

    assert inbox.count() == 1


def test_time_does_not_go_back(ccip):
    with pytest.raises(BadInput, match="only goes forward"):
        ccip.warp(0)


def test_nothing_is_committed_before_it_is_final(ccip, inbox):
    sent = ccip.send("a", "b", inbox, data=b"hi")
    ccip.mine(1, "a")
    ccip.step()
    assert ccip.stage(sent) is Stage.SENT

    ccip.mine(1, "a")
    ccip.step()

    assert ccip.stage(sent) is Stage.EXECUTED


@pytest.mark.ccip_finality(12)
def test_finality_can_be_deeper(ccip, inbox):
    sent = ccip.send("a", "b", inbox, data=b"hi")
    ccip.mine(11)
    ccip.step()
    assert ccip.stage(sent) is Stage.SENT

    ccip.run_until(sent)

    assert inbox.count() == 1


def test_a_shallow_reorganisation_takes_an_unfinal_message_away(ccip, inbox):
    gone = ccip.send("a", "b", inbox, data=b"vanishes")

    ccip.reorg("a", 1)
    with pytest.raises(Stuck, match="not on a any more: the chain was reorganised"):
        ccip.run_until(gone)

    assert ccip.messages() == []
    assert not ccip.is_cursed("b", "a")
    ccip.run_until(ccip.send("a", "b", inbox, data=b"again"))
    assert inbox.lastData() == b"again"


def test_a_reorganisation_below_finality_is_cursed_by_the_monitors(ccip, inbox):
    ccip.run_until(ccip.send("a", "b", inbox, data=b"hi"), Stage.BLESSED)

    ccip.reorg("a", 3)

    assert ccip.is_cursed("b", "a")


def test_a_reorganisation_reaches_back_to_the_start_of_the_test_and_no_further(ccip):
    ccip.mine(4)
    ccip.reorg("a", 4)
    with pytest.raises(BadInput, match="only 4 blocks"):
        ccip.reorg("a", 5)


# --- Curses and nodes that are down ---


def test_a_curse_stops_and_its_lifting_lets_go(ccip, inbox):
    sent = ccip.send("a", "b", inbox, data=b"hi")
    ccip.curse("b", "a")
    with pytest.raises(Stuck, match="a is cursed on b"):
        ccip.run_until(sent)

    ccip.uncurse("b", "a")
    ccip.run_until(sent)

    assert inbox.count() == 1


def test_sending_to_a_cursed_chain_is_refused(ccip, inbox):
    ccip.curse("a", "b")

    with pytest.raises(ContractRefused, match="CursedByRMN"):
        ccip.send("a", "b", inbox, data=b"hi")


def test_without_an_executor_it_stays_blessed(ccip, inbox):
    ccip.fail_executor()
    sent = ccip.send("a", "b", inbox, data=b"hi")
    with pytest.raises(Stuck, match="no executor is up"):
        ccip.run_until(sent)
    assert ccip.stage(sent) is Stage.BLESSED

    ccip.recover()

    assert ccip.run_until(sent).stage is Stage.EXECUTED


def test_after_the_window_anyone_executes(ccip, inbox):
    ccip.fail_executor()
    sent = ccip.send("a", "b", inbox, data=b"hi")
    ccip.run_until(sent, Stage.BLESSED)
    with pytest.raises(NotYet, match="only the lane's executors"):
        ccip.manually_execute(sent)

    ccip.warp(3_600)
    ccip.manually_execute(sent)

    assert ccip.stage(sent) is Stage.EXECUTED


@pytest.mark.parametrize("one", range(4))
def test_any_one_committer_and_any_one_monitor_may_be_down(ccip, inbox, one):
    """Whoever leads: when it is the leader, another one takes over."""
    ccip.fail_committer(one)
    ccip.fail_monitor(one)

    ccip.run_until(ccip.send("a", "b", inbox, data=b"hi"))

    assert inbox.count() == 1


def test_without_a_quorum_nothing_is_committed_or_blessed(ccip, inbox):
    first = ccip.send("a", "b", inbox, data=b"1")
    ccip.fail_committer(0, 3)
    with pytest.raises(Stuck, match="2 of 4 committers are up, and 3 must sign"):
        ccip.run_until(first)

    ccip.recover()
    ccip.fail_monitor(1, 2)
    with pytest.raises(Stuck, match="2 of 4 monitors are up, and 3 must bless"):
        ccip.run_until(first)

    assert ccip.stage(first) is Stage.COMMITTED


# --- Liars ---


def test_one_lying_committer_changes_nothing(ccip, inbox):
    ccip.lying_committers(1)

    ccip.run_until(ccip.send("a", "b", inbox, data=b"the truth"))

    assert inbox.lastData() == b"the truth"


def test_two_lying_committers_stop_the_lane_and_land_nothing(ccip, inbox):
    ccip.lying_committers(0, 2)
    sent = ccip.send("a", "b", inbox, data=b"the truth")

    with pytest.raises(Stuck):
        ccip.run_until(sent)

    assert ccip.stage(sent) is Stage.SENT


def test_a_root_that_all_committers_forged_never_executes_and_is_cursed(ccip, inbox):
    sent = ccip.send("a", "b", inbox, data=b"the truth")
    ccip.mine(3)
    forgery = ccip.commit_forged(sent, "BMT", 1_000 * UNIT)

    with ccip.reverts("RootNotCommitted"):  # not blessed is as good as not there
        ccip.execute_forged(sent, forgery)
    ccip.mine(3)  # monitors judge what is final
    ccip.watch()

    assert ccip.is_cursed("b", "a")
    assert ccip.is_cursed("a", "b")


def test_endpoints_can_stand_still_and_recover(ccip, inbox):
    proxy = ccip.rpc_faults("a", FrozenTag("finalized"))
    ccip.network.step()  # this is where they see it stand still
    first = ccip.send("b", "a", ccip.stranger, tokens=[("BMT", 1)])
    ccip.run_until(first)  # the other direction does not care
    sent = ccip.send("a", "b", inbox, data=b"hi")
    proxy.set(FrozenTag("finalized", 3))
    with pytest.raises(Stuck):
        ccip.run_until(sent)

    proxy.clear()

    assert ccip.run_until(sent).stage is Stage.EXECUTED


def test_a_broken_endpoint_of_one_node_harms_nobody(ccip, inbox):
    ccip.rpc_faults("a", Status(500), nodes=["committer 2"])

    ccip.run_until(ccip.send("a", "b", inbox, data=b"hi"))

    assert inbox.count() == 1


# --- Contracts ---


def test_structs_arrays_and_addresses_go_in_and_out(ccip, picky):
    alice = ccip.account("alice")

    said = picky.swap({"who": ccip.user.address, "numbers": [1, 2]}, alice)

    assert said == {"swapped": {"who": alice.address, "numbers": [1, 2]}, "who": ccip.user.address}


def test_errors_of_compiled_contracts_are_matched_by_name_and_value(ccip, picky):
    with ccip.reverts("TooBig", given=101, max=100):
        picky.set(101)
    with (
        pytest.raises(
            AssertionError, match=r"expected TooBig\(given=7\), but got TooBig\(given=101, max=100\)"
        ),
        ccip.reverts("TooBig", given=7),
    ):
        picky.set(101)
    with pytest.raises(AssertionError, match="nothing was refused"), ccip.reverts("TooBig"):
        picky.set(1)


def test_accounts_have_coins_and_can_act(ccip, picky):
    bob = ccip.account("bob")

    picky.set(7, sender=bob)

    assert picky.value() == 7
    assert 0 < 10_000 * 10**18 - ccip.balance("b", bob) < 10**18


def test_functions_that_are_not_there_are_no_attributes(ccip, picky):
    with pytest.raises(AttributeError, match="Picky has no function get"):
        picky.get()
    with pytest.raises(AttributeError, match="did you mean set"):
        picky.sett(1)
    with pytest.raises(BadInput, match="Picky has no function set with 2 arguments") as wrong:
        picky.set(1, 2)
    assert wrong.value.hint == "it has set(uint256)"
    with pytest.raises(BadInput, match=r"Picky\(address router\) takes 1 arguments, got 0"):
        ccip.deploy("b", ccip.compile(CONTRACTS)["Picky"])
    with pytest.raises(ConfigError, match="'Inboks' is none of the contracts") as unknown:
        ccip.deploy("b", "Inboks")
    assert "did you mean Inbox" in unknown.value.hint
    with pytest.raises(ConfigError, match="no contract Pikky was compiled") as absent:
        ccip.compile(CONTRACTS)["Pikky"]
    assert "Picky" in absent.value.hint


def test_functions_of_one_name_and_arity_are_told_apart_by_signature(ccip):
    source = """pragma solidity ^0.8.20;
    contract Twins {
        function kind(uint256) external pure returns (string memory) { return "number"; }
        function kind(address) external pure returns (string memory) { return "address"; }
    }"""
    twins = ccip.deploy("b", ccip.compile(source)["Twins"])

    with pytest.raises(BadInput, match="several functions kind with 1 arguments"):
        twins.kind(5)
    assert twins.call("kind(uint256)", 5) == "number"
    assert twins.call("kind(address)", ccip.user) == "address"


FOUNDRY = (
    '{"abi": [], "bytecode": {"object": "0x00", "linkReferences": {}}, "deployedBytecode": {"object": "0x"}}'
)
HARDHAT = '{"contractName": "Box", "sourceName": "contracts/Box.sol", "abi": [], "bytecode": "0x00"}'


@pytest.mark.parametrize("text", [FOUNDRY, HARDHAT])
def test_artifacts_of_both_tools_are_understood(ccip, tmp_path, text):
    path = tmp_path / "Box.json"
    path.write_text(text)

    assert ccip.load(path).name == "Box"
    assert ccip.deploy("a", path).address


def test_what_is_no_artifact_is_named(ccip, tmp_path):
    path = tmp_path / "Box.json"
    with pytest.raises(ConfigError, match="no artifact at"):
        ccip.load(path)
    path.write_text('{"abi": [], "bytecode": "0x__$aa$__"}')
    with pytest.raises(ConfigError, match="not linked"):
        ccip.load(path)
    path.write_text("[]")
    with pytest.raises(ConfigError, match="no artifact of Foundry's or Hardhat's"):
        ccip.load(path)


# --- Three chains ---


@pytest.mark.ccip_chains(3)
def test_three_chains_talk_in_a_ring(ccip):
    for source, destination in (("a", "b"), ("b", "c"), ("c", "a")):
        ccip.send(source, destination, ccip.account("carol"), tokens=[("LRT", 7)])

    ccip.deliver()

    assert [ccip.balance(chain, ccip.account("carol"), "LRT") for chain in ccip.chains] == [7, 7, 7]


def test_source_that_does_not_compile_is_shown_in_the_compilers_words(ccip):
    with pytest.raises(ConfigError, match="Undeclared identifier"):
        ccip.compile("pragma solidity ^0.8.20; contract Bad { function f() external { missing(); } }")
    with pytest.raises(ConfigError, match="not Solidity"):
        ccip.compile("contracts/Box.vy")
    with pytest.raises(ConfigError, match="not there"):
        ccip.compile(Path("no/such.sol"))
