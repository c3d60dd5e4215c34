"""`Application` and `AsyncApplication`: make a remote call, await its outcome, push what is stuck.

    shop = Application(ccip, {"a": warehouse, "b": courier, "c": till})
    call = shop.call("c", "buy", 7, recipient, signer=customer, value=fee)
    done = shop.wait(call)                  # the origin has acted on the outcome
    if done.outcome is Outcome.FAILED:
        print(done.error)                   # OutOfStock(item=7)

A part is anything with `address` and `abi`: a web3.py contract, or one of the pytest plugin's. In a stepped test pass
the step instead of waiting: `shop.wait(call, pause=ccip.deliver)`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import anyio
from hexbytes import HexBytes

from ccip_py.apps import calls
from ccip_py.apps.calls import Parts
from ccip_py.apps.types import CallStage, CallStatus, Part, RemoteCall
from ccip_py.chains.evm.reverts import learn_errors
from ccip_py.errors import NotYet
from ccip_py.protocol.ids import ChainSelector
from ccip_py.sdk.book import Book, ChainRef
from ccip_py.sdk.client import AsyncCcip, Ccip
from ccip_py.sdk.evm import Signer
from ccip_py.sdk.types import Transaction

POLL_S = 0.5
MAX_PAUSES = 100  # in a stepped test more of them change nothing
GAS_LIMIT = 400_000  # for the arrival of a cancellation, with the reply to it
REPLY_GAS_LIMIT = 500_000  # for the arrival of a reply, with what the application does about it


def _parts(book: Book, parts: Mapping[ChainRef, Part] | Mapping[str, Part]) -> dict[ChainSelector, Part]:
    for part in parts.values():
        learn_errors(str(getattr(part, "name", "the application")), part.abi)
    return {book.chain(chain).selector: part for chain, part in parts.items()}


def _pairs(
    book: Book, named: Sequence[tuple[ChainRef, ChainRef]], parts: Parts
) -> list[tuple[ChainSelector, ChainSelector]]:
    if named:
        return [(book.chain(one).selector, book.chain(other).selector) for one, other in named]
    return list(combinations(parts, 2))


def _too_late(status: CallStatus) -> NotYet:
    hints = {
        CallStage.OPEN: "it is overdue: cancel it"
        if status.overdue
        else "it can be cancelled after its deadline",
        CallStage.DECIDED: "the reply is under way, or was not paid for (`send_reply`), or failed at the origin",
    }
    return NotYet(
        f"the call of {status.call.function} is not settled; it is {status.stage.name}",
        context={"call_id": bytes(status.call.call_id), "message_id": bytes(status.call.message_id)},
        hint=hints.get(status.stage, ""),
    )


class Application:
    """The blocking one."""

    def __init__(self, ccip: Ccip, parts: Mapping[str, Part]) -> None:
        self._ccip = ccip
        self._parts: Parts = _parts(ccip.book, parts)

    def introduce(self, *pairs: tuple[ChainRef, ChainRef], signer: Signer) -> int:
        """Make the parts peers, both ways, as their owner: those on the named pairs of chains, or all. How many
        transactions that took; 0 if they knew each other. Name the pairs that need it: a peer may call every function
        that is `onlyRemote`.
        """
        return self._ccip.driver.run(
            calls.introduce(_pairs(self._ccip.book, pairs, self._parts), self._parts, signer)
        )

    def act(
        self, chain: ChainRef, function: str, *arguments: Any, signer: Signer, value: int = 0
    ) -> tuple[RemoteCall, ...]:
        """Call a function of the part on `chain` in a transaction; the remote calls that it made."""
        where = self._ccip.book.chain(chain).selector
        flow = calls.act(where, self._parts[where], function, arguments, signer, value)
        return self.calls_in(where, self._ccip.driver.run(flow))

    def call(
        self, chain: ChainRef, function: str, *arguments: Any, signer: Signer, value: int = 0
    ) -> RemoteCall:
        """The same, for a function that makes exactly one remote call. `value` pays for its message."""
        return calls.only(self.act(chain, function, *arguments, signer=signer, value=value), function)

    def calls_in(self, chain: ChainRef, transaction: str | bytes) -> tuple[RemoteCall, ...]:
        """The remote calls that a transaction on `chain` made, also one that executed a message."""
        where = self._ccip.book.chain(chain).selector
        return self._ccip.driver.run(calls.sent_in(where, HexBytes(transaction), self._parts))

    def calls_since(self, chain: ChainRef, block: int = 0) -> tuple[RemoteCall, ...]:
        """Every remote call that the part on `chain` made from that block on."""
        where = self._ccip.book.chain(chain).selector
        return self._ccip.driver.run(calls.sent_since(where, block, self._parts))

    def look(self, call: RemoteCall) -> CallStatus:
        """The call as both chains show it now."""
        return self._ccip.driver.run(calls.look(call, self._parts))

    def wait(
        self, call: RemoteCall, *, timeout: float = 120, pause: Callable[[], object] | None = None
    ) -> CallStatus:
        """Until the origin has acted on the outcome. `pause` is done between looks, in place of sleeping.

        NotYet after `timeout` seconds, or a hundred pauses: nothing is lost, and the hint says what may help.
        """
        deadline, pauses = time.monotonic() + timeout, 0
        while (status := self.look(call)).stage is not CallStage.SETTLED:
            if time.monotonic() > deadline or pauses == MAX_PAUSES:
                raise _too_late(status)
            if pause is None:
                time.sleep(POLL_S)
            else:
                pause()
                pauses += 1
        return status

    def push(
        self,
        call: RemoteCall,
        *,
        signer: Signer,
        gas_limit: int = GAS_LIMIT,
        reply_gas_limit: int = REPLY_GAS_LIMIT,
    ) -> Transaction | None:
        """Whatever anyone may do for a call that is stuck: send a decision that has not arrived, cancel what is overdue.
        None if there is nothing to do. A message that FAILED is `Ccip.manually_execute`'s."""
        gas = gas_limit, reply_gas_limit
        return self._ccip.driver.run(calls.push(call, self._parts, signer, gas))

    def cancel(
        self,
        call: RemoteCall,
        *,
        signer: Signer,
        gas_limit: int = GAS_LIMIT,
        reply_gas_limit: int = REPLY_GAS_LIMIT,
    ) -> Transaction:
        """Ask the remote not to run an overdue call. Only `wait` tells whether it had run before."""
        return self._ccip.driver.run(calls.cancel(call, signer, gas_limit, reply_gas_limit))

    def send_reply(
        self, call: RemoteCall, *, signer: Signer, reply_gas_limit: int = REPLY_GAS_LIMIT
    ) -> Transaction:
        """Send the remote's decision to the origin, where its own reply was not paid for or had too little gas."""
        return self._ccip.driver.run(calls.send_reply(call, signer, reply_gas_limit))


class AsyncApplication:
    """The same for an event loop (asyncio or trio)."""

    def __init__(self, ccip: AsyncCcip, parts: Mapping[str, Part]) -> None:
        self._ccip = ccip
        self._parts: Parts = _parts(ccip.book, parts)

    async def introduce(self, *pairs: tuple[ChainRef, ChainRef], signer: Signer) -> int:
        """As `Application.introduce`."""
        wanted = _pairs(self._ccip.book, pairs, self._parts)
        return await self._ccip.driver.run(calls.introduce(wanted, self._parts, signer))

    async def act(
        self, chain: ChainRef, function: str, *arguments: Any, signer: Signer, value: int = 0
    ) -> tuple[RemoteCall, ...]:
        """As `Application.act`."""
        where = self._ccip.book.chain(chain).selector
        flow = calls.act(where, self._parts[where], function, arguments, signer, value)
        return await self.calls_in(where, await self._ccip.driver.run(flow))

    async def call(
        self, chain: ChainRef, function: str, *arguments: Any, signer: Signer, value: int = 0
    ) -> RemoteCall:
        """As `Application.call`."""
        made = await self.act(chain, function, *arguments, signer=signer, value=value)
        return calls.only(made, function)

    async def calls_in(self, chain: ChainRef, transaction: str | bytes) -> tuple[RemoteCall, ...]:
        """As `Application.calls_in`."""
        where = self._ccip.book.chain(chain).selector
        return await self._ccip.driver.run(calls.sent_in(where, HexBytes(transaction), self._parts))

    async def calls_since(self, chain: ChainRef, block: int = 0) -> tuple[RemoteCall, ...]:
        """As `Application.calls_since`."""
        where = self._ccip.book.chain(chain).selector
        return await self._ccip.driver.run(calls.sent_since(where, block, self._parts))

    async def look(self, call: RemoteCall) -> CallStatus:
        """As `Application.look`."""
        return await self._ccip.driver.run(calls.look(call, self._parts))

    async def wait(self, call: RemoteCall, *, timeout: float = 120) -> CallStatus:  # noqa: ASYNC109
        """As `Application.wait`."""
        deadline = anyio.current_time() + timeout
        while (status := await self.look(call)).stage is not CallStage.SETTLED:
            if anyio.current_time() > deadline:
                raise _too_late(status)
            await anyio.sleep(POLL_S)
        return status

    async def push(
        self,
        call: RemoteCall,
        *,
        signer: Signer,
        gas_limit: int = GAS_LIMIT,
        reply_gas_limit: int = REPLY_GAS_LIMIT,
    ) -> Transaction | None:
        """As `Application.push`."""
        gas = gas_limit, reply_gas_limit
        return await self._ccip.driver.run(calls.push(call, self._parts, signer, gas))

    async def cancel(
        self,
        call: RemoteCall,
        *,
        signer: Signer,
        gas_limit: int = GAS_LIMIT,
        reply_gas_limit: int = REPLY_GAS_LIMIT,
    ) -> Transaction:
        """As `Application.cancel`."""
        return await self._ccip.driver.run(calls.cancel(call, signer, gas_limit, reply_gas_limit))

    async def send_reply(
        self, call: RemoteCall, *, signer: Signer, reply_gas_limit: int = REPLY_GAS_LIMIT
    ) -> Transaction:
        """As `Application.send_reply`."""
        return await self._ccip.driver.run(calls.send_reply(call, signer, reply_gas_limit))
