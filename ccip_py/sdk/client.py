"""`Ccip` and `AsyncCcip`: quote, send, follow, finish by hand.

    ccip = Ccip.connect("deployment.json")
    sent = ccip.send("a", "b", receiver, signer=account, data=b"hi", gas_limit=200_000)
    done = ccip.wait(sent)

The two classes are the same flows under two drivers. Both work with nothing but RPC endpoints: no service of ours
is asked, so what they report is what the chains say.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypedDict, Unpack

import anyio

from ccip_py.chains.deployment import Deployment, load_deployment
from ccip_py.errors import NotYet
from ccip_py.protocol.ids import ChainSelector
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.message import OutgoingMessage
from ccip_py.sdk import execute, send, track
from ccip_py.sdk.book import Book, ChainRef
from ccip_py.sdk.drive import AsyncDriver, SyncDriver
from ccip_py.sdk.evm import Signer
from ccip_py.sdk.flow import Flow
from ccip_py.sdk.types import Fee, SentMessage, StageReached, Transaction

POLL_S = 0.4
END = frozenset({Stage.EXECUTED, Stage.FAILED})


class MessageOptions(TypedDict, total=False):
    """What may be said of a message beside its receiver. The same for quoting and for sending."""

    data: bytes  # handed to the receiver's ccipReceive; default empty
    tokens: Sequence[tuple[str, int]]  # symbol or address, amount in the smallest unit
    fee_token: str | None  # symbol or address; None, the default, pays in native
    gas_limit: int | None  # for ccipReceive; None: the lane's default. 0 without data: tokens only
    out_of_order: bool  # True: does not wait for this sender's earlier messages; needs a gas limit


@dataclass(frozen=True, slots=True)
class _Flows:
    """Every operation, as a flow: what the two clients share."""

    book: Book

    def outgoing(self, source: ChainRef, receiver: str, options: MessageOptions) -> OutgoingMessage:
        unknown = sorted(options.keys() - MessageOptions.__annotations__.keys())
        if unknown:
            raise TypeError(
                f"unknown: {', '.join(unknown)}; known: {', '.join(MessageOptions.__annotations__)}"
            )
        fee_token = options.get("fee_token")
        return send.Request(
            receiver,
            options.get("data", b""),
            [(self.book.token(source, token), amount) for token, amount in options.get("tokens", ())],
            None if fee_token is None else self.book.token(source, fee_token),
            options.get("gas_limit"),
            options.get("out_of_order", False),
        ).outgoing()

    def get_fee(self, source: ChainRef, destination: ChainRef, message: OutgoingMessage) -> Flow[Fee]:
        lane = self.book.lane(source, destination)
        return send.get_fee(lane, self.book.router(lane.source), message)

    def send(
        self, source: ChainRef, destination: ChainRef, message: OutgoingMessage, signer: Signer
    ) -> Flow[SentMessage]:
        lane = self.book.lane(source, destination)
        return send.send(lane, self.book.router(lane.source), message, signer)

    def start(self, sent: SentMessage) -> track.Trace:
        lane = sent.lane
        return track.Trace(sent, self.book.rmn(lane.destination), self.book.first_block(lane))

    def manually_execute(self, sent: SentMessage, signer: Signer, gas_limit: int) -> Flow[Transaction]:
        trace = yield from track.look(self.start(sent))
        if trace.commitment is None:
            raise NotYet(
                "the message is not committed yet",
                code="NOT_COMMITTED",
                context={"message_id": bytes(sent.message_id)},
                hint="wait until its stage is COMMITTED: there is nothing to prove it against before",
            )
        transaction, _ = yield from execute.manually_execute(
            sent, trace.commitment, signer, gas_limit=gas_limit
        )
        return transaction


def _urls(deployment: Deployment, overrides: Mapping[str, str] | None) -> dict[ChainSelector, str]:
    return {chain.selector: (overrides or {}).get(chain.name, chain.rpc_url) for chain in deployment.chains}


def _new_stages(before: track.Trace, after: track.Trace) -> Iterator[StageReached]:
    known = before.stages()
    yield from (stage for stage in after.stages() if stage not in known)


def _too_late(sent: SentMessage, trace: track.Trace, until: Stage, timeout: float) -> NotYet:
    return NotYet(
        f"the message did not reach {until.name} in {timeout:g} s; it is {trace.stage.name}",
        context={"message_id": bytes(sent.message_id), "sequence_number": sent.sequence_number},
        hint="it is not lost: track it again later, or execute it by hand once it is blessed",
    )


def _arrived(trace: track.Trace, until: Stage) -> bool:
    reached = {stage.stage for stage in trace.stages()}
    return until in reached or bool(reached & END)


class Ccip:
    """The blocking client."""

    def __init__(self, deployment: Deployment, *, rpc_urls: Mapping[str, str] | None = None) -> None:
        self.book = Book(deployment)
        self._flows = _Flows(self.book)
        self.driver = SyncDriver(_urls(deployment, rpc_urls))

    @classmethod
    def connect(cls, deployment: str | Path, *, rpc_urls: Mapping[str, str] | None = None) -> Self:
        """Read `deployment.json`; `rpc_urls` (by chain name) replaces the URLs in it."""
        return cls(load_deployment(deployment), rpc_urls=rpc_urls)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.driver.close()

    def get_fee(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        **options: Unpack[MessageOptions],
    ) -> Fee:
        """What `send` with the same arguments would cost in this block; it is refused where sending would be."""
        message = self._flows.outgoing(source, receiver, options)
        return self.driver.run(self._flows.get_fee(source, destination, message))

    def send(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        *,
        signer: Signer,
        **options: Unpack[MessageOptions],
    ) -> SentMessage:
        """Approve what is missing, send, and return once the source chain has mined it.

        Raises ContractRefused with the contract's own error before anything is signed, if the Router would revert.
        """
        message = self._flows.outgoing(source, receiver, options)
        return self.driver.run(self._flows.send(source, destination, message, signer))

    def look(self, sent: SentMessage, trace: track.Trace | None = None) -> track.Trace:
        """One look at the destination: how far the message has come. Pass the last trace to read only what is new."""
        return self.driver.run(track.look(trace or self._flows.start(sent)))

    def track(
        self, sent: SentMessage, *, until: Stage = Stage.EXECUTED, timeout: float = 120
    ) -> Iterator[StageReached]:
        """Yield each stage as the chains prove it, SENT first, until `until`, EXECUTED or FAILED. NotYet if late."""
        yield track.sent_stage(sent)
        trace, deadline = self._flows.start(sent), time.monotonic() + timeout
        while True:
            before, trace = trace, self.look(sent, trace)
            yield from _new_stages(before, trace)
            if _arrived(trace, until):
                return
            if time.monotonic() > deadline:
                raise _too_late(sent, trace, until, timeout)
            time.sleep(POLL_S)

    def wait(self, sent: SentMessage, *, until: Stage = Stage.EXECUTED, timeout: float = 120) -> StageReached:
        """The stage where tracking ended: `until`, EXECUTED, or FAILED with the decoded reason."""
        return list(self.track(sent, until=until, timeout=timeout))[-1]

    def manually_execute(self, sent: SentMessage, *, signer: Signer, gas_limit: int = 0) -> Transaction:
        """Prove and execute one message by hand; `gas_limit` 0 keeps what its sender chose."""
        return self.driver.run(self._flows.manually_execute(sent, signer, gas_limit))


class AsyncCcip:
    """The same client for an event loop (asyncio or trio)."""

    def __init__(self, deployment: Deployment, *, rpc_urls: Mapping[str, str] | None = None) -> None:
        self.book = Book(deployment)
        self._flows = _Flows(self.book)
        self.driver = AsyncDriver(_urls(deployment, rpc_urls))

    @classmethod
    def connect(cls, deployment: str | Path, *, rpc_urls: Mapping[str, str] | None = None) -> Self:
        """As `Ccip.connect`."""
        return cls(load_deployment(deployment), rpc_urls=rpc_urls)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.driver.aclose()

    async def get_fee(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        **options: Unpack[MessageOptions],
    ) -> Fee:
        """As `Ccip.get_fee`."""
        message = self._flows.outgoing(source, receiver, options)
        return await self.driver.run(self._flows.get_fee(source, destination, message))

    async def send(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        *,
        signer: Signer,
        **options: Unpack[MessageOptions],
    ) -> SentMessage:
        """As `Ccip.send`."""
        message = self._flows.outgoing(source, receiver, options)
        return await self.driver.run(self._flows.send(source, destination, message, signer))

    async def track(
        self,
        sent: SentMessage,
        *,
        until: Stage = Stage.EXECUTED,
        timeout: float = 120,  # noqa: ASYNC109  (the same face as `Ccip`)
    ) -> AsyncIterator[StageReached]:
        """As `Ccip.track`."""
        yield track.sent_stage(sent)
        trace, deadline = self._flows.start(sent), anyio.current_time() + timeout
        while True:
            before, trace = trace, await self.driver.run(track.look(trace))
            for stage in _new_stages(before, trace):
                yield stage
            if _arrived(trace, until):
                return
            if anyio.current_time() > deadline:
                raise _too_late(sent, trace, until, timeout)
            await anyio.sleep(POLL_S)

    async def wait(
        self,
        sent: SentMessage,
        *,
        until: Stage = Stage.EXECUTED,
        timeout: float = 120,  # noqa: ASYNC109  (the same face as `Ccip`)
    ) -> StageReached:
        """As `Ccip.wait`."""
        return [stage async for stage in self.track(sent, until=until, timeout=timeout)][-1]

    async def manually_execute(self, sent: SentMessage, *, signer: Signer, gas_limit: int = 0) -> Transaction:
        """As `Ccip.manually_execute`."""
        return await self.driver.run(self._flows.manually_execute(sent, signer, gas_limit))
