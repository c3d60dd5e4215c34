"""`AsyncCcip`: `Ccip` for an event loop. What each operation does is documented there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Self, Unpack

from ccip_py.chains.deployment import Deployment, load_deployment
from ccip_py.protocol.journey import Stage
from ccip_py.sdk import track
from ccip_py.sdk.book import Book, ChainRef
from ccip_py.sdk.certificate import Certificate, Pins
from ccip_py.sdk.connection import Routers, book_of, endpoints_of, numbered
from ccip_py.sdk.discover import discover
from ccip_py.sdk.drive import AsyncDriver, Endpoint
from ccip_py.sdk.evm import RECEIPT_TIMEOUT_S, Signer
from ccip_py.sdk.flows import Flows, MessageOptions, message_reference
from ccip_py.sdk.types import (
    Fee,
    LaneStatus,
    Obstacle,
    SentMessage,
    StageReached,
    TokenOnLane,
    Transaction,
)
from ccip_py.sdk.verify_certificate import Check


class AsyncCcip:
    """The same client for an event loop (asyncio or trio)."""

    def __init__(self, network: Deployment | Book, *, rpc_urls: Mapping[str, Endpoint] | None = None) -> None:
        self.book = book_of(network)
        self._flows = Flows(self.book)
        self.driver = AsyncDriver(endpoints_of(network, rpc_urls))

    @classmethod
    def connect(cls, deployment: str | Path, *, rpc_urls: Mapping[str, Endpoint] | None = None) -> Self:
        """As `Ccip.connect`."""
        return cls(load_deployment(deployment), rpc_urls=rpc_urls)

    @classmethod
    async def at(cls, routers: Routers) -> Self:
        """As `Ccip.at`."""
        asking = AsyncDriver(numbered(routers))
        try:
            book = await asking.run(discover({name: router for name, (_, router) in routers.items()}))
        finally:
            await asking.aclose()
        return cls(book, rpc_urls={name: endpoint for name, (endpoint, _) in routers.items()})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self.driver.aclose()

    # Before sending

    async def get_fee(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        **options: Unpack[MessageOptions],
    ) -> Fee:
        """As `Ccip.get_fee`."""
        return await self.driver.run(self._flows.get_fee(source, destination, receiver, options))

    async def preflight(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        *,
        sender: str,
        approve: bool = True,
        **options: Unpack[MessageOptions],
    ) -> tuple[Obstacle, ...]:
        """What would stop this message, and without `approve` a missing allowance too; empty is good."""
        flow = self._flows.preflight(source, destination, receiver, sender, options, approve=approve)
        return await self.driver.run(flow)

    async def estimate_receiver_gas(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        *,
        sender: str,
        **options: Unpack[MessageOptions],
    ) -> int:
        """As `Ccip.estimate_receiver_gas`."""
        return await self.driver.run(self._flows.estimate_gas(source, destination, receiver, sender, options))

    # Sending and following

    async def send(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        *,
        signer: Signer,
        timeout: float = RECEIPT_TIMEOUT_S,  # noqa: ASYNC109  (as in `Ccip`)
        **options: Unpack[MessageOptions],
    ) -> SentMessage:
        """As `Ccip.send`."""
        return await self.driver.run(
            self._flows.send(source, destination, receiver, signer, options, timeout)
        )

    async def look(self, sent: SentMessage, trace: track.Trace | None = None) -> track.Trace:
        """As `Ccip.look`."""
        return await self.driver.run(track.look(trace or self._flows.start(sent)))

    def track(
        self, sent: SentMessage, *, until: Stage = Stage.EXECUTED, timeout: float = 120
    ) -> AsyncIterator[StageReached]:
        """As `Ccip.track`."""
        return self.driver.stream(self._flows.track(sent, until, timeout))

    async def wait(
        self,
        sent: SentMessage,
        *,
        until: Stage = Stage.EXECUTED,
        timeout: float = 120,  # noqa: ASYNC109  (the same face as `Ccip`)
    ) -> StageReached:
        """As `Ccip.wait`."""
        return [stage async for stage in self.track(sent, until=until, timeout=timeout)][-1]

    async def find(self, reference: str | bytes) -> tuple[SentMessage, ...]:
        """As `Ccip.find`."""
        return await self.driver.run(self._flows.find(message_reference(reference)))

    async def failed(self, source: ChainRef, destination: ChainRef) -> tuple[SentMessage, ...]:
        """As `Ccip.failed`."""
        return await self.driver.run(self._flows.failed(source, destination))

    async def manually_execute(
        self,
        sent: SentMessage,
        *,
        signer: Signer,
        gas_limit: int = 0,
        token_gas: Sequence[int] = (),
        timeout: float = RECEIPT_TIMEOUT_S,  # noqa: ASYNC109  (as in `Ccip`)
    ) -> Transaction:
        """As `Ccip.manually_execute`."""
        return await self.driver.run(
            self._flows.manually_execute(sent, signer, gas_limit, token_gas, timeout)
        )

    async def certificate(self, sent: SentMessage) -> Certificate:
        """As `Ccip.certificate`."""
        return await self.driver.run(self._flows.certificate(sent))

    async def verify(self, certificate: Certificate, *, pins: Pins | None = None) -> tuple[Check, ...]:
        """As `Ccip.verify`."""
        return await self.driver.run(self._flows.verify(certificate, pins))

    async def pins(self, source: ChainRef, destination: ChainRef) -> Pins:
        """As `Ccip.pins`."""
        return await self.driver.run(self._flows.pins(source, destination))

    # The network

    async def lane(self, source: ChainRef, destination: ChainRef) -> LaneStatus:
        """As `Ccip.lane`."""
        return await self.driver.run(self._flows.lane(source, destination))

    async def lanes(self) -> tuple[LaneStatus, ...]:
        """As `Ccip.lanes`."""
        return await self.driver.run(self._flows.lanes())

    async def tokens(self, source: ChainRef, destination: ChainRef) -> tuple[TokenOnLane, ...]:
        """As `Ccip.tokens`."""
        return await self.driver.run(self._flows.tokens(source, destination))

    async def balance(self, chain: ChainRef, holder: str, token: str | None = None) -> int:
        """As `Ccip.balance`."""
        return await self.driver.run(self._flows.balance(chain, holder, token))
