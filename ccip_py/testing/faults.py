"""A liar between a node and its chain: a JSON-RPC proxy with faults that can be switched on and off.

    async with FaultProxy("http://127.0.0.1:8545") as proxy:
        proxy.set(Latency(0.2), DropLogs())      # replaces whatever was set before
        ...                                      # a node that was given proxy.url now suffers
        proxy.clear()

It listens on a free loopback port. Without faults it changes nothing. `proxy.calls` counts the methods asked for,
faults or none, so that a test can also say how much a node asks.
"""

from __future__ import annotations

import json
from collections import Counter
from types import TracebackType
from typing import Any, Self

import anyio
from aiohttp import ClientError, ClientSession, ClientTimeout, web

from ccip_py.chains.bounded_json import parse_json
from ccip_py.nodes.listening import listening
from ccip_py.testing.fault_answers import (
    TAGS,
    as_of,
    block_asked,
    changed,
    is_newer,
    refusal,
    too_wide,
    with_true_hashes,
)
from ccip_py.testing.fault_kinds import (
    AnswerFault,
    Disconnected,
    DropLogs,
    DuplicateLogs,
    Fault,
    ForgeLogs,
    ForkedFrom,
    FrozenTag,
    Hang,
    Json,
    Latency,
    LogFilter,
    RangeLimit,
    RegressedTag,
    ReorderLogs,
    StaleReplica,
    Status,
    Truncated,
    WrongChain,
    WrongId,
    emitted_by,
    every_log,
)

__all__ = [
    "Disconnected",
    "DropLogs",
    "DuplicateLogs",
    "Fault",
    "FaultProxy",
    "ForgeLogs",
    "ForkedFrom",
    "FrozenTag",
    "Hang",
    "Latency",
    "LogFilter",
    "RangeLimit",
    "RegressedTag",
    "ReorderLogs",
    "StaleReplica",
    "Status",
    "Truncated",
    "WrongChain",
    "WrongId",
    "emitted_by",
    "every_log",
]

UPSTREAM_TIMEOUT = 60.0  # seconds; a node's own timeouts are shorter
MAX_REQUEST = 64 * 1024 * 1024  # bytes
_AS_JSON = {"Content-Type": "application/json"}


class FaultProxy:
    """The proxy before one endpoint. `url` is what to give to the node."""

    def __init__(self, target: str) -> None:
        self.url = ""
        self.calls: Counter[str] = Counter()
        self._target = target
        self._faults: tuple[Fault, ...] = ()
        self._frozen: dict[str, int] = {}
        self._told: dict[str, str] = {}  # hashes of another branch → the true ones

    def set(self, *faults: Fault) -> None:
        """From now on exactly these faults hold."""
        self._faults = faults
        self._frozen = {}

    def clear(self) -> None:
        """From now on the proxy is honest."""
        self.set()

    async def __aenter__(self) -> Self:
        # aiohttp on both sides: it cancels the handlers of lost connections in asyncio's own way, which would make
        # an anyio client lose sight of its sockets.
        app = web.Application(client_max_size=MAX_REQUEST)
        app.add_routes([web.post("/{path:.*}", self._on_request)])
        self._listening = listening(app, "127.0.0.1", 0, patience=0.1)
        self.url = f"http://127.0.0.1:{await self._listening.__aenter__()}"
        self._client = ClientSession(timeout=ClientTimeout(UPSTREAM_TIMEOUT))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self._listening.__aexit__(None, None, None)
            await self._client.close()

    # --- One exchange ---

    async def _on_request(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        asked = parse_json(raw)
        calls: list[Json] = asked if isinstance(asked, list) else [asked]
        self.calls.update(str(call["method"]) for call in calls)
        if not self._faults:
            return await self._passed_on(raw)
        refusal = await self._exchange_fault(request, calls)
        if refusal is not None:
            return refusal
        try:
            answers = [await self._answer(call) for call in calls] if self._changes_answers() else None
            body = await self._forward(asked) if answers is None else answers
        except (ClientError, TimeoutError):
            return _no_answer()
        if answers is not None and not isinstance(asked, list):
            body = answers[0]
        return self._damaged(body)

    async def _passed_on(self, raw: bytes) -> web.Response:
        """The exchange as it is, unread: an honest proxy should cost next to nothing."""
        try:
            async with self._client.post(self._target, data=raw, headers=_AS_JSON) as response:
                body = await response.read()
                return web.Response(status=response.status, body=body, headers=_AS_JSON)
        except (ClientError, TimeoutError):
            return _no_answer()

    async def _exchange_fault(self, request: web.Request, calls: list[Json]) -> web.Response | None:
        for fault in self._faults:
            match fault:
                case Latency(seconds):
                    await anyio.sleep(seconds)
                case Hang(methods) if not methods or any(call["method"] in methods for call in calls):
                    await anyio.sleep_forever()
                case Status(code):
                    return web.Response(status=code, text="<html>go away</html>", content_type="text/html")
                case Disconnected():
                    if request.transport is not None:
                        request.transport.abort()
                    return web.Response(status=500)
        return None

    def _damaged(self, body: Any) -> web.Response:
        for fault in self._faults:
            if isinstance(fault, WrongId):
                for answer in body if isinstance(body, list) else [body]:
                    answer["id"] = f"not {answer.get('id')}"
        text = json.dumps(body)
        if any(isinstance(fault, Truncated) for fault in self._faults):
            text = text[: len(text) // 2]
        return web.Response(text=text, content_type="application/json")

    # --- One call ---

    def _changes_answers(self) -> bool:
        return any(isinstance(fault, AnswerFault) for fault in self._faults)

    async def _forward(self, payload: Any) -> Any:
        async with self._client.post(self._target, json=payload) as response:
            return parse_json(await response.read())

    async def _answer(self, call: Json) -> Json:
        for fault in self._faults:
            if isinstance(fault, FrozenTag | RegressedTag):
                call = {**call, "params": await self._retag(call.get("params", []), fault)}
            elif isinstance(fault, RangeLimit) and (refused := too_wide(call, fault)):
                return refused
            elif isinstance(fault, ForkedFrom):
                call = {**call, "params": with_true_hashes(call.get("params", []), self._told)}
        answer = await self._from_replica(call)
        if answer.get("result") is not None:
            answer["result"] = changed(str(call["method"]), answer["result"], self._faults, self._told)
        return answer

    async def _from_replica(self, call: Json) -> Json:
        """The true answer, or what an endpoint knows that is behind."""
        behind = max((fault.blocks for fault in self._faults if isinstance(fault, StaleReplica)), default=0)
        if not behind:
            answer: Json = await self._forward(call)
            return answer
        head = max(0, await self._head() - behind)
        if call["method"] == "eth_blockNumber":
            return {"jsonrpc": "2.0", "id": call["id"], "result": hex(head)}
        known = as_of(call, head)
        if known is None:
            return {"jsonrpc": "2.0", "id": call["id"], "result": []}
        if await self._is_beyond(block_asked(call), head):
            return refusal(call, -32000, "unknown block")
        answer = await self._forward(known)
        if is_newer(answer.get("result"), head):
            tag = str((call.get("params") or [""])[0])
            asked = {**call, "params": [hex(head), *call["params"][1:]]}
            answer = await self._forward(asked) if tag in TAGS else {**answer, "result": None}
        return answer

    async def _is_beyond(self, asked: str | Json, head: int) -> bool:
        """Whether a block that somebody names by its number or its hash lies above `head`."""
        if isinstance(asked, dict) and "blockHash" in asked:
            ask = {"id": 0, "method": "eth_getBlockByHash", "params": [asked["blockHash"], False]}
            return is_newer((await self._forward({"jsonrpc": "2.0", **ask})).get("result"), head)
        return isinstance(asked, str) and asked.startswith("0x") and int(asked, 16) > head

    async def _retag(self, params: Any, fault: FrozenTag | RegressedTag) -> Any:
        """The parameters with the tag replaced by the block number that the fault makes of it."""
        if params == fault.tag:
            return hex(await self._place(fault))
        if isinstance(params, list):
            return [await self._retag(item, fault) for item in params]
        if isinstance(params, dict):
            return {key: await self._retag(value, fault) for key, value in params.items()}
        return params

    async def _place(self, fault: FrozenTag | RegressedTag) -> int:
        if isinstance(fault, FrozenTag) and fault.number is not None:
            return fault.number
        if isinstance(fault, FrozenTag) and fault.tag in self._frozen:
            return self._frozen[fault.tag]
        ask = {"jsonrpc": "2.0", "id": 0, "method": "eth_getBlockByNumber", "params": [fault.tag, False]}
        number = int((await self._forward(ask))["result"]["number"], 16)
        if isinstance(fault, FrozenTag):
            self._frozen[fault.tag] = number
            return number
        return max(0, number - fault.blocks)

    async def _head(self) -> int:
        ask = {"jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": []}
        return int((await self._forward(ask))["result"], 16)


def _no_answer() -> web.Response:
    return web.Response(status=502, text="the endpoint behind the proxy does not answer")
