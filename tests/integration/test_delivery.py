"""What every user relies on: each kind of message arrives, in both directions, with both ways of paying."""

from dataclasses import dataclass
from functools import partial

import pytest
from eth_abi.abi import encode

from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.deploy import devnet as roles
from ccip_py.devnet.conservation import Ledger, conserved, ledgers
from ccip_py.errors import BadInput, NotYet
from ccip_py.nodes.failed import failed_messages, retry_all
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address, MessageId
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.evm import Function
from ccip_py.sdk.send import balance_of
from ccip_py.sdk.types import SentMessage

from .conftest import wait

UNIT = 10**18
WAYS = [("a", "b"), ("b", "a")]
SYMBOLS = ["BMT", "LRT"]


KINDS = {
    "data, fee in native": {"data": b"hello", "gas_limit": 200_000},
    "data, fee in LINK": {"data": b"hello", "gas_limit": 200_000, "fee_token": "LINK"},
    "burn-mint token": {"tokens": [("BMT", 3 * UNIT)], "gas_limit": 0},
    "lock-release token": {"tokens": [("LRT", 3 * UNIT)], "gas_limit": 0},
}


@dataclass(frozen=True)
class Traffic:
    """One message of each kind each way, sent together so that they travel together, and what was there before."""

    sent: dict[tuple[str, str, str], SentMessage]
    ledgers: dict[str, tuple[Ledger, ...]]
    balances: dict[tuple[str, str], int]


@pytest.fixture(scope="module")
def traffic(network, inbox) -> Traffic:
    before = {symbol: ledgers(network.ccip, network.deployment, symbol) for symbol in SYMBOLS}
    balances = {(chain, symbol): held(network, chain, symbol) for chain in ("a", "b") for symbol in SYMBOLS}
    sent = {}
    for source, destination in WAYS:
        for kind, options in KINDS.items():
            receiver = checksum(inbox[destination]) if "data" in options else network.stranger.address
            sent[source, destination, kind] = network.ccip.send(
                source, destination, receiver, signer=network.user, out_of_order=True, **options
            )
    return Traffic(sent, before, balances)


def held(network, chain: str, symbol: str) -> int:
    """What the receiver of the tokens has."""
    place = network.chain(chain)
    account = Address(bytes.fromhex(network.stranger.address[2:]))
    return network.ccip.driver.run(balance_of(place.selector, place.token(symbol).address, account))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("source", "destination"), WAYS)
def test_each_kind_of_message_arrives(network, traffic, source, destination, kind):
    assert wait(network, traffic.sent[source, destination, kind]).stage is Stage.EXECUTED


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_tokens_are_in_the_receivers_hands_and_nothing_is_lost(network, traffic, symbol):
    for message in traffic.sent.values():
        assert wait(network, message).stage is Stage.EXECUTED

    for chain in ("a", "b"):
        assert held(network, chain, symbol) - traffic.balances[chain, symbol] == 3 * UNIT
    balances = conserved(symbol, traffic.ledgers[symbol], ledgers(network.ccip, network.deployment, symbol))
    assert all(balance.held for balance in balances), balances


def test_all_failed_messages_are_listed_and_tried_again_with_one_call(network):
    greedy = network.deploy("b", "GreedyInbox", network.chain("b").router)
    closed = network.deploy("b", "Inbox", Address(b"\x01" * 20))  # hears another router only: fails for ever
    options = {"signer": network.user, "data": b"x", "gas_limit": 50_000, "out_of_order": True}
    sent = [
        network.ccip.send("a", "b", checksum(receiver), **options) for receiver in (greedy, closed, greedy)
    ]
    for each in sent:
        assert wait(network, each).stage is Stage.FAILED
    lane, ids = network.lane("a", "b"), [MessageId(each.message_id) for each in sent]

    failed = network.host.call(failed_messages, network.deployment, lane)
    again = partial(retry_all, gas_limit=400_000, only=ids)
    outcomes = network.host.call(again, network.deployment, lane, KeySigner(dev_key(roles.USERS[-1])))

    assert [each.message_id for each in failed if each.message_id in ids] == ids
    assert all("ReceiverError" in each.reason and not each.token_step for each in failed)
    assert [each.success for each in outcomes] == [True, False, True]
    assert outcomes[1].transaction is None
    assert "InvalidRouter" in outcomes[1].reason
    left = network.host.call(failed_messages, network.deployment, lane)
    assert [each.message_id for each in left if each.message_id in ids] == [ids[1]]


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

    with pytest.raises(BadInput) as refused:
        network.ccip.manually_execute(sent, signer=network.stranger, gas_limit=50_000)
    assert refused.value.code == "ALREADY_EXECUTED"


def test_inside_the_window_a_stranger_is_refused_and_the_executor_is_not(network, inbox):
    for node in network.executors:
        node.stop()
    sent = network.ccip.send(
        "a", "b", checksum(inbox["b"]), signer=network.user, gas_limit=200_000, out_of_order=True
    )
    network.wait_until("it is blessed", lambda: network.ccip.look(sent).blessed is not None)

    with pytest.raises(NotYet) as refused:
        network.ccip.manually_execute(sent, signer=network.stranger)
    assert refused.value.code == "TOO_EARLY"

    network.start()
    assert wait(network, sent).stage is Stage.EXECUTED
