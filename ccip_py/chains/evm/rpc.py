"""Asking a chain through several endpoints, so that no single one can hang, crash or confuse a node.

Promises: every exchange has a time and a size limit; what one endpoint cannot answer, the next is asked;
after a bounded number of rounds, with jittered pauses between, `EndpointDown` is raised and nothing else; an
endpoint of another chain, by its id or by its first block, is never listened to. Faulty endpoints rest, longer each time, and are asked last.

    async with Rpc(["http://127.0.0.1:8545"], chain_id=31337) as rpc:
        number = await rpc.call("eth_blockNumber")
        block, logs = await rpc.batch([("eth_getBlockByNumber", ("latest", False)), ("eth_getLogs", ({},))])

It does not compare endpoints' answers unless asked (`ask_everyone`): whom to believe is not decided here.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import anyio

from ccip_py.chains.evm.endpoint import (
    Answer,
    AnswerTooLarge,
    Endpoint,
    EndpointFault,
    Request,
    RpcRefused,
    Target,
    UnknownBlock,
    exchange,
)
from ccip_py.chains.http import Carrier, Http
from ccip_py.errors import ConfigError, EndpointDown

BATCH = 100
"""Requests per HTTP exchange; longer lists are cut into several."""

MAX_BODY = 64 * 2**20
"""Bytes of one answer. 5,000 full-size messages are about 8 MB."""

MAX_REST = 30.0
"""Seconds that a faulty endpoint rests at most."""


class Rpc:
    """JSON-RPC over one or more endpoints of one chain, the preferred one first."""

    def __init__(
        self,
        urls: str | Target | Sequence[str | Target],
        *,
        timeout: float = 10.0,
        chain_id: int | None = None,
        genesis: str = "",
        rounds: int = 3,
        pause: float = 0.2,
        max_body: int = MAX_BODY,
        jitter: Callable[[], float] = random.random,
        carrier: Carrier | None = None,
    ) -> None:
        """Seconds for `timeout` (per exchange) and `pause` (before the second round, doubling after).

        `genesis` is the hash of the chain's first block, in hex, where it is known. `carrier` carries the exchanges instead
        of connections of this object's own; whoever gives it closes it.
        """
        self._endpoints = [_endpoint(url) for url in ([urls] if isinstance(urls, str | Target) else urls)]
        if not self._endpoints or rounds < 1 or timeout <= 0:
            raise ConfigError("an Rpc needs an endpoint, a positive timeout and at least one round")
        self._timeout, self._rounds, self._pause, self._max_body = timeout, rounds, pause, max_body
        self._chain_id, self._jitter = chain_id, jitter
        self.genesis = genesis  # of every endpoint, once it is known
        self._connections = Http()
        self._carrier: Carrier = carrier if carrier is not None else self._connections

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    @property
    def chain_id(self) -> int | None:
        """The chain every endpoint must be of; None until pinned."""
        return self._chain_id

    @property
    def endpoints(self) -> int:
        """How many endpoints there are."""
        return len(self._endpoints)

    def health(self) -> tuple[Endpoint, ...]:
        """How each endpoint has behaved, as a copy."""
        return tuple(replace(endpoint) for endpoint in self._endpoints)

    async def call(self, method: str, *params: Any) -> Any:
        """One question, one answer. RpcRefused or UnknownBlock if that is the answer."""
        return (await self.batch([(method, params)]))[0]

    async def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Many questions at once, answers in order; raises the first refusal."""
        answers = await self.try_batch(requests)
        for answer in answers:
            if isinstance(answer, RpcRefused | UnknownBlock):
                raise answer
        return answers

    async def try_batch(self, requests: Sequence[Request]) -> list[Answer]:
        """Like `batch`, with refusals returned in their places instead of raised."""
        answers: list[Answer] = []
        for start in range(0, len(requests), BATCH):
            answers += await self._try_rounds(requests[start : start + BATCH])
        return answers

    async def ask_everyone(
        self, method: str, *params: Any, skip_resting: bool = False
    ) -> list[Answer | EndpointFault]:
        """The answer of every endpoint, or its fault, in order of preference: to broadcast, or to compare.

        `skip_resting` leaves out the faulty ones, which may cost a time limit each, unless all of them are.
        """
        answers: list[Answer | EndpointFault] = [EndpointFault("resting")] * len(self._endpoints)
        now = anyio.current_time()
        resting = [endpoint.rest_until > now for endpoint in self._endpoints]

        async def ask(place: int, endpoint: Endpoint) -> None:
            try:
                answers[place] = (await self._ask(endpoint, [(method, params)]))[0]
            except EndpointFault as fault:
                answers[place] = fault

        async with anyio.create_task_group() as tasks:
            for place, endpoint in enumerate(self._endpoints):
                if not (skip_resting and resting[place]) or all(resting):
                    tasks.start_soon(ask, place, endpoint)
        return answers

    # Choosing an endpoint

    async def _try_rounds(self, requests: Sequence[Request]) -> list[Answer]:
        faults: list[EndpointFault] = []
        for turn in range(self._rounds):
            if turn:
                await anyio.sleep(self._pause * 2 ** (turn - 1) * (0.5 + self._jitter()))
            answers = await self._try_endpoints(requests, faults)
            if answers is not None:
                return answers
            if isinstance(faults[-1], AnswerTooLarge):
                raise faults[-1]
        raise EndpointDown(
            f"no endpoint answered {requests[0][0]}",
            context={"attempts": len(faults), "last": faults[-1].message},
            hint="check that the node is up and that the RPC URL is right",
        )

    async def _try_endpoints(
        self, requests: Sequence[Request], faults: list[EndpointFault]
    ) -> list[Answer] | None:
        """Everyone once, the healthy first. To lag behind is no fault, but others may know more."""
        lagging: list[Answer] | None = None
        for endpoint in self._by_health():
            try:
                answers = await self._ask(endpoint, requests)
            except EndpointFault as fault:
                faults.append(fault)
                continue
            if not any(isinstance(answer, UnknownBlock) for answer in answers):
                return answers
            lagging = lagging or answers
        return lagging

    def _by_health(self) -> list[Endpoint]:
        now = anyio.current_time()
        return sorted(self._endpoints, key=lambda endpoint: max(0.0, endpoint.rest_until - now))

    async def _ask(self, endpoint: Endpoint, requests: Sequence[Request]) -> list[Answer]:
        try:
            if endpoint.chain_id is None:
                await self._check_chain(endpoint)
            answers = await exchange(self._carrier, endpoint, requests, self._timeout, self._max_body)
        except EndpointFault as fault:
            endpoint.faults += 1
            endpoint.faults_ever += 1
            endpoint.chain_id = None
            endpoint.last_fault = fault.message
            endpoint.rest_until = anyio.current_time() + min(MAX_REST, 0.5 * 2 ** min(endpoint.faults, 10))
            raise
        endpoint.faults, endpoint.rest_until = 0, 0.0
        return answers

    async def _check_chain(self, endpoint: Endpoint) -> None:
        """Which chain it is, is asked on first use and after every fault: what restarts may be another chain."""
        asked: list[Request] = [("eth_chainId", ())]
        if self.genesis:
            asked.append(("eth_getBlockByNumber", ("0x0", False)))
        said, *first = await exchange(self._carrier, endpoint, asked, self._timeout, self._max_body)
        try:
            chain_id = int(str(said), 16)
        except ValueError as odd:
            raise EndpointFault(f"{endpoint.name} has no chain id") from odd
        if self._chain_id is None:
            self._chain_id = chain_id
        if chain_id != self._chain_id:
            raise EndpointFault(f"{endpoint.name} is chain {chain_id}, not {self._chain_id}")
        if any(isinstance(block, dict) and block.get("hash") != self.genesis for block in first):
            raise EndpointFault(
                f"{endpoint.name} is another chain with the id {chain_id}: it began otherwise"
            )
        endpoint.chain_id = chain_id


def _endpoint(where: str | Target) -> Endpoint:
    return Endpoint(where) if isinstance(where, str) else Endpoint(where.url, where.headers)
