"""Hello, world: a text travels to another chain, and only the twin is believed."""

from pathlib import Path

import pytest

from ccip_py.testing import Stage

CONTRACTS = Path(__file__).parent / "contracts"


@pytest.fixture
def cards(ccip):
    """A postcard on each chain, paired."""
    postcard = ccip.compile(CONTRACTS)["Postcard"]
    here = ccip.deploy("a", postcard, ccip.router("a"))
    there = ccip.deploy("b", postcard, ccip.router("b"))
    here.pair(ccip.selector("b"), there)
    there.pair(ccip.selector("a"), here)
    return here, there


def test_a_text_arrives(ccip, cards):
    here, there = cards

    here.send("Greetings from A", value=here.getFee("Greetings from A"))
    (sent,) = ccip.messages()
    ccip.run_until(sent, Stage.EXECUTED)

    assert there.text() == "Greetings from A"


def test_a_text_of_a_stranger_is_refused(ccip, cards):
    _, there = cards

    sent = ccip.send("a", "b", there, data=b"I am your twin", sender=ccip.stranger)

    ccip.run_until(sent, Stage.FAILED)
    assert there.text() == ""
