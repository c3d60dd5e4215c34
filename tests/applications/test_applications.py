"""Contracts written for CCIP elsewhere run here: production's import paths, nothing of ours named."""

import re

import pytest

from ccip_py.errors import ContractRefused
from ccip_py.protocol.keccak import keccak
from ccip_py.sdk.evm import transact
from ccip_py.sdk.logs import find_logs, head, topic
from ccip_py.sdk.send import balance_of

from .conftest import SOURCES

LINK = 10 * 10**18
ALLOWED = re.compile(r"@(chainlink/contracts-ccip|openzeppelin)/contracts/")
ROUNDS = 3
BALLS = [topic(keccak(b"Ping(uint256)")), topic(keccak(b"Pong(uint256)"))]


@pytest.mark.parametrize("source", sorted(SOURCES.glob("*.sol")), ids=lambda path: path.stem)
def test_applications_import_public_packages_only(source):
    imports = re.findall(r"""^import .*["'](.*)["']""", source.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(imports) >= 4
    assert all(ALLOWED.match(each) for each in imports)


@pytest.fixture(scope="module")
def messengers(network, put):
    """One on each chain, which know each other."""
    a, b = (
        put(name, "Messenger", network.chain(name).router, network.chain(name).link) for name in ("a", "b")
    )
    for here, there in ((a, b), (b, a)):
        here.act("allowlistDestinationChain", network.chain(there.chain).selector, True)
        here.act("allowlistSourceChain", network.chain(there.chain).selector, True)
        here.act("allowlistSender", there.address, True)
    return a, b


def test_texts_arrive_both_ways_paid_in_link_and_in_native(network, messengers):
    a, b = messengers
    a.pay(network.chain("a").link, LINK)
    native = transact(network.chain("b").selector, network.user, b.address, b"", value=10**18)
    network.ccip.driver.run(native)

    a.act("sendMessagePayLINK", network.chain("b").selector, b.address, "for LINK")
    b.act("sendMessagePayNative", network.chain("a").selector, a.address, "for native")

    for there, text in ((b, "for LINK"), (a, "for native")):
        network.wait_until(
            f"{text!r} arrived", lambda there=there, text=text: received(there)["text"] == text
        )


def received(application):
    return application.view("getLastReceivedMessageDetails")


def test_what_the_application_refuses_is_the_applications_word(network, put):
    poor = put("a", "Messenger", network.chain("a").router, network.chain("a").link)
    poor.act("allowlistDestinationChain", network.chain("b").selector, True)

    with pytest.raises(ContractRefused):
        poor.act("sendMessagePayLINK", network.chain("b").selector, poor.address, "no money")


def test_tokens_and_text_arrive_together_and_link_pays(network, put):
    here, there = (
        put(name, "ProgrammableTokenTransfers", network.chain(name).router, network.chain(name).link)
        for name in ("a", "b")
    )
    here.pay(network.chain("a").link, LINK)
    to = network.chain("b").selector, there.address
    for symbol, amount in (("BMT", 5), ("LRT", 7)):
        token = network.chain("a").token(symbol).address
        here.pay(token, amount)
        here.act("sendMessagePayLINK", *to, symbol, token, amount)

    network.wait_until("the second text arrived", lambda: received(there)["text"] == "LRT")

    burned, locked = (network.chain("b").token(symbol).address for symbol in ("BMT", "LRT"))
    assert (received(there)["token"], received(there)["amount"]) == (locked, 7)
    for token, amount in ((burned, 5), (locked, 7)):
        assert network.ccip.driver.run(balance_of(to[0], token, there.address)) == amount
    there.act("withdrawToken", bytes.fromhex(network.stranger.address[2:]), burned)


def balls_hit(network, *players):
    """How many balls the players have hit."""

    def flow(player):
        chain = network.chain(player.chain).selector
        latest = yield from head(chain)
        return (yield from find_logs(chain, player.address, [BALLS], 0, latest))

    return sum(len(network.ccip.driver.run(flow(player))) for player in players)


@pytest.fixture(scope="module", autouse=True)
def players(network, put):
    """A game that is going on while the other tests run: it takes long, and needs nobody."""
    a, b = (
        put(name, "PingPongGame", network.chain(name).router, network.chain(name).link) for name in ("a", "b")
    )
    for here, there in ((a, b), (b, a)):
        here.act("setCounterpart", network.chain(there.chain).selector, there.address)
        here.pay(network.chain(here.chain).link, 3 * LINK)
    a.act("startPingPong")
    return a, b


def test_ping_pong_goes_on_for_rounds_until_it_is_paused(network, players):
    a, b = players
    network.wait_until(f"{ROUNDS} rounds", lambda: a.view("highestCount") >= 2 * ROUNDS, timeout=120)

    for player in (a, b):
        player.act("setPaused", True)

    last = balls_hit(network, a, b)
    network.wait_until(
        f"ball {last} arrived", lambda: max(a.view("highestCount"), b.view("highestCount")) >= last
    )
    assert a.view("isPaused")
    assert b.view("isPaused")
    assert balls_hit(network, a, b) == last
