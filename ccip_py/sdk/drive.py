"""Runs flows: the only I/O of the SDK, once blocking and once asynchronous.

JSON-RPC over HTTP, one batch per step, a time limit on every request; or through a Web3 object of the caller's, with
its own middleware, one request after the other. A node that cannot be reached, or answers nonsense, raises
EndpointDown; a node that answers an error to one request of a batch gives a `Failure` there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, TypeVar

import anyio
import httpx

from ccip_py.chains.bounded_json import parse_json
from ccip_py.errors import EndpointDown, UnknownLane
from ccip_py.protocol.ids import ChainSelector
from ccip_py.sdk.flow import Calls, Failure, Flow, Pause

T = TypeVar("T")

TIMEOUT_S = 30.0


class HasProvider(Protocol):
    """A `Web3` (for `Ccip`) or an `AsyncWeb3` (for `AsyncCcip`)."""

    @property
    def provider(self) -> Any: ...


Endpoint: TypeAlias = str | HasProvider


class SyncDriver:
    """Runs a flow to its end, blocking."""

    def __init__(self, endpoints: Mapping[ChainSelector, Endpoint], *, timeout: float = TIMEOUT_S) -> None:
        self._endpoints = endpoints
        self._http = httpx.Client(timeout=timeout, trust_env=False)

    def run(self, flow: Flow[T]) -> T:
        """The flow's result; what it raises comes through."""
        answer: Any = None
        while True:
            try:
                step = flow.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = None
            if isinstance(step, Pause):
                time.sleep(step.seconds)
                continue
            endpoint = _endpoint(self._endpoints, step.chain)
            if not isinstance(endpoint, str):
                answer = self._through(endpoint, step)
                continue
            try:
                response = self._http.post(endpoint, json=_payload(step))
            except httpx.HTTPError as broken:
                raise _down(endpoint, broken) from broken
            answer = _answers(step, endpoint, response)

    def _through(self, web3: HasProvider, step: Calls) -> tuple[Any, ...]:
        answers = []
        for call in step.calls:
            try:
                answers.append(_answer(web3.provider.make_request(call.method, list(call.params))))
            except OSError as broken:  # what requests and httpx raise alike, timeouts included
                raise _down(str(web3.provider), broken) from broken
        return tuple(answers)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


class AsyncDriver:
    """Runs a flow to its end without blocking the event loop."""

    def __init__(self, endpoints: Mapping[ChainSelector, Endpoint], *, timeout: float = TIMEOUT_S) -> None:
        self._endpoints = endpoints
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=False)

    async def run(self, flow: Flow[T]) -> T:
        """The flow's result; what it raises comes through."""
        answer: Any = None
        while True:
            try:
                step = flow.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = None
            if isinstance(step, Pause):
                await anyio.sleep(step.seconds)
                continue
            endpoint = _endpoint(self._endpoints, step.chain)
            if not isinstance(endpoint, str):
                answer = await self._through(endpoint, step)
                continue
            try:
                response = await self._http.post(endpoint, json=_payload(step))
            except httpx.HTTPError as broken:
                raise _down(endpoint, broken) from broken
            answer = _answers(step, endpoint, response)

    async def _through(self, web3: HasProvider, step: Calls) -> tuple[Any, ...]:
        answers = []
        for call in step.calls:
            try:
                answers.append(_answer(await web3.provider.make_request(call.method, list(call.params))))
            except OSError as broken:
                raise _down(str(web3.provider), broken) from broken
        return tuple(answers)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()


def _endpoint(endpoints: Mapping[ChainSelector, Endpoint], chain: ChainSelector) -> Endpoint:
    if chain not in endpoints:
        known = ", ".join(str(selector) for selector in endpoints) or "none"
        raise UnknownLane(
            f"no RPC URL is known for chain {chain}",
            hint=f"known chain selectors: {known}; a chain id is not one",
        )
    return endpoints[chain]


def _payload(step: Calls) -> list[dict[str, Any]]:
    return [
        {"jsonrpc": "2.0", "id": index, "method": call.method, "params": list(call.params)}
        for index, call in enumerate(step.calls)
    ]


def _down(url: str, why: object) -> EndpointDown:
    return EndpointDown(
        "the chain's RPC endpoint did not answer",
        context={"url": url, "why": str(why) or type(why).__name__},
        hint="check that the node runs and that the URL is right",
    )


def _answers(step: Calls, url: str, response: httpx.Response) -> tuple[Any, ...]:
    if response.status_code != 200:
        raise _down(url, f"HTTP {response.status_code}")
    try:
        body = parse_json(response.content)
    except ValueError as broken:
        raise _down(url, "the answer is not JSON") from broken
    entries = body if isinstance(body, list) else [body]
    by_id = {entry.get("id"): entry for entry in entries if isinstance(entry, dict)}
    if any(index not in by_id for index in range(len(step.calls))):
        raise _down(url, "the answer does not match the request")
    return tuple(_answer(by_id[index]) for index in range(len(step.calls)))


def _answer(entry: Mapping[str, Any]) -> Any:
    error = entry.get("error")
    if error is None:
        return entry.get("result")
    if not isinstance(error, Mapping):
        return Failure(0, str(error))
    data = error.get("data")
    revert = bytes.fromhex(data[2:]) if isinstance(data, str) and data.startswith("0x") else b""
    return Failure(int(error.get("code", 0)), str(error.get("message", "")), revert)
