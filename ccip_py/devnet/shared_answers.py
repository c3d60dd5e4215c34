"""What carries the requests of nodes that are driven by hand: a question is asked once per state of the chains.

Between two transactions nothing changes on chains that mine only when told to, so nine nodes that ask the same
questions may share the answers. Every node still asks all it wants to know and checks what it is told; only the nine
identical exchanges become one. A transaction that a node sends goes through at once, is waited for, and makes every
answer known so far worthless. An endpoint is its URL: a proxy that lies to one node lies to that node alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import anyio

from ccip_py.chains.bounded_json import parse_json
from ccip_py.chains.http import Answer, Http
from ccip_py.errors import NotYet
from ccip_py.risk.http import ANSWER_LIMIT, Headers, HttpError
from ccip_py.risk.http import Http as MonitorHttp

SEND = "eth_sendRawTransaction"
SECONDS = 30.0
RECEIPT_PAUSE = 0.002  # Anvil answers a sending a moment before the block is there
RECEIPT_TRIES = 500


class SharedAnswers:
    """A `Carrier` for all nodes of one network. `sent` counts the transactions that went through."""

    def __init__(self) -> None:
        self.sent = 0
        self._http = Http()
        self._known: dict[tuple[str, str], str] = {}

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    def forget(self) -> None:
        """The chains have moved, or an endpoint behaves differently from now on."""
        self._known.clear()

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, seconds: float, limit: int
    ) -> Answer:
        """One exchange, made of what is known and of what must be asked."""
        asked = json.loads(body)
        calls: list[dict[str, Any]] = asked if isinstance(asked, list) else [asked]
        if any(call["method"] == SEND for call in calls):
            return await self._send(url, calls[0], body, seconds, limit)
        keys = [(url, json.dumps([call["method"], call["params"]])) for call in calls]
        unknown = {key: call for key, call in zip(keys, calls, strict=True) if key not in self._known}
        if unknown:
            refusal = await self._ask(url, unknown, headers, seconds, limit)
            if refusal is not None:
                return refusal
        answers = [
            f'{{"jsonrpc":"2.0","id":{json.dumps(call["id"])},{self._known[key]}}}'
            for key, call in zip(keys, calls, strict=True)
        ]
        text = f"[{','.join(answers)}]" if isinstance(asked, list) else answers[0]
        return Answer(200, text.encode())

    async def _ask(
        self,
        url: str,
        unknown: Mapping[tuple[str, str], Mapping[str, Any]],
        headers: Mapping[str, str] | None,
        seconds: float,
        limit: int,
    ) -> Answer | None:
        """Learn the answers; what is no batch of answers is handed on as it is, and not remembered."""
        batch = [
            {"jsonrpc": "2.0", "id": place, "method": call["method"], "params": call["params"]}
            for place, call in enumerate(unknown.values())
        ]
        said = await self._http.post(url, json.dumps(batch).encode(), headers, seconds=seconds, limit=limit)
        try:
            by_id = {one["id"]: one for one in parse_json(said.body)}
            texts = [_text(by_id[place]) for place in range(len(batch))]
        except (ValueError, TypeError, KeyError):
            return said
        self._known.update(zip(unknown, texts, strict=True))
        return None

    async def _send(
        self, url: str, call: Mapping[str, Any], body: bytes, seconds: float, limit: int
    ) -> Answer:
        said = await self._http.post(url, body, seconds=seconds, limit=limit)
        self.forget()
        self.sent += 1
        hashes = _results(said.body)
        if hashes:
            await self._until_mined(url, hashes[0])
        return said

    async def _until_mined(self, url: str, transaction: str) -> None:
        """Until the chain shows the receipt. A chain that was told not to mine shows none: that is its user's wish."""
        question = {"jsonrpc": "2.0", "id": 0, "method": "eth_getTransactionReceipt", "params": [transaction]}
        automine = {"jsonrpc": "2.0", "id": 1, "method": "anvil_getAutomine", "params": []}
        body = json.dumps([question, automine]).encode()
        for _ in range(RECEIPT_TRIES):
            said = await self._http.post(url, body, seconds=SECONDS, limit=ANSWER_LIMIT)
            receipt, mines = (*_results(said.body), None, None)[:2]
            if receipt is not None or mines is False:
                return
            await anyio.sleep(RECEIPT_PAUSE)
        raise NotYet("a chain took a node's transaction and does not mine it", context={"hash": transaction})


class MonitorAnswers(MonitorHttp):
    """The same for the risk monitors, whose way of asking is their own; `pages` are their peers' votes by URL."""

    def __init__(self, answers: SharedAnswers, pages: Mapping[str, Any]) -> None:
        super().__init__(SECONDS)
        self._answers, self._pages = answers, pages

    async def get(self, url: str, limit: int = ANSWER_LIMIT) -> bytes:
        """A peer's page; a monitor that is down has none."""
        page = self._pages.get(url)
        if page is None:
            raise HttpError(f"nobody answers at {url}")
        return json.dumps(page()).encode()

    async def post_json(
        self, url: str, body: bytes, headers: Headers = (), limit: int = ANSWER_LIMIT
    ) -> bytes:
        """A question to a chain."""
        try:
            said = await self._answers.post(url, body, dict(headers), seconds=SECONDS, limit=limit)
        except Exception as broken:
            raise HttpError(str(broken)) from broken
        if said.status != 200:
            raise HttpError(f"status {said.status}")
        return said.body


def _text(answer: Mapping[str, Any]) -> str:
    part = "error" if "error" in answer else "result"
    return f'"{part}":{json.dumps(answer[part])}'


def _results(body: bytes) -> list[Any]:
    """The results of an answer or of a batch of them, in the order of ids; errors are left out."""
    try:
        parsed = parse_json(body)
        answers = parsed if isinstance(parsed, list) else [parsed]
        return [one["result"] for one in sorted(answers, key=lambda one: one["id"]) if "result" in one]
    except (ValueError, TypeError, KeyError):
        return []
