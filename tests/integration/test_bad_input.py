"""Each mistake of a sender gets its own typed error, by name and with its values, and costs nothing."""

import pytest

from ccip_py.errors import ContractRefused
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.codec.evm import address_to_word
from ccip_py.protocol.ids import NO_ADDRESS, Address
from ccip_py.protocol.message import OutgoingMessage, TokenAmount
from ccip_py.sdk import send as sending
from ccip_py.sdk.evm import transact

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
