"""Runs flows: the only I/O of the SDK, once blocking and once asynchronous.

JSON-RPC over HTTP, one batch per step, a time limit on every request; or through a Web3 object of the caller's, with
its own middleware, one request after the other. The asynchronous driver's HTTP client is loaded when one is made: it
takes longer to load than all else here, and who blocks has no use for it. A node that cannot be reached, or answers nonsense, raises
EndpointDown; a node that answers an error to one request of a batch gives a `Failure` there.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar
from urllib.parse import urlsplit

import anyio
import urllib3

from ccip_py.chains.bounded_json import parse_json
from ccip_py.errors import EndpointDown, UnknownLane
from ccip_py.protocol.ids import ChainSelector
from ccip_py.sdk.flow import Calls, Failure, Flow, Pause, Step, Stream, Tell

T = TypeVar("T")

TIMEOUT_S = 30.0
CONNECTIONS = 8  # kept open per host, for clients that several threads share


class HasProvider(Protocol):
    """A `Web3` (for `Ccip`) or an `AsyncWeb3` (for `AsyncCcip`)."""

    @property
    def provider(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class RpcUrl:
    """A URL, and the headers that a private chain wants with every request. Their values are never shown."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


Endpoint: TypeAlias = str | RpcUrl | HasProvider


class SyncDriver:
    """Runs a flow to its end, blocking."""

    def __init__(self, endpoints: Mapping[ChainSelector, Endpoint], *, timeout: float = TIMEOUT_S) -> None:
        self._endpoints = endpoints
        self._http = urllib3.PoolManager(timeout=timeout, retries=False, maxsize=CONNECTIONS)
        self.around: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext()
        """Entered around each request, with the endpoint it goes to: for who wants to say that one is slow."""

    def run(self, flow: Flow[T]) -> T:
        """The flow's result; what it raises comes through."""
        answer: Any = None
        while True:
            try:
                step = flow.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = self._perform(step)

    def stream(self, flow: Stream[T]) -> Iterator[T]:
        """What the flow tells, as it tells it."""
        answer: Any = None
        while True:
            try:
                step = flow.send(answer)
            except StopIteration:
                return
            if isinstance(step, Tell):
                answer = None
                yield step.value
            else:
                answer = self._perform(step)

    def _perform(self, step: Step) -> tuple[Any, ...] | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        endpoint = _endpoint(self._endpoints, step.chain)
        return self._post(endpoint, step) if isinstance(endpoint, RpcUrl) else self._through(endpoint, step)

    def _post(self, to: RpcUrl, step: Calls) -> tuple[Any, ...]:
        headers = {"content-type": "application/json", **to.headers}
        try:
            with self.around(_shown(to.url)):
                said = self._http.request(
                    "POST", to.url, body=_payload(step), headers=headers, redirect=False
                )
        except (urllib3.exceptions.HTTPError, UnicodeError, ValueError) as broken:
            raise _down(to.url, type(broken).__name__) from broken
        return _answers(step, to.url, said.status, said.data)

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
        self._http.clear()


class AsyncDriver:
    """Runs a flow to its end without blocking the event loop."""

    def __init__(self, endpoints: Mapping[ChainSelector, Endpoint], *, timeout: float = TIMEOUT_S) -> None:
        import httpx

        self._endpoints = endpoints
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=False)
        self._broken = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)

    async def run(self, flow: Flow[T]) -> T:
        """The flow's result; what it raises comes through."""
        answer: Any = None
        while True:
            try:
                step = flow.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = await self._perform(step)

    async def stream(self, flow: Stream[T]) -> AsyncIterator[T]:
        """What the flow tells, as it tells it."""
        answer: Any = None
        while True:
            try:
                step = flow.send(answer)
            except StopIteration:
                return
            if isinstance(step, Tell):
                answer = None
                yield step.value
            else:
                answer = await self._perform(step)

    async def _perform(self, step: Step) -> tuple[Any, ...] | None:
        if isinstance(step, Pause):
            await anyio.sleep(step.seconds)
            return None
        endpoint = _endpoint(self._endpoints, step.chain)
        if isinstance(endpoint, RpcUrl):
            return await self._post(endpoint, step)
        return await self._through(endpoint, step)

    async def _post(self, to: RpcUrl, step: Calls) -> tuple[Any, ...]:
        headers = {"content-type": "application/json", **to.headers}
        try:
            said = await self._http.post(to.url, content=_payload(step), headers=headers)
        except self._broken as broken:
            raise _down(to.url, type(broken).__name__) from broken
        return _answers(step, to.url, said.status_code, said.content)

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


def _endpoint(endpoints: Mapping[ChainSelector, Endpoint], chain: ChainSelector) -> RpcUrl | HasProvider:
    if chain not in endpoints:
        known = ", ".join(str(selector) for selector in endpoints) or "none"
        raise UnknownLane(
            f"no RPC URL is known for chain {chain}",
            hint=f"known chain selectors: {known}; a chain id is not one",
        )
    endpoint = endpoints[chain]
    return RpcUrl(endpoint) if isinstance(endpoint, str) else endpoint


def _payload(step: Calls) -> bytes:
    requests = [
        {"jsonrpc": "2.0", "id": index, "method": call.method, "params": list(call.params)}
        for index, call in enumerate(step.calls)
    ]
    return json.dumps(requests).encode()


def _down(url: str, why: object) -> EndpointDown:
    return EndpointDown(
        "the chain's RPC endpoint did not answer",
        context={"url": _shown(url), "why": str(why) or type(why).__name__},
        hint="check that the node runs and that the URL is right",
    )


def _shown(url: str) -> str:
    """Without what may be secret of it: a name and password, and on other machines the path."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "no URL"
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return place if parts.path.strip("/") == "" else f"{place}/…"


def _answers(step: Calls, url: str, status: int, text: bytes) -> tuple[Any, ...]:
    if status in (401, 403):
        raise EndpointDown(
            f"the chain's RPC endpoint lets nobody in unknown (HTTP {status})",
            context={"url": _shown(url)},
            hint="refer to its header under rpc_headers in the deployment's file, or pass RpcUrl(url, headers)",
        )
    if status != 200:
        raise _down(url, f"HTTP {status}")
    try:
        body = parse_json(text)
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
