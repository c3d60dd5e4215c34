"""Bare JSON-RPC over HTTP, and the rule that one endpoint's word is nobody's word.

`Endpoint` asks one node. `Endpoints` asks several and either returns what all of them say or raises
`Disagreement`; the monitor then waits and raises an alarm. Facts that carry their own proof (headers
and receipts under an agreed hash) may come from any single endpoint, and are checked elsewhere.

No retry here: the monitor's loop asks again on its next turn.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any, TypeAlias

import anyio
import httpx

Call: TypeAlias = tuple[str, Sequence[Any]]


class EndpointDown(Exception):
    """No usable answer came: connection, time-out, HTTP status, or a body that isn't JSON-RPC."""


class Disagreement(Exception):
    """Endpoints answer one question differently. At least one is wrong or behind."""


class Refused(Exception):
    """The node answered with an error: a revert, an unknown block, a bad argument."""

    def __init__(self, message: str, data: str) -> None:
        super().__init__(message)
        self.data = data


class Endpoint:
    """One node, asked in batches: one round trip however many questions."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.url = url
        self._client = client
        self._ids = count(1)

    async def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Answers in the order of the calls; a `Refused` stands in for an error answer."""
        if not calls:
            return []
        asked = {next(self._ids): call for call in calls}
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
            for number, (method, params) in asked.items()
        ]
        answers = await self._post(body)
        return [_result(answers[number]) for number in asked]

    async def call(self, method: str, *params: Any) -> Any:
        """One question; raises `Refused` on an error answer."""
        (answer,) = await self.batch([(method, params)])
        if isinstance(answer, Refused):
            raise answer
        return answer

    async def _post(self, body: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
        """Answers by id. Every id that was asked is in it, and each answer is an object."""
        try:
            response = await self._client.post(self.url, json=body)
            response.raise_for_status()
            raw = response.json()
            answers = {one["id"]: one for one in raw}
        except (httpx.HTTPError, ValueError, TypeError, KeyError) as error:
            raise EndpointDown(f"{self.url}: {type(error).__name__} {error}") from error
        if not {one["id"] for one in body} <= answers.keys():
            raise EndpointDown(f"{self.url}: answers are missing from a batch")
        return answers


def _result(answer: dict[str, Any]) -> Any:
    error = answer.get("error")
    if error is None:
        return answer.get("result")
    if not isinstance(error, dict):
        return Refused(str(error), "")
    return Refused(str(error.get("message", error)), str(error.get("data") or ""))


class Endpoints:
    """All endpoints of one chain."""

    def __init__(self, urls: Sequence[str], client: httpx.AsyncClient) -> None:
        self.all = tuple(Endpoint(url, client) for url in urls)

    async def each(self, calls: Sequence[Call]) -> list[list[Any]]:
        """Every endpoint's answers to the same calls, asked at the same time.

        Raises EndpointDown if any is silent: with one witness left there is nothing to compare, and
        a monitor that can't compare waits.
        """
        answers: list[list[Any] | EndpointDown] = [EndpointDown("not asked") for _ in self.all]

        async def ask(at: int) -> None:
            try:
                answers[at] = await self.all[at].batch(calls)
            except EndpointDown as error:
                answers[at] = error

        async with anyio.create_task_group() as group:
            for at in range(len(self.all)):
                group.start_soon(ask, at)
        heard = [one for one in answers if not isinstance(one, EndpointDown)]
        for one in answers:
            if isinstance(one, EndpointDown):
                raise one
        return heard

    async def agreed(self, calls: Sequence[Call]) -> list[Any]:
        """Answers that all endpoints give, for questions that have only one right answer.

        Raises Disagreement when they differ and Refused when one can't answer at all, e.g. because
        it doesn't know a pinned block.
        """
        first, *others = await self.each(calls)
        for at, (method, params) in enumerate(calls):
            answers = [first[at], *(other[at] for other in others)]
            for answer in answers:
                if isinstance(answer, Refused):
                    raise answer
            if any(answer != answers[0] for answer in answers):
                raise Disagreement(f"{method}{list(params)!r:.200} has different answers")
        return first
