"""`Ccip` and `AsyncCcip`: quote, send, follow, finish by hand.

    ccip = Ccip.connect("deployment.json")
    sent = ccip.send("a", "b", receiver, signer=account, data=b"hi", gas_limit=200_000)
    done = ccip.wait(sent)

The two classes are the same flows (`flows`) under two drivers. Both work with nothing but RPC endpoints: no service
of ours is asked, so what they report is what the chains say. `Ccip.at` needs no file either, only Routers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self, Unpack

from ccip_py.chains.deployment import Deployment, load_deployment
from ccip_py.protocol.journey import Stage
from ccip_py.sdk import track
from ccip_py.sdk.async_client import AsyncCcip
from ccip_py.sdk.book import Book, ChainRef
from ccip_py.sdk.certificate import Certificate, Pins
from ccip_py.sdk.connection import Routers, book_of, endpoints_of, numbered
from ccip_py.sdk.discover import discover
from ccip_py.sdk.drive import Endpoint, SyncDriver
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

__all__ = ["AsyncCcip", "Ccip", "MessageOptions"]


class Ccip:
    """The blocking client. Close it, or use it in a `with` block.

    Chains are named as in the deployment, or by selector; receivers and holders are addresses, tokens symbols or
    addresses. What every method may raise, all of it `CcipError` with `code`, `message`, `context`, `hint`, `retryable`:
    UnknownLane (UNKNOWN_CHAIN, UNKNOWN_LANE), BadInput for arguments that can never work (CANNOT_ENCODE, BAD_AMOUNT,
    UNKNOWN_TOKEN), EndpointDown (ENDPOINT_DOWN, retryable) if a chain does not answer, and ContractRefused with the
    error's name and values. What else is said where it is raised.
    """

    def __init__(self, network: Deployment | Book, *, rpc_urls: Mapping[str, Endpoint] | None = None) -> None:
        self.book = book_of(network)
        self._flows = Flows(self.book)
        self.driver = SyncDriver(endpoints_of(network, rpc_urls))

    @classmethod
    def connect(cls, deployment: str | Path, *, rpc_urls: Mapping[str, Endpoint] | None = None) -> Self:
        """Read `deployment.json`; `rpc_urls` (URLs or Web3 objects, by chain name) replaces the URLs in it."""
        return cls(load_deployment(deployment), rpc_urls=rpc_urls)

    @classmethod
    def at(cls, routers: Routers) -> Self:
        """Find everything from the Routers: `{"a": (url_or_web3, router_address), …}`. See `discover`."""
        asking = SyncDriver(numbered(routers))
        try:
            book = asking.run(discover({name: router for name, (_, router) in routers.items()}))
        finally:
            asking.close()
        return cls(book, rpc_urls={name: endpoint for name, (endpoint, _) in routers.items()})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.driver.close()

    # Before sending

    def get_fee(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        **options: Unpack[MessageOptions],
    ) -> Fee:
        """What `send` with the same arguments would cost in this block, in the smallest unit of `Fee.token`.

        The Router quotes and charges by one formula (contracts/FeeQuoter.sol, mirrored in ccip_py/protocol/fees.py), and
        refuses here what it would refuse there.
        """
        return self.driver.run(self._flows.get_fee(source, destination, receiver, options))

    def preflight(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        *,
        sender: str,
        approve: bool = True,
        **options: Unpack[MessageOptions],
    ) -> tuple[Obstacle, ...]:
        """What would stop this message on either chain, all of it, without signing anything. Empty is good.

        Those with `on_source` would be refused when sending; the others would be accepted, paid for, and then wait or fail.
        Codes: CURSED, DATA_TOO_LARGE, TOO_MANY_TOKENS, GAS_LIMIT_TOO_HIGH, MUST_BE_OUT_OF_ORDER, UNSUPPORTED_TOKEN,
        RATE_LIMIT (with the seconds until there is room), INSUFFICIENT_BALANCE, INSUFFICIENT_ALLOWANCE, NOT_A_RECEIVER,
        RECEIVER_REVERTS, EMPTY_MESSAGE. `send` gives a missing allowance itself; for who sends in another way,
        `approve=False` names it too.
        """
        flow = self._flows.preflight(source, destination, receiver, sender, options, approve=approve)
        return self.driver.run(flow)

    def estimate_receiver_gas(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        *,
        sender: str,
        **options: Unpack[MessageOptions],
    ) -> int:
        """A `gas_limit` for this message: what its receiver uses now, and a tenth more; 0 if it would not be called.

        Measured by calling the receiver as the destination's Router would, with the tokens in its balance. BadInput
        (RECEIVER_REVERTS) if it reverts whatever gas it gets.
        """
        return self.driver.run(self._flows.estimate_gas(source, destination, receiver, sender, options))

    # Sending and following

    def send(
        self,
        source: ChainRef,
        destination: ChainRef,
        receiver: str,
        *,
        signer: Signer,
        timeout: float = RECEIPT_TIMEOUT_S,
        **options: Unpack[MessageOptions],
    ) -> SentMessage:
        """Approve what is missing, send, and return once the source chain has mined it.

        Everything is simulated first, approvals and send together (or judged by `preflight`, on nodes without
        eth_simulateV1): nothing is signed, no approval either, if balance does not suffice (INSUFFICIENT_BALANCE) or a
        contract refuses. Raises NotYet if a transaction is not mined within `timeout` seconds: look for it with `find`,
        and do not send twice. What only the destination would object to is `preflight`'s.
        """
        return self.driver.run(self._flows.send(source, destination, receiver, signer, options, timeout))

    def look(self, sent: SentMessage, trace: track.Trace | None = None) -> track.Trace:
        """One look at the destination: how far the message has come. Pass the last trace to read only what is new, and
        what may have changed because it was not final."""
        return self.driver.run(track.look(trace or self._flows.start(sent)))

    def track(
        self, sent: SentMessage, *, until: Stage = Stage.EXECUTED, timeout: float = 120
    ) -> Iterator[StageReached]:
        """Yield each stage as the chains prove it, SENT first, until `until`, EXECUTED or FAILED.

        A stage that is proven anew is yielded anew: after a lifted curse, or a reorganisation. After `timeout` seconds
        NotYet says what is in the way: TIMEOUT, or REORGANISED if the source does not have the message any more.
        """
        return self.driver.stream(self._flows.track(sent, until, timeout))

    def wait(self, sent: SentMessage, *, until: Stage = Stage.EXECUTED, timeout: float = 120) -> StageReached:
        """The stage where tracking ended: `until`, EXECUTED, or FAILED with the decoded reason. NotYet as `track`."""
        return list(self.track(sent, until=until, timeout=timeout))[-1]

    def find(self, reference: str | bytes) -> tuple[SentMessage, ...]:
        """The messages of a source transaction, or the one with that message id, on any chain known here.

        NotYet (MESSAGE_NOT_FOUND) if there is none yet; BadInput for a transaction that reverted or sent none.
        """
        return self.driver.run(self._flows.find(message_reference(reference)))

    def failed(self, source: ChainRef, destination: ChainRef) -> tuple[SentMessage, ...]:
        """The messages of a lane whose last attempt failed."""
        return self.driver.run(self._flows.failed(source, destination))

    def manually_execute(
        self,
        sent: SentMessage,
        *,
        signer: Signer,
        gas_limit: int = 0,
        token_gas: Sequence[int] = (),
        timeout: float = RECEIPT_TIMEOUT_S,
    ) -> Transaction:
        """Prove and execute one message by hand; gas of 0 keeps what its sender chose.

        Anyone may, with a message that FAILED, or once the lane's window for its own executors is over. Says what is
        missing: NotYet (NOT_COMMITTED, TOO_EARLY with the seconds left), NotBlessed, BadInput (ALREADY_EXECUTED),
        RootMismatch if the committed root is not that of the source's messages. `token_gas`: one limit for each token.
        `timeout`: seconds until the transaction must be mined.
        """
        return self.driver.run(self._flows.manually_execute(sent, signer, gas_limit, token_gas, timeout))

    def certificate(self, sent: SentMessage) -> Certificate:
        """Everything that proves the message's delivery, to be verified by anyone, later and offline.

        NotYet (NO_CERTIFICATE) while the message is not blessed; Refused where blessings cannot be read.
        """
        return self.driver.run(self._flows.certificate(sent))

    def verify(self, certificate: Certificate, *, pins: Pins | None = None) -> tuple[Check, ...]:
        """What holds of a certificate and what does not, one `Check` each; it holds if all do.

        With `pins` no chain is asked: the signatures are compared with signer sets that were kept before. Without, with
        those of now, and both chains are asked besides whether the root is committed and the message executed.
        """
        return self.driver.run(self._flows.verify(certificate, pins))

    def pins(self, source: ChainRef, destination: ChainRef) -> Pins:
        """The signer sets of a lane as they are now, to verify certificates against later."""
        return self.driver.run(self._flows.pins(source, destination))

    # The network

    def lane(self, source: ChainRef, destination: ChainRef) -> LaneStatus:
        """One lane as it is now: contracts, limits, how far it is, whether it is stopped. `blind` says what cannot be seen."""
        return self.driver.run(self._flows.lane(source, destination))

    def lanes(self) -> tuple[LaneStatus, ...]:
        """All lanes as they are now."""
        return self.driver.run(self._flows.lanes())

    def tokens(self, source: ChainRef, destination: ChainRef) -> tuple[TokenOnLane, ...]:
        """The tokens that travel on a lane, with pools, remote tokens and limits as of now, in smallest units."""
        return self.driver.run(self._flows.tokens(source, destination))

    def balance(self, chain: ChainRef, holder: str, token: str | None = None) -> int:
        """What an account holds of a token (symbol or address), or of the native coin, in the smallest unit."""
        return self.driver.run(self._flows.balance(chain, holder, token))
