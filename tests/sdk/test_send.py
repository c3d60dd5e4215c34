"""Sending: what is checked before anything is signed, and what is signed then."""

import pytest
from eth_abi.abi import encode
from eth_account import Account
from hexbytes import HexBytes

from ccip_py.errors import BadInput, CannotEncode, ContractRefused, NotYet
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import NO_ADDRESS
from ccip_py.protocol.message import OutgoingMessage
from ccip_py.sdk import evm, send
from ccip_py.sdk.amounts import decimal_amount, whole_tokens
from ccip_py.sdk.book import Book
from ccip_py.sdk.flow import Failure, Pause

from .conftest import A, address, run

RECEIVER = "0x" + "22" * 20
TOKEN = address(0x10009)
FEE = 5 * 10**15


def selector_of(params):
    return bytes.fromhex(params[0]["data"][2:10])


@pytest.fixture
def lane(deployment):
    return Book.of(deployment).lane("a", "b")


def made(request: send.Request) -> OutgoingMessage:
    """The message, where nothing needs to be asked for it."""

    def nobody(method, params):
        raise AssertionError(f"{method} was asked")

    return run(request.outgoing(A), nobody)


def nobody_asks():
    raise AssertionError("the views are asked only by nodes that cannot simulate")
    yield


def word(value: int) -> str:
    return "0x" + value.to_bytes(32, "big").hex()


def test_the_receiver_travels_as_one_padded_word():
    message = made(send.Request(RECEIVER, gas_limit=200_000))

    assert message.receiver == bytes(12) + bytes.fromhex(RECEIVER[2:])
    assert message.fee_token == NO_ADDRESS
    assert message.extra_args[:4].hex() == "181dcf10"


@pytest.mark.parametrize("receiver", ["", "0x", "0x1234", "alice.eth", "0x" + "zz" * 20, "0x" + "22" * 32])
def test_what_is_no_address_is_refused(receiver):
    with pytest.raises(CannotEncode):
        made(send.Request(receiver, gas_limit=1))


@pytest.mark.parametrize("amount", [-1, 2**256, 1.5, True, None])
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(BadInput, match="not a token amount"):
        made(send.Request(RECEIVER, tokens=[("0x" + "11" * 20, amount)], gas_limit=1))


@pytest.mark.parametrize(
    ("text", "decimals", "smallest"),
    [
        ("1", 18, 10**18),
        ("1.5", 6, 1_500_000),
        ("0.000001", 6, 1),
        ("1.500", 1, 15),
        ("0", 0, 0),
        ("007", 0, 7),
    ],
)
def test_a_decimal_amount_is_exact(text, decimals, smallest):
    assert decimal_amount(text, decimals) == smallest
    assert decimal_amount(whole_tokens(smallest, decimals), decimals) == smallest


@pytest.mark.parametrize(
    ("text", "decimals"),
    [
        ("", 18),
        ("-1", 18),
        ("+1", 18),
        ("1e18", 18),
        ("1,5", 18),
        ("1.", 18),
        (".5", 18),
        ("1_000", 18),
        ("0x10", 18),
        (" 1", 18),
        ("1\n", 18),
        ("١", 18),
        ("0.0000001", 6),
        (str(2**256), 0),
        ("1", 78),
        ("9" * 200, 0),
        ("nan", 18),
    ],
)
def test_n2_what_is_no_exact_amount_is_refused(text, decimals):
    with pytest.raises(BadInput) as refused:
        decimal_amount(text, decimals)

    assert refused.value.code == "BAD_AMOUNT"


def test_a_decimal_amount_is_in_the_units_its_own_token_says():
    request = send.Request(RECEIVER, tokens=[(codec.checksum(TOKEN), "1.5")], gas_limit=0)

    message = run(request.outgoing(A), lambda method, params: word(6))

    assert message.token_amounts[0].amount == 1_500_000


def test_n1_the_zero_address_receives_nothing():
    with pytest.raises(BadInput, match="zero address"):
        made(send.Request("0x" + "00" * 20, gas_limit=1))


def test_out_of_order_without_a_gas_limit_is_refused_because_the_defaults_are_ordered():
    with pytest.raises(BadInput, match="gas limit"):
        made(send.Request(RECEIVER, gas_limit=None, out_of_order=True))


def test_a_native_fee_names_the_wrapped_token(lane):
    message = made(send.Request(RECEIVER, gas_limit=1))

    def node(method, params):
        assert method == "eth_call"
        if selector_of(params) == send.WRAPPED_NATIVE.selector:
            return word(0x77)
        return word(FEE)

    fee = run(send.get_fee(lane, address(1), message), node)

    assert (fee.amount, fee.native) == (FEE, True)
    assert int(fee.token, 16) == 0x77


def test_a_revert_of_the_quote_is_raised_by_name(lane):
    message = made(send.Request(RECEIVER, gas_limit=1))
    revert = bytes.fromhex("08c379a0") + encode(["string"], ["no such lane"])

    with pytest.raises(ContractRefused) as refused:
        run(send.get_fee(lane, address(1), message), lambda *_: Failure(3, "execution reverted", revert))

    assert refused.value.values == {"message": "no such lane"}


def test_too_small_a_balance_is_refused_before_anything_is_signed(lane):
    request = send.Request(RECEIVER, tokens=[(codec.checksum(TOKEN), 100)], gas_limit=0)

    def node(method, params):
        if method == "eth_getBalance":
            return word(10**18)
        assert method == "eth_call", f"{method} is asked only once something is to be signed"
        answers = {
            send.BALANCE_OF.selector: 99,
            send.ALLOWANCE.selector: 0,
            send.WRAPPED_NATIVE.selector: 0x77,
        }
        return word(answers.get(selector_of(params), FEE))

    with pytest.raises(BadInput) as refused:
        run(send.send(lane, address(1), made(request), Account.create(), otherwise=nobody_asks), node)

    assert refused.value.code == "INSUFFICIENT_BALANCE"
    assert refused.value.context["needs"] == 100
    assert refused.value.context["holds"] == 99


def test_a_token_that_also_pays_the_fee_is_counted_once_for_both(lane):
    token = codec.checksum(TOKEN)
    request = send.Request(RECEIVER, tokens=[(token, 100)], fee_token=token, gas_limit=0)

    def node(method, params):
        if method == "eth_getBalance":
            return word(10**18)
        assert method == "eth_call"
        if selector_of(params) == send.BALANCE_OF.selector:
            return word(100 + FEE - 1)
        return word(0 if selector_of(params) == send.ALLOWANCE.selector else FEE)

    with pytest.raises(BadInput) as refused:
        run(send.send(lane, address(1), made(request), Account.create(), otherwise=nobody_asks), node)

    assert refused.value.context["needs"] == 100 + FEE


def test_a_receipt_is_looked_for_at_once_and_then_less_and_less_often():
    transaction = HexBytes(32)
    pauses: list[float] = []

    def waited(flow):
        step = next(flow)
        while True:
            if isinstance(step, Pause):
                pauses.append(step.seconds)
            step = flow.send((None,))

    with pytest.raises(NotYet) as late:
        waited(evm.receipt_of(A, transaction, {}))

    assert pauses[0] <= 0.01  # a local chain has it in a few milliseconds
    assert pauses == sorted(pauses)
    assert max(pauses) <= 0.5
    assert sum(pauses) >= evm.RECEIPT_TIMEOUT_S
    assert late.value.context["transaction"] == bytes(transaction)
