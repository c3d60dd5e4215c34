"""What every user relies on: each kind of message arrives, in both directions, with both ways of paying."""

import pytest
from eth_abi.abi import encode

from ccip_py.devnet.conservation import conserved, ledgers
from ccip_py.errors import ContractRefused
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.evm import Function
from ccip_py.sdk.send import balance_of

from .conftest import wait

UNIT = 10**18
BOTH_WAYS = pytest.mark.parametrize(("source", "destination"), [("a", "b"), ("b", "a")])


@BOTH_WAYS
@pytest.mark.parametrize("fee_token", [None, "LINK"])
def test_data_arrives(network, inbox, source, destination, fee_token):
    sent = network.ccip.send(
        source,
        destination,
        checksum(inbox[destination]),
        signer=network.user,
        data=b"hello",
        gas_limit=200_000,
        fee_token=fee_token,
        out_of_order=True,
    )

    assert wait(network, sent).stage is Stage.EXECUTED


@BOTH_WAYS
@pytest.mark.parametrize("symbol", ["BMT", "LRT"])
def test_a_token_arrives_and_nothing_is_lost(network, source, destination, symbol):
    before = ledgers(network.ccip, network.deployment, symbol)
    place, token = network.chain(destination), network.chain(destination).token(symbol)
    account = bytes.fromhex(network.stranger.address[2:])
    had = network.ccip.driver.run(balance_of(place.selector, token.address, account))

    sent = network.ccip.send(
        source,
        destination,
        network.stranger.address,
        signer=network.user,
        tokens=[(symbol, 3 * UNIT)],
        gas_limit=0,
        out_of_order=True,
    )
    assert wait(network, sent).stage is Stage.EXECUTED

    has = network.ccip.driver.run(balance_of(place.selector, token.address, account))
    assert has - had == 3 * UNIT
    balances = conserved(symbol, before, ledgers(network.ccip, network.deployment, symbol))
    assert all(balance.held for balance in balances), balances


def test_a_token_with_instructions_is_deposited_on_arrival(network):
    token = network.chain("b").token("BMT").address
    vault = network.deploy("b", "Vault", token)
    depositor = network.deploy("b", "VaultDepositor", network.chain("b").router, vault)
    beneficiary = network.stranger.address

    sent = network.ccip.send(
        "a",
        "b",
        checksum(depositor),
        signer=network.user,
        data=encode(["address", "uint256"], [beneficiary, 5 * UNIT]),
        tokens=[("BMT", 5 * UNIT)],
        gas_limit=400_000,
        out_of_order=True,
    )

    assert wait(network, sent).stage is Stage.EXECUTED
    shares = network.read("b", vault, Function("balanceOf", ("address",), ("uint256",)), beneficiary)
    assert shares == 5 * UNIT


def test_ordered_messages_of_one_sender_are_attempted_in_order(network, inbox):
    def send():
        return network.ccip.send("a", "b", checksum(inbox["b"]), signer=network.stranger, gas_limit=200_000)

    sent = [send() for _ in range(3)]
    assert [message.message.nonce for message in sent] == [1, 2, 3]

    reached = [wait(network, message) for message in sent]

    assert all(stage.stage is Stage.EXECUTED for stage in reached)
    assert [stage.block for stage in reached] == sorted(stage.block for stage in reached)


def test_a_failed_receiver_is_named_and_the_message_finished_by_a_stranger(network):
    greedy = network.deploy("b", "GreedyInbox", network.chain("b").router)
    sent = network.ccip.send(
        "a", "b", checksum(greedy), signer=network.user, data=b"x", gas_limit=100_000, out_of_order=True
    )

    failed = wait(network, sent)
    assert failed.stage is Stage.FAILED
    assert "NeedsMoreGas" in failed.reason

    network.ccip.manually_execute(sent, signer=network.stranger, gas_limit=400_000)
    assert wait(network, sent).stage is Stage.EXECUTED

    with pytest.raises(ContractRefused):
        network.ccip.manually_execute(sent, signer=network.stranger, gas_limit=50_000)


def test_inside_the_window_a_stranger_is_refused_and_the_executor_is_not(network, inbox):
    for node in network.executors:
        node.stop()
    sent = network.ccip.send(
        "a", "b", checksum(inbox["b"]), signer=network.user, gas_limit=200_000, out_of_order=True
    )
    network.wait_until("it is blessed", lambda: network.ccip.look(sent).blessed is not None)

    with pytest.raises(ContractRefused) as refused:
        network.ccip.manually_execute(sent, signer=network.stranger)
    assert refused.value.error == "ManualExecutionNotYetEnabled"

    network.start()
    assert wait(network, sent).stage is Stage.EXECUTED
