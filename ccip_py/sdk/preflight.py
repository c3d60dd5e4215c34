"""What would stop a message, found out before anything is signed.

Sending itself asks the contracts and is refused by name; this says the same sooner, all of it at once, and also what
only the destination would object to: there a message is accepted, paid for, and then waits or fails.
"""

from __future__ import annotations

from collections.abc import Iterator

from ccip_py.errors import BadInput, CcipError, Refused
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import NO_ADDRESS, Address
from ccip_py.protocol.message import ExtraArgs, OutgoingMessage
from ccip_py.sdk.amounts import whole_tokens
from ccip_py.sdk.book import Book, KnownLane
from ccip_py.sdk.evm import as_address, read_many, succeeded
from ccip_py.sdk.flow import Call, Flow, ask
from ccip_py.sdk.gas import arrivals_of, receives, refuses
from ccip_py.sdk.lanes import is_cursed, message_limits
from ccip_py.sdk.send import ALLOWANCE, BALANCE_OF, get_fee, spending
from ccip_py.sdk.tokens import token_on
from ccip_py.sdk.types import Bucket, Fee, MessageLimits, Obstacle, TokenOnLane

_EMPTY = Obstacle(
    "EMPTY_MESSAGE",
    "the message carries nothing: no data, no tokens, and no gas to call its receiver with",
    False,
    "give it data or tokens",
)


def obstacles(
    book: Book, known: KnownLane, message: OutgoingMessage, sender: Address, *, approve: bool = True
) -> Flow[tuple[Obstacle, ...]]:
    """Everything that stands in the way now; empty is good. Those on the source come first.

    With `approve`, a missing allowance is none: sending gives it.
    """
    lane = known.lane
    found = list((yield from _curses(book, known)))
    limits = yield from message_limits(known)
    extra = codec.decode_extra_args(message.extra_args, limits.default_gas_limit)
    found += _sizes(message, limits, extra)
    tokens: list[tuple[TokenOnLane, int]] = []
    for wanted in message.token_amounts:
        try:
            tokens.append(((yield from token_on(book, lane, wanted.token)), wanted.amount))
        except BadInput as unsupported:
            found.append(_refused(unsupported))
    found += [obstacle for token, amount in tokens for obstacle in _buckets(token, amount)]
    if not any(obstacle.on_source for obstacle in found):
        try:
            fee = yield from get_fee(lane, book.router(lane.source), message)
            found += yield from _money(book, known, message, fee, sender, approve)
        except CcipError as refused:
            found.append(_refused(refused))
    found += yield from _receiver(book, known, message, sender, tokens, extra)
    return tuple(sorted(found, key=lambda obstacle: not obstacle.on_source))


def must_be_accepted(book: Book, known: KnownLane, message: OutgoingMessage, sender: Address) -> Flow[None]:
    """Refused, by the first reason, if the source would not take the message once the Router is approved."""
    if known.lane.off_ramp == NO_ADDRESS:
        raise Refused(
            "this node cannot simulate the send behind its approval, and this lane's limits are not read here; "
            "nothing was signed",
            code="CANNOT_SIMULATE",
            hint="use a node that knows eth_simulateV1, or approve the Router yourself first",
        )
    for obstacle in (yield from obstacles(book, known, message, sender)):
        if obstacle.on_source:
            raise Refused(f"{obstacle.message}; nothing was signed", code=obstacle.code, hint=obstacle.hint)


def _refused(error: CcipError) -> Obstacle:
    return Obstacle(error.code, str(error), True, error.hint)


def _curses(book: Book, known: KnownLane) -> Flow[tuple[Obstacle, ...]]:
    lane, found = known.lane, []
    for chain, remote, on_source in (
        (lane.source, lane.destination, True),
        (lane.destination, lane.source, False),
    ):
        if (yield from is_cursed(chain, book.router(chain), remote)):
            text = f"{book.name(remote)} is cursed on {book.name(chain)}"
            hint = "`ccip curse show` says by whom and why; the owner lifts it after looking"
            found.append(Obstacle("CURSED", text, on_source, hint))
    return tuple(found)


def _sizes(message: OutgoingMessage, limits: MessageLimits, extra: ExtraArgs) -> Iterator[Obstacle]:
    split, less = "send it in several messages", f"a gas limit of {limits.gas_limit} or less"
    for code, what, got, most, hint in (
        ("DATA_TOO_LARGE", "bytes of data", len(message.data), limits.data_bytes, split),
        ("TOO_MANY_TOKENS", "tokens", len(message.token_amounts), limits.tokens, split),
        ("GAS_LIMIT_TOO_HIGH", "gas for the receiver", extra.gas_limit, limits.gas_limit, less),
    ):
        if got > most:
            yield Obstacle(code, f"{got:,} {what}, and this lane takes {most:,}", True, hint)
    if limits.must_be_out_of_order and not extra.allow_out_of_order:
        hint = "pass out_of_order=True with a gas limit"
        yield Obstacle("MUST_BE_OUT_OF_ORDER", "this lane takes only out-of-order messages", True, hint)


def _buckets(token: TokenOnLane, amount: int) -> Iterator[Obstacle]:
    there = amount
    if token.remote_decimals is not None:
        up = token.remote_decimals - token.decimals
        there = amount * 10**up if up >= 0 else amount // 10**-up
    ends = (("outbound", token.outbound, amount, True), ("inbound", token.remote_inbound, there, False))
    for name, bucket, wanted, on_source in ends:
        if bucket is not None and bucket.is_enabled and bucket.tokens < wanted:
            yield _too_full(token, name, bucket, wanted, on_source)


def _too_full(token: TokenOnLane, name: str, bucket: Bucket, wanted: int, on_source: bool) -> Obstacle:
    decimals = token.decimals if on_source or token.remote_decimals is None else token.remote_decimals
    left, most, need = (whole_tokens(x, decimals) for x in (bucket.tokens, bucket.capacity, wanted))
    text = f"the {name} limit of {token.symbol} has {left} left of {most}, and the message needs {need}"
    if wanted > bucket.capacity or bucket.rate == 0:
        return Obstacle("RATE_LIMIT", text, on_source, "send it in smaller parts; this one never passes")
    seconds = -(-(wanted - bucket.tokens) // bucket.rate)
    return Obstacle("RATE_LIMIT", text, on_source, f"there is room in {seconds} s", seconds)


def _money(
    book: Book, known: KnownLane, message: OutgoingMessage, fee: Fee, sender: Address, approve: bool
) -> Flow[list[Obstacle]]:
    chain, found = known.lane.source, list[Obstacle]()
    native, block = yield from ask(
        chain,
        Call("eth_getBalance", (codec.checksum(sender), "latest")),
        Call("eth_getBlockByNumber", ("latest", False)),
    )
    have, need = int(succeeded(native), 16), fee.amount if fee.native else 0
    gas_costs = (
        int(succeeded(block).get("baseFeePerGas", "0x0"), 16) > 0
    )  # on some private chains it does not
    if have < need or (have == 0 and gas_costs):
        text = f"the sender has {have} wei, and the fee alone is {need}"
        found.append(Obstacle("INSUFFICIENT_BALANCE", text, True, "send it some native coin"))
    router = book.router(chain)
    for token, amount in spending(message, fee).items():
        (held,), (allowed,) = yield from read_many(
            chain, [(token, BALANCE_OF, (sender,)), (token, ALLOWANCE, (sender, router))]
        )
        has, may, needs = (book.amount(chain, token, x) for x in (held, allowed, amount))
        if held < amount:
            text = f"the sender holds {has}, and the message needs {needs}"
            found.append(Obstacle("INSUFFICIENT_BALANCE", text, True, "get some first"))
        if allowed < amount and not approve:
            text = f"the Router may take {may}, and the message needs {needs}"
            found.append(Obstacle("INSUFFICIENT_ALLOWANCE", text, True, "approve the Router for it"))
    return found


def _receiver(
    book: Book,
    known: KnownLane,
    message: OutgoingMessage,
    sender: Address,
    tokens: list[tuple[TokenOnLane, int]],
    extra: ExtraArgs,
) -> Flow[list[Obstacle]]:
    """Call the receiver as the destination's Router would, where it would be called at all."""
    lane, receiver = known.lane, as_address(message.receiver[-20:])
    if extra.gas_limit == 0 and not message.data:
        return [] if message.token_amounts else [_EMPTY]
    if not (yield from receives(lane.destination, receiver)):
        if message.token_amounts:
            return []
        text = "nothing at the receiver takes messages: this one would be delivered to nobody"
        return [Obstacle("NOT_A_RECEIVER", text, False, "is it the right address, on the right chain?")]
    arrivals = arrivals_of(tuple((t.remote_token, n, t.remote_decimals, t.decimals) for t, n in tokens))
    why = yield from refuses(book, lane, sender, receiver, message.data, arrivals, extra.gas_limit)
    if why is None:
        return []
    hint = "the message would arrive and FAIL; somebody would have to execute it by hand"
    return [Obstacle("RECEIVER_REVERTS", f"the receiver would revert: {why}", False, hint)]
