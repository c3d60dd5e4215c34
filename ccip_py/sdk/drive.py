"""Runs flows: the only I/O of the SDK, once blocking and once asynchronous.

JSON-RPC over HTTP, one batch per step, a time limit on every request. A node that cannot be reached, or answers
nonsense, raises EndpointDown; a node that answers an error to one request of a batch gives a `Failure` there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TypeVar

import anyio
import httpx

from ccip_py.chains.bounded_json import parse_json
from ccip_py.errors import EndpointDown, UnknownLane
from ccip_py.protocol.ids import ChainSelector
from ccip_py.sdk.flow import Calls, Failure, Flow, Pause

T = TypeVar("T")

TIMEOUT_S = 30.0


class SyncDriver:
    """Runs a flow to its end, blocking."""

    def __init__(self, urls: Mapping[ChainSelector, str], *, timeout: float = TIMEOUT_S) -> None:
        self._urls = urls
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
            url = _url(self._urls, step.chain)
            try:
                response = self._http.post(url, json=_payload(step))
            except httpx.HTTPError as broken:
                raise _down(url, broken) from broken
            answer = _answers(step, url, response)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


class AsyncDriver:
    """Runs a flow to its end without blocking the event loop."""

    def __init__(self, urls: Mapping[ChainSelector, str], *, timeout: float = TIMEOUT_S) -> None:
        self._urls = urls
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
            url = _url(self._urls, step.chain)
            try:
                response = await self._http.post(url, json=_payload(step))
            except httpx.HTTPError as broken:
                raise _down(url, broken) from broken
            answer = _answers(step, url, response)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()


def _url(urls: Mapping[ChainSelector, str], chain: ChainSelector) -> str:
    if chain not in urls:
        known = ", ".join(str(selector) for selector in urls) or "none"
        raise UnknownLane(
            f"no RPC URL is known for chain {chain}",
            hint=f"known chain selectors: {known}; a chain id is not one",
        )
    return urls[chain]


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


def _answer(entry: dict[str, Any]) -> Any:
    error = entry.get("error")
    if error is None:
        return entry.get("result")
    data = error.get("data")
    revert = bytes.fromhex(data[2:]) if isinstance(data, str) and data.startswith("0x") else b""
    return Failure(int(error.get("code", 0)), str(error.get("message", "")), revert)
