"""Every operation of the clients, as a flow: what `Ccip` and `AsyncCcip` share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from hexbytes import HexBytes

from ccip_py.errors import BadInput
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.message import OutgoingMessage
from ccip_py.sdk import execute, find, gas, lanes, preflight, send, tokens, waits
from ccip_py.sdk.book import Book, ChainRef
from ccip_py.sdk.certificate import Certificate, Pins, collect, pins_of
from ccip_py.sdk.discover import must_be_read
from ccip_py.sdk.evm import Signer, as_address, succeeded
from ccip_py.sdk.flow import Call, Flow, Pause, Stream, Tell, ask
from ccip_py.sdk.track import Trace, look
from ccip_py.sdk.types import (
    Fee,
    LaneStatus,
    Obstacle,
    SentMessage,
    StageReached,
    TokenOnLane,
    Transaction,
)
from ccip_py.sdk.verify_certificate import Check, against_chains, verify

POLL_S = 0.4  # between two looks
ENDS = frozenset({Stage.EXECUTED, Stage.FAILED})


class MessageOptions(TypedDict, total=False):
    """What may be said of a message beside its receiver. The same for quoting and for sending."""

    data: bytes  # handed to the receiver's ccipReceive; default empty
    tokens: Sequence[
        tuple[str, int | str]
    ]  # symbol or address; smallest units, or whole tokens as text: "1.5"
    fee_token: str | None  # symbol or address; None, the default, pays in native
    gas_limit: int | None  # for ccipReceive; None: the lane's default. 0 without data: tokens only
    out_of_order: bool  # True: does not wait for this sender's earlier messages; needs a gas limit
    approve_unlimited: (
        bool  # True: a missing allowance is given once and for all; default: exactly what is needed
    )


def message_reference(reference: str | bytes) -> HexBytes:
    """A transaction hash or message id: 32 bytes."""
    try:
        value = HexBytes(reference)
    except ValueError:
        value = HexBytes(b"")
    if len(value) != 32:
        raise BadInput(
            f"not a transaction hash or message id: {reference!r}", hint="0x and 64 hexadecimal digits"
        )
    return value


@dataclass(frozen=True, slots=True)
class Flows:
    """The operations of one network."""

    book: Book

    def outgoing(self, source: ChainRef, receiver: str, options: MessageOptions) -> Flow[OutgoingMessage]:
        unknown = sorted(options.keys() - MessageOptions.__annotations__.keys())
        if unknown:
            raise TypeError(
                f"unknown: {', '.join(unknown)}; known: {', '.join(MessageOptions.__annotations__)}"
            )
        fee_token = options.get("fee_token")
        request = send.Request(
            receiver,
            options.get("data", b""),
            [(self.book.token(source, token), amount) for token, amount in options.get("tokens", ())],
            None if fee_token is None else self.book.token(source, fee_token),
            options.get("gas_limit"),
            options.get("out_of_order", False),
        )
        return (yield from request.outgoing(self.book.chain(source).selector))

    def get_fee(
        self, source: ChainRef, destination: ChainRef, receiver: str, options: MessageOptions
    ) -> Flow[Fee]:
        lane = self.book.lane(source, destination)
        message = yield from self.outgoing(source, receiver, options)
        return (yield from send.get_fee(lane, self.book.router(lane.source), message))

    def preflight(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        sender: str,
        options: MessageOptions,
        *,
        approve: bool = True,
    ) -> Flow[tuple[Obstacle, ...]]:
        known = self.book.known(source, destination)
        must_be_read(known)
        message = yield from self.outgoing(source, receiver, options)
        who = codec.parse_address(sender)
        return (yield from preflight.obstacles(self.book, known, message, who, approve=approve))

    def estimate_gas(
        self, source: ChainRef, destination: ChainRef, receiver: str, sender: str, options: MessageOptions
    ) -> Flow[int]:
        known = self.book.known(source, destination)
        must_be_read(known)
        message = yield from self.outgoing(source, receiver, options)
        arriving = []
        for wanted in message.token_amounts:
            token = yield from tokens.token_on(self.book, known.lane, wanted.token)
            arriving.append((token.remote_token, wanted.amount, token.remote_decimals, token.decimals))
        return (
            yield from gas.estimate(
                self.book,
                known.lane,
                codec.parse_address(sender),
                codec.parse_address(receiver),
                message.data,
                gas.arrivals_of(tuple(arriving)),
            )
        )

    def send(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        signer: Signer,
        options: MessageOptions,
        timeout: float,
    ) -> Flow[SentMessage]:
        known = self.book.known(source, destination)
        message = yield from self.outgoing(source, receiver, options)
        book, who = self.book, as_address(signer.address)
        return (
            yield from send.send(
                known.lane,
                book.router(known.lane.source),
                message,
                signer,
                otherwise=lambda: preflight.must_be_accepted(book, known, message, who),
                unlimited=options.get("approve_unlimited", False),
                timeout=timeout,
            )
        )

    def start(self, sent: SentMessage) -> Trace:
        lane = sent.lane
        must_be_read(self.book.facts(lane))
        return Trace(sent, self.book.rmn(lane.destination), self.book.facts(lane).off_ramp_block)

    def track(self, sent: SentMessage, until: Stage, timeout: float) -> Stream[StageReached]:
        """Each stage as the chains prove it, until `until` or an end. A stage that is proven anew is told anew: after a
        curse was lifted there is another blessing, after a reorganisation perhaps another block."""
        trace, told, deadline = self.start(sent), list[StageReached](), time.monotonic() + timeout
        stages = trace.stages()
        while True:
            for stage in stages:
                if stage not in told:
                    told.append(stage)
                    yield Tell((yield from self._with_wait(stage, trace)))
            if {until, *ENDS}.intersection(stage.stage for stage in stages):
                return
            if time.monotonic() > deadline:
                raise (yield from waits.too_late(self.book, trace, until, timeout))
            if trace.next_block is not None:
                yield Pause(POLL_S)
            trace = yield from look(trace)
            stages = trace.stages()

    def _with_wait(self, stage: StageReached, trace: Trace) -> Flow[StageReached]:
        """The stage with how long the next one takes, if the stage is the latest."""
        if stage.stage is not trace.stage:
            return stage
        return replace(stage, expected_wait_s=(yield from waits.expected_wait(trace)))

    def find(self, reference: HexBytes) -> Flow[tuple[SentMessage, ...]]:
        return (yield from find.messages_in(self.book, reference))

    def failed(self, source: ChainRef, destination: ChainRef) -> Flow[tuple[SentMessage, ...]]:
        return (yield from find.failed_on(self.book.known(source, destination)))

    def manually_execute(
        self, sent: SentMessage, signer: Signer, gas_limit: int, token_gas: Sequence[int], timeout: float
    ) -> Flow[Transaction]:
        trace = yield from look(self.start(sent))
        commitment = yield from execute.must_be_ready(trace)
        transaction, _ = yield from execute.manually_execute(
            sent, commitment, signer, gas_limit=gas_limit, token_gas=token_gas, timeout=timeout
        )
        return transaction

    def certificate(self, sent: SentMessage) -> Flow[Certificate]:
        trace = yield from look(self.start(sent))
        return (yield from collect(self.book, trace))

    def pins(self, source: ChainRef, destination: ChainRef) -> Flow[Pins]:
        return (yield from pins_of(self.book, self.book.lane(source, destination)))

    def verify(self, certificate: Certificate, pins: Pins | None) -> Flow[tuple[Check, ...]]:
        if pins is not None:
            return verify(certificate, pins)
        lane = certificate.lane
        now = yield from self.pins(lane.source, lane.destination)
        return (*verify(certificate, now), *(yield from against_chains(self.book, certificate)))

    def lane(self, source: ChainRef, destination: ChainRef) -> Flow[LaneStatus]:
        return (yield from lanes.status(self.book, self.book.known(source, destination)))

    def lanes(self) -> Flow[tuple[LaneStatus, ...]]:
        found = []
        for known in self.book.lanes:
            found.append((yield from lanes.status(self.book, known)))
        return tuple(found)

    def tokens(self, source: ChainRef, destination: ChainRef) -> Flow[tuple[TokenOnLane, ...]]:
        return (yield from tokens.tokens_on(self.book, self.book.lane(source, destination)))

    def balance(self, chain: ChainRef, holder: str, token: str | None) -> Flow[int]:
        place, account = self.book.chain(chain), codec.parse_address(holder)
        if token is not None:
            address = as_address(self.book.token(chain, token))
            return (yield from send.balance_of(place.selector, address, account))
        (native,) = yield from ask(
            place.selector, Call("eth_getBalance", (codec.checksum(account), "latest"))
        )
        return int(succeeded(native), 16)
