"""Bare JSON-RPC over HTTP, and the rule that one endpoint's word is nobody's word.

`Endpoint` asks one node. `Endpoints` asks several and either returns what all of them say or raises
`Disagreement`; the monitor then waits and raises an alarm. Facts that carry their own proof (headers
and receipts under an agreed hash) may come from any single endpoint, and are checked elsewhere.

No retry here: the monitor's loop asks again on its next turn.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

import anyio

from ccip_py.risk.config import Chain, ConfigError, is_header_value, is_url, place_of
from ccip_py.risk.http import Headers, Http, HttpError, TooLarge, parse_json
from ccip_py.risk.private import private_text

Call: TypeAlias = tuple[str, Sequence[Any]]


class EndpointDown(Exception):
    """No usable answer came: connection, time-out, HTTP status, or a body that isn't JSON-RPC."""


class AnswerTooLarge(EndpointDown):
    """The answer exceeds what is read of one. Less can be asked for at once."""


class Disagreement(Exception):
    """Endpoints answer one question differently. At least one is wrong or behind."""


class Refused(Exception):
    """The node answered with an error: a revert, an unknown block, a bad argument."""

    def __init__(self, message: str, data: str) -> None:
        super().__init__(message)
        self.data = data


@dataclass(frozen=True, slots=True)
class Target:
    """One node's address, with what it wants to be told. Only `name` is ever shown: the rest may be secret."""

    name: str
    url: str = field(repr=False)
    headers: Headers = field(repr=False, default=())


def read_targets(chain: Chain, *, one_will_do: bool) -> tuple[Target, ...]:
    """A chain's endpoints with their secrets, read from their files. Those that lead to the same place are one: asking
    it twice would prove nothing. ConfigError names the file that is wrong."""
    found: dict[tuple[object, ...], Target] = {}
    for rpc in chain.endpoints:
        url = rpc.url if rpc.url_file is None else private_text(rpc.url_file).strip()
        if not is_url(url):
            raise ConfigError(f"{rpc.name} is no http or https URL")
        secrets = tuple((name, private_text(file).strip()) for name, file in rpc.header_files)
        for name, value in secrets:
            if not is_header_value(value):
                raise ConfigError(
                    f"{dict(rpc.header_files)[name]} holds no header's value: one line of ASCII"
                )
        found.setdefault(place_of(url), Target(rpc.name, url, (*rpc.headers, *secrets)))
    if len(found) < 2 and not one_will_do:
        raise ConfigError(f"chains.{chain.name}.rpc: all endpoints lead to the same place")
    return tuple(found.values())


class Endpoint:
    """One node, asked in batches: one round trip however many questions."""

    def __init__(self, target: Target, http: Http) -> None:
        self.name = target.name
        self._target = target
        self._http = http
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
            said = await self._http.post_json(
                self._target.url, json.dumps(body).encode(), self._target.headers
            )
            raw = parse_json(said)
            answers = {one["id"]: one for one in raw}
        except TooLarge as error:
            raise AnswerTooLarge(f"{self.name}: {error}") from error
        except (HttpError, ValueError, TypeError, KeyError) as error:
            raise EndpointDown(f"{self.name}: {type(error).__name__} {error}") from error
        if not {one["id"] for one in body} <= answers.keys():
            raise EndpointDown(f"{self.name}: answers are missing from a batch")
        return answers


def _result(answer: dict[str, Any]) -> Any:
    error = answer.get("error")
    if error is None:
        return answer.get("result")
    if not isinstance(error, dict):
        return Refused(str(error), "")
    return Refused(str(error.get("message", error)), str(error.get("data") or ""))


class Endpoints:
    """All endpoints of one chain (config.py says when one may be enough)."""

    def __init__(self, targets: Sequence[Target], http: Http) -> None:
        self.all = tuple(Endpoint(target, http) for target in targets)

    async def each(self, calls: Sequence[Call]) -> list[list[Any]]:
        """Every endpoint's answers to the same calls, asked at the same time.

        Raises EndpointDown if any is silent: with one witness left there is nothing to compare, and
        a monitor that can't compare waits.
        """
        if len(self.all) == 1:
            return [await self.all[0].batch(calls)]
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


def one_answer(question: str, answers: Sequence[Any]) -> Any:
    """What all endpoints answer, to a question that has only one right answer.

    Raises Disagreement when they differ, and Refused when one can't answer at all, e.g. because it
    doesn't know a pinned block.
    """
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer
        if answer != answers[0]:
            raise Disagreement(f"{question}: different answers")
    return answers[0]
