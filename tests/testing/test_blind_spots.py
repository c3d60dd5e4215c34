"""What tests believe when they run on something simpler than CCIP: each belief holds there, and fails honestly here.

A belief is an ordinary test of an application, written against the Router's ABI alone. `docs/testing.md` shows each of
them with what it says here; that page and this file are held together by the last test.
"""

import inspect
from pathlib import Path
from typing import Any

import pytest

from ccip_py.deploy.compile import ROOT
from ccip_py.errors import ContractRefused, Refused

CONTRACTS = Path(__file__).parent / "contracts"
PAGE = ROOT / "docs" / "testing.md"
GAS_LIMIT_200_000 = bytes.fromhex("97a657c9") + (200_000).to_bytes(32, "big")


class World:
    """A Router, an inbox on the other side, and how messages between them are written."""

    def __init__(self, ccip: Any, router: Any, destination: str, selector: int, enough: int) -> None:
        self.ccip, self.router, self.selector = ccip, router, selector
        self.enough = enough  # native coin that pays any fee; what is too much comes back
        gate = router if destination == "a" else ccip.router(destination)
        self.inbox = ccip.deploy(destination, "Inbox", gate)
        self.picky = ccip.deploy(destination, ccip.compile(CONTRACTS)["Picky"], gate)
        self.reverts = ccip.reverts

    def message(self, data: bytes = b"hi", *, to: Any = None, tokens: Any = ()) -> dict[str, Any]:
        """Client.EVM2AnyMessage."""
        return {
            "receiver": bytes(12) + bytes.fromhex((to or self.inbox).address[2:]),
            "data": data,
            "tokenAmounts": [{"token": token, "amount": amount} for token, amount in tokens],
            "feeToken": "0x" + "00" * 20,
            "extraArgs": GAS_LIMIT_200_000,
        }

    def on_source(self, contract: Any) -> Any:
        """The same address, as the source chain sees it."""
        return self.ccip.at("a", contract.name, contract.address)

    def ids(self) -> list[bytes]:
        """The ids of the messages sent so far."""
        if self.router.name == "SimulatedRouter":
            return list(self.router.ids())
        return [bytes(sent.message_id) for sent in self.ccip.messages()]


@pytest.fixture
def there(ccip):
    """One EVM, and a Router that calls the receiver at once."""
    simulator = ccip.deploy("a", ccip.compile(CONTRACTS)["SimulatedRouter"])
    return World(ccip, simulator, "a", ccip.selector("b"), 0)


@pytest.fixture
def here(ccip):
    """Two chains and everything between them."""
    return World(ccip, ccip.at("a", "Router", ccip.router("a")), "b", ccip.selector("b"), 10**18)


def messages_are_free(world):
    message = world.message()
    assert world.router.getFee(world.selector, message) == 0
    world.router.ccipSend(world.selector, message)


def any_chain_will_do(world):
    world.router.ccipSend(12345, world.message(), value=world.enough)


def it_arrives_at_once(world):
    world.router.ccipSend(world.selector, world.message(b"hi"), value=world.enough)
    assert world.inbox.lastData() == b"hi"


def the_same_message_twice_is_one_message(world):
    for _ in range(2):
        world.router.ccipSend(world.selector, world.message(), value=world.enough)
    first, second = world.ids()
    assert first == second


def a_failing_receiver_fails_the_sender(world):
    too_big = world.message((101).to_bytes(32, "big"), to=world.picky)
    with world.reverts("ReceiverError"):
        world.router.ccipSend(world.selector, too_big, value=world.enough)


def any_token_can_travel(world):
    token, owner = world.ccip.deploy("a", "BurnMintERC20", "Mine", "MINE", 18), world.ccip.user
    token.grantMintAndBurnRoles(owner)
    token.mint(owner, 5)
    token.approve(world.router, 5)
    world.router.ccipSend(world.selector, world.message(tokens=[(token, 5)]), value=world.enough)
    assert token.balanceOf(world.inbox) == 5


def both_sides_are_one_place(world):
    assert world.on_source(world.inbox).count() == 0


BELIEFS = {
    messages_are_free: (AssertionError, r"assert \d+ == 0"),
    any_chain_will_do: (ContractRefused, r"UnsupportedDestinationChain.*destChainSelector=12345"),
    it_arrives_at_once: (AssertionError, "assert b'' == b'hi'"),
    the_same_message_twice_is_one_message: (AssertionError, r"assert b'.*' == b'"),
    a_failing_receiver_fails_the_sender: (AssertionError, "expected ReceiverError.*nothing was refused"),
    any_token_can_travel: (ContractRefused, "UnsupportedToken"),
    both_sides_are_one_place: (Refused, "nothing at 0x.* answers Inbox.count"),
}
"""Each belief, and how it fails here."""

NAMES = [belief.__name__ for belief in BELIEFS]


@pytest.mark.parametrize("belief", BELIEFS, ids=NAMES)
def test_it_passes_where_a_router_is_simulated(there, belief):
    belief(there)


@pytest.mark.parametrize("belief", BELIEFS, ids=NAMES)
def test_it_fails_honestly_here(here, belief):
    error, words = BELIEFS[belief]
    with pytest.raises(error, match=words):
        belief(here)


def test_the_page_shows_every_belief_as_it_is_tested():
    page = PAGE.read_text(encoding="utf-8")
    for belief in BELIEFS:
        assert inspect.getsource(belief) in page
