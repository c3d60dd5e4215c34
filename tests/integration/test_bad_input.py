"""Each mistake of a sender gets its own typed error, by name and with its values, and costs nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account
from web3 import Web3

from ccip_py.deploy.admin import act, curse, uncurse
from ccip_py.errors import BadInput, ContractRefused, Refused
from ccip_py.protocol.blessing import curse_subject
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.codec.evm import address_to_word
from ccip_py.protocol.ids import NO_ADDRESS, Address
from ccip_py.protocol.message import OutgoingMessage, TokenAmount
from ccip_py.sdk import send as sending
from ccip_py.sdk.client import Ccip
from ccip_py.sdk.evm import as_address, transact
from ccip_py.sdk.signers import development

V2_TAG = bytes.fromhex("181dcf10")
UNKNOWN_SELECTOR = 4949039107694359620


def outgoing(network, **changes):
    plain = {
        "receiver": address_to_word(Address(bytes.fromhex(network.stranger.address[2:]))),
        "data": b"",
        "token_amounts": (),
        "fee_token": NO_ADDRESS,
        "extra_args": V2_TAG + (200_000).to_bytes(32, "big") + (1).to_bytes(32, "big"),
    }
    return OutgoingMessage(**{**plain, **changes})


def refusal(network, message, *, value=None, destination=None):
    """What sending the message is refused with."""
    lane, router = network.lane("a", "b"), network.chain("a").router
    call = codec.ccip_send_call(destination or lane.destination, message)
    with pytest.raises(ContractRefused) as refused:
        network.ccip.driver.run(transact(lane.source, network.user, router, call, value=value or 10**18))
    return refused.value


def quote_refusal(network, message):
    lane, router = network.lane("a", "b"), network.chain("a").router
    with pytest.raises(ContractRefused) as refused:
        network.ccip.driver.run(sending.get_fee(lane.lane(), router, message))
    return refused.value


def test_a_wrong_selector(network):
    refused = refusal(network, outgoing(network), destination=UNKNOWN_SELECTOR)

    assert refused.error == "UnsupportedDestinationChain"
    assert refused.values["destChainSelector"] == UNKNOWN_SELECTOR


MISTAKES = {
    "an unknown extra-args tag": ({"extra_args": b"\x01\x02\x03\x04" + bytes(64)}, "InvalidExtraArgsTag"),
    "a receiver of 20 bytes": ({"receiver": b"\x22" * 20}, "InvalidEVMAddress"),
    "a receiver in the precompiles": ({"receiver": (9).to_bytes(32, "big")}, "InvalidEVMAddress"),
    "a receiver of 33 bytes": ({"receiver": bytes(13) + b"\x22" * 20}, "InvalidEVMAddress"),
    "too much data": ({"data": bytes(30_001)}, "MessageTooLarge"),
    "too much gas": (
        {"extra_args": V2_TAG + (10**9).to_bytes(32, "big") + (1).to_bytes(32, "big")},
        "MessageGasLimitTooHigh",
    ),
    "an unsupported token": ({"token_amounts": (TokenAmount(Address(b"\x33" * 20), 1),)}, "UnsupportedToken"),
    "no fee token": ({"fee_token": Address(b"\x44" * 20)}, None),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_quoting_and_sending_refuse_alike(network, mistake):
    changes, error = MISTAKES[mistake]
    message = outgoing(network, **changes)

    quoted = quote_refusal(network, message)

    assert error is None or quoted.error == error
    if message.fee_token == NO_ADDRESS and not message.token_amounts:
        assert refusal(network, message).error == quoted.error


def test_zero_tokens(network):
    bmt = network.chain("a").token("BMT").address

    assert (
        quote_refusal(network, outgoing(network, token_amounts=(TokenAmount(bmt, 0),))).error
        == "CannotSendZeroTokens"
    )


def test_too_low_a_fee(network):
    fee = network.ccip.driver.run(
        sending.get_fee(network.lane("a", "b").lane(), network.chain("a").router, outgoing(network))
    )

    assert refusal(network, outgoing(network), value=fee.amount - 1).error == "InsufficientFeeTokenAmount"


def test_native_value_with_a_token_fee(network):
    message = outgoing(network, fee_token=network.chain("a").link)

    assert refusal(network, message, value=1).error == "InvalidMsgValue"


def test_what_was_overpaid_comes_back(network):
    """One of the stated deviations: production keeps it."""
    lane, router = network.lane("a", "b"), network.chain("a").router
    message = outgoing(network)
    fee = network.ccip.driver.run(sending.get_fee(lane.lane(), router, message))
    before = int(network.anvils["a"].rpc("eth_getBalance", network.user.address, "latest"), 16)

    call = codec.ccip_send_call(lane.destination, message)
    sent, receipt = network.ccip.driver.run(
        transact(lane.source, network.user, router, call, value=fee.amount + 10**18)
    )

    after = int(network.anvils["a"].rpc("eth_getBalance", network.user.address, "latest"), 16)
    gas = sent.gas_used * int(receipt["effectiveGasPrice"], 16)
    assert before - after == fee.amount + gas


# With tokens an approval comes first: nothing of it is signed if the send behind it would be refused


class Plain:
    """A Web3 object of a node that cannot simulate several transactions, as many can not."""

    def __init__(self, url: str) -> None:
        self.provider = self
        self._http = Web3.HTTPProvider(url)

    def make_request(self, method: str, params: list[Any]) -> Any:
        if method == "eth_simulateV1":
            return {"error": {"code": -32601, "message": "the method eth_simulateV1 does not exist"}}
        return self._http.make_request(method, params)


def limit_to(network, capacity: int) -> None:
    console, token = network.owner_console("a"), network.chain("a").token("BMT")
    limit = {"isEnabled": True, "capacity": capacity, "rate": (capacity + 1) // 2}
    remote = network.chain("b").selector
    act(console, token.pool, "BurnMintTokenPool", "setChainRateLimiterConfig", remote, limit, limit)


def cursed(network) -> Callable[[], None]:
    console, subject = network.owner_console("a"), curse_subject(network.chain("b").selector)
    curse(console, subject)
    return lambda: uncurse(console, subject)


def limited(network) -> Callable[[], None]:
    limit_to(network, 1)
    return lambda: limit_to(network, 100_000 * 10**18)


@pytest.mark.parametrize(
    ("trouble", "simulates", "error"),
    [
        (limited, True, "TokenMaxCapacityExceeded"),
        (limited, False, "RATE_LIMIT"),
        (cursed, True, "CursedByRMN"),
        (cursed, False, "CursedByRMN"),  # the quote says it
    ],
)
def test_what_the_send_would_be_refused_for_is_known_before_its_approval_is_signed(
    network, trouble, simulates, error
):
    url, sender = network.chain("a").rpc_url, development(3)
    restore = trouble(network)
    try:
        with Ccip(network.deployment, rpc_urls={"a": url if simulates else Plain(url)}) as ccip:
            before = nonce(network, sender.address)
            with pytest.raises(Refused) as refused:
                ccip.send("a", "b", sender.address, signer=sender, tokens=[("BMT", 10)], gas_limit=0)
            assert nonce(network, sender.address) == before
    finally:
        restore()

    assert getattr(refused.value, "error", refused.value.code) == error


def nonce(network, account: str) -> int:
    return int(network.anvils["a"].rpc("eth_getTransactionCount", account, "pending"), 16)


@pytest.mark.parametrize("simulates", [True, False], ids=["simulates", "does not simulate"])
@pytest.mark.parametrize("unlimited", [True, False])
def test_the_router_is_approved_for_what_it_pulls_or_once_and_for_all(network, simulates, unlimited):
    """With LINK for the fee, both tokens need it."""
    chain, sender = network.chain("a"), development(2)
    tokens = chain.token("BMT").address, chain.link
    for token in tokens:
        nothing = sending.APPROVE.calldata(chain.router, 0)
        network.ccip.driver.run(transact(chain.selector, sender, token, nothing))
    with Ccip(
        network.deployment, rpc_urls={"a": chain.rpc_url if simulates else Plain(chain.rpc_url)}
    ) as ccip:
        options = {"tokens": [("BMT", 10)], "fee_token": "LINK", "gas_limit": 0}
        sent = ccip.send("a", "b", sender.address, signer=sender, approve_unlimited=unlimited, **options)

    left = [
        network.read("a", token, sending.ALLOWANCE, as_address(sender.address), chain.router)
        for token in tokens
    ]
    assert bytes(sent.message.fee_token) == chain.link
    assert left == [2**256 - 1 if unlimited else 0] * 2


def test_a_balance_of_native_coin_that_is_too_small_is_said_as_such(network):
    poor = Account.create()

    with pytest.raises(BadInput) as refused:
        network.ccip.send("a", "b", poor.address, signer=poor, data=b"hi", gas_limit=100_000)

    assert refused.value.code == "INSUFFICIENT_BALANCE"
    assert refused.value.context["token"] == "the native coin"
