"""Quote, approve, send: everything until the source chain has accepted the message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hexbytes import HexBytes

from ccip_py.errors import BadInput, Refused
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import NO_ADDRESS, Address, ChainSelector
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.message import ExtraArgs, OutgoingMessage, TokenAmount
from ccip_py.sdk.amounts import decimal_amount
from ccip_py.sdk.evm import (
    RECEIPT_TIMEOUT_S,
    Function,
    Signer,
    as_address,
    call_request,
    read,
    succeeded,
    transact,
)
from ccip_py.sdk.flow import Call, Flow, ask
from ccip_py.sdk.other_ramps import CCIP_MESSAGE_SENT, decode_ccip_message_sent
from ccip_py.sdk.rehearsal import rehearse
from ccip_py.sdk.types import Fee, SentMessage, Transaction

WRAPPED_NATIVE = Function("getWrappedNative", (), ("address",))
ALLOWANCE = Function("allowance", ("address", "address"), ("uint256",))
BALANCE_OF = Function("balanceOf", ("address",), ("uint256",))
DECIMALS = Function("decimals", (), ("uint8",))
APPROVE = Function("approve", ("address", "uint256"), ("bool",))


@dataclass(frozen=True, slots=True)
class Request:
    """A message as a Python user says it: plain addresses, and choices by name."""

    receiver: str
    data: bytes = b""
    tokens: Sequence[
        tuple[str, int | str]
    ] = ()  # token address; smallest units, or whole tokens as a decimal
    fee_token: str | None = None  # None: native
    gas_limit: int | None = None  # None: the lane's default
    out_of_order: bool = True

    def outgoing(self, chain: ChainSelector) -> Flow[OutgoingMessage]:
        """The message as the Router takes it. Decimal amounts are asked of their tokens on `chain`."""
        receiver = codec.parse_address(self.receiver)
        if receiver == NO_ADDRESS:
            raise BadInput("the receiver is the zero address", hint="what is sent there is gone")
        if not isinstance(self.data, bytes | bytearray):
            raise BadInput("data is bytes", hint="text.encode(), or bytes.fromhex(...)")
        amounts = []
        for text, amount in self.tokens:
            token = codec.parse_address(text)
            amounts.append(TokenAmount(token, (yield from _amount_of(chain, token, amount))))
        return OutgoingMessage(
            receiver=codec.address_to_word(receiver),
            data=self.data,
            token_amounts=tuple(amounts),
            fee_token=NO_ADDRESS if self.fee_token is None else codec.parse_address(self.fee_token),
            extra_args=self._extra_args(),
        )

    def _extra_args(self) -> bytes:
        if self.gas_limit is None:
            if self.out_of_order:
                raise BadInput(
                    "an out-of-order message needs a gas limit", hint="pass gas_limit=200_000, or less"
                )
            return b""
        return codec.encode_extra_args(ExtraArgs(self.gas_limit, self.out_of_order))


def _amount_of(chain: ChainSelector, token: Address, value: object) -> Flow[int]:
    if not isinstance(value, str):
        return whole_amount(value)
    (decimals,) = yield from read(chain, token, DECIMALS)
    return decimal_amount(value, decimals)


def whole_amount(value: object) -> int:
    """An amount in smallest units; BadInput for anything but a whole number of them that fits."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**256:
        hint = 'a whole number of the smallest unit, or whole tokens as text: "1.5"'
        raise BadInput(f"not a token amount: {value!r}", hint=hint)
    return value


def get_fee(lane: Lane, router: Address, message: OutgoingMessage) -> Flow[Fee]:
    """What the Router would charge in this block. Reverts exactly where sending would."""
    quote, wrapped = yield from ask(
        lane.source,
        call_request(router, codec.get_fee_call(lane.destination, message)),
        call_request(router, WRAPPED_NATIVE.calldata()),
    )
    amount = int(succeeded(quote), 16)
    native = message.fee_token == NO_ADDRESS
    token = as_address(HexBytes(succeeded(wrapped))[-20:]) if native else message.fee_token
    return Fee(amount, codec.checksum(token), native)


def send(
    lane: Lane,
    router: Address,
    message: OutgoingMessage,
    signer: Signer,
    *,
    otherwise: Callable[[], Flow[None]],
    unlimited: bool = False,
    timeout: float = RECEIPT_TIMEOUT_S,
) -> Flow[SentMessage]:
    """Approve what is missing, send, and read back the message that the OnRamp emitted.

    Raises before anything is signed if balance does not suffice or the Router would revert. Where approvals come first,
    they are simulated together with the send; `otherwise` decides for nodes that cannot do that, and raises if it objects.
    """
    fee = yield from get_fee(lane, router, message)
    value = fee.amount if fee.native else 0
    missing = yield from _missing(lane.source, router, spending(message, fee), signer, value)
    call = codec.ccip_send_call(lane.destination, message)
    approvals = [
        (token, APPROVE.calldata(router, 2**256 - 1 if unlimited else amount))
        for token, amount in missing.items()
    ]
    if approvals:
        batch = [*((token, data, 0) for token, data in approvals), (router, call, value)]
        if not (yield from rehearse(lane.source, signer.address, batch)):
            yield from otherwise()
    for token, data in approvals:
        yield from transact(lane.source, signer, token, data, timeout=timeout)
    done = yield from transact(lane.source, signer, router, call, value=value, timeout=timeout)
    return read_sent(lane, message, *done)


def read_sent(
    lane: Lane, outgoing: OutgoingMessage, transaction: Transaction, receipt: dict[str, Any]
) -> SentMessage:
    """The message, as the OnRamp's event says it."""
    for log in receipt["logs"]:
        topic = bytes(HexBytes(log["topics"][0])) if log["topics"] else b""
        if as_address(log["address"]) != lane.on_ramp:
            continue
        data = bytes(HexBytes(log["data"]))
        if topic == codec.CCIP_SEND_REQUESTED:
            return SentMessage(lane, codec.decode_ccip_send_requested(data), transaction)
        if topic == CCIP_MESSAGE_SENT:
            return SentMessage(lane, decode_ccip_message_sent(data, outgoing), transaction)
    raise Refused(
        "the Router took the message, but this lane's OnRamp did not emit it",
        context={"transaction": bytes(transaction.hash), "on_ramp": bytes(lane.on_ramp)},
        hint="the deployment file may be older than the lane",
    )


def spending(message: OutgoingMessage, fee: Fee) -> dict[Address, int]:
    """How much of each ERC-20 the Router will pull from the sender."""
    total: dict[Address, int] = {}
    for amount in message.token_amounts:
        total[amount.token] = total.get(amount.token, 0) + amount.amount
    if not fee.native:
        total[message.fee_token] = total.get(message.fee_token, 0) + fee.amount
    return total


def _missing(
    chain: ChainSelector, router: Address, wanted: dict[Address, int], signer: Signer, value: int
) -> Flow[dict[Address, int]]:
    """The tokens that the Router may not yet pull; BadInput if the sender does not hold what it is to give."""
    owner = as_address(signer.address)
    views = [
        call_request(token, function.calldata(owner, *more))
        for token in wanted
        for function, more in ((BALANCE_OF, ()), (ALLOWANCE, (router,)))
    ]
    native, *answers = yield from ask(
        chain, Call("eth_getBalance", (codec.checksum(owner), "latest")), *views
    )
    _must_hold("the native coin", int(succeeded(native), 16), value)
    held = [int(succeeded(answer), 16) for answer in answers]
    for (token, amount), balance in zip(wanted.items(), held[::2], strict=True):
        _must_hold(codec.checksum(token), balance, amount)
    return {
        token: amount
        for (token, amount), allowed in zip(wanted.items(), held[1::2], strict=True)
        if allowed < amount
    }


def _must_hold(token: str, balance: int, amount: int) -> None:
    if balance < amount:
        raise BadInput(
            "the sender holds too little of a token",
            code="INSUFFICIENT_BALANCE",
            context={"token": token, "needs": amount, "holds": balance},
            hint="mint or transfer some to the sender first; nothing was signed",
        )


def balance_of(chain: ChainSelector, token: Address, account: Address) -> Flow[int]:
    """An ERC-20 balance, in the smallest unit."""
    (balance,) = yield from read(chain, token, BALANCE_OF, account)
    return int(balance)
