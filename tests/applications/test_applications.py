"""Contracts written for CCIP elsewhere run here: production's import paths, nothing of ours named."""

import re

import pytest

from ccip_py.errors import ContractRefused
from ccip_py.protocol.keccak import keccak
from ccip_py.sdk.logs import find_logs, head, topic
from ccip_py.testing import Stage

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


@pytest.fixture
def messengers(ccip, put):
    """One on each chain, which know each other."""
    a, b = put("a", "Messenger"), put("b", "Messenger")
    for here, there, chain in ((a, b, "b"), (b, a, "a")):
        here.allowlistDestinationChain(ccip.selector(chain), True)
        here.allowlistSourceChain(ccip.selector(chain), True)
        here.allowlistSender(there, True)
    return a, b


def test_texts_arrive_both_ways_paid_in_link_and_in_native(ccip, messengers):
    a, b = messengers
    ccip.token("a", "LINK").transfer(a, LINK)
    b.fund(10**18)

    a.sendMessagePayLINK(ccip.selector("b"), b, "for LINK")
    b.sendMessagePayNative(ccip.selector("a"), a, "for native")

    assert [ccip.stage(sent) for sent in ccip.deliver()] == [Stage.EXECUTED] * 2
    assert b.getLastReceivedMessageDetails()["text"] == "for LINK"
    assert a.getLastReceivedMessageDetails()["text"] == "for native"


def test_what_the_application_refuses_is_the_applications_word(ccip, put):
    poor = put("a", "Messenger")
    poor.allowlistDestinationChain(ccip.selector("b"), True)

    with pytest.raises(ContractRefused):
        poor.sendMessagePayLINK(ccip.selector("b"), poor, "no money")


def test_tokens_and_text_arrive_together_and_link_pays(ccip, put):
    here, there = put("a", "ProgrammableTokenTransfers"), put("b", "ProgrammableTokenTransfers")
    ccip.token("a", "LINK").transfer(here, LINK)
    for symbol, amount in (("BMT", 5), ("LRT", 7)):
        token = ccip.token("a", symbol)
        token.transfer(here, amount)
        here.sendMessagePayLINK(ccip.selector("b"), there, symbol, token, amount)

    assert [ccip.stage(sent) for sent in ccip.deliver()] == [Stage.EXECUTED] * 2

    burned, locked = ccip.token("b", "BMT"), ccip.token("b", "LRT")
    received = there.getLastReceivedMessageDetails()
    assert (received["text"], received["token"], received["amount"]) == ("LRT", locked.address, 7)
    assert (burned.balanceOf(there), locked.balanceOf(there)) == (5, 7)
    there.withdrawToken(ccip.stranger, burned)
    assert burned.balanceOf(there) == 0


def balls_hit(ccip, players):
    """How many balls the players have hit."""

    def flow(chain, player):
        latest = yield from head(ccip.selector(chain))
        address = bytes.fromhex(player.address[2:])
        return (yield from find_logs(ccip.selector(chain), address, [BALLS], 0, latest))

    return sum(len(ccip.sdk.driver.run(flow(chain, player))) for chain, player in players.items())


def test_ping_pong_goes_on_for_rounds_until_it_is_paused(ccip, put):
    players = {chain: put(chain, "PingPongGame") for chain in ("a", "b")}
    for here, there in (("a", "b"), ("b", "a")):
        players[here].setCounterpart(ccip.selector(there), players[there])
        ccip.token(here, "LINK").transfer(players[here], 3 * LINK)

    players["a"].startPingPong()
    ccip.deliver(at_most=2 * ROUNDS)
    assert players["a"].highestCount() >= 2 * ROUNDS - 1

    for player in players.values():
        player.setPaused(True)
    last = balls_hit(ccip, players)
    ccip.deliver()

    assert all(player.isPaused() for player in players.values())
    assert balls_hit(ccip, players) == last
    assert max(player.highestCount() for player in players.values()) >= last
