"""One JSON-RPC endpoint: one HTTP exchange, and every way in which its answer can be no answer.

Nothing an endpoint sends is trusted to be well-formed: hanging, an error page, half a body, a huge body, ids
that nobody asked for, all end as `EndpointFault`, so that the caller can ask elsewhere. A refusal (the node
understood and said no) is an answer and comes back as a value.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from ccip_py.chains.bounded_json import parse_answer
from ccip_py.chains.http import BodyTooLarge, Carrier, HttpFault
from ccip_py.errors import EndpointDown, NotYet, Refused

Request = tuple[str, tuple[Any, ...]]
"""A method and its parameters."""


class EndpointFault(EndpointDown):
    """One endpoint failed to answer; another may."""

    default_code = "ENDPOINT_FAULT"


class AnswerTooLarge(EndpointFault):
    """The answer is longer than we read. Asking for less may help; asking again will not."""

    default_code = "ANSWER_TOO_LARGE"


class RpcRefused(Refused):
    """The node said no. `number` is its JSON-RPC code, `data` the revert data if a contract said it."""

    default_code = "RPC_REFUSED"

    def __init__(self, method: str, number: int, reason: str, data: bytes | None = None) -> None:
        super().__init__(f"{method} refused: {reason}", context={"rpc_code": number})
        self.method, self.number, self.reason, self.data = method, number, reason, data

    @property
    def reverted(self) -> bool:
        """Whether a contract reverted, as against a node that would not do what was asked."""
        return self.data is not None


class UnknownBlock(NotYet):
    """The node has not got the block that was asked for: it lags, or the block was reorganised away."""

    default_code = "UNKNOWN_BLOCK"


Answer = Any | RpcRefused | UnknownBlock

_BUSY = re.compile(r"rate.?limit|too many requests|request limit|capacity exceeded|try again", re.IGNORECASE)
_UNKNOWN_BLOCK = re.compile(
    r"unknown block|header not found|block not found|BlockOutOfRange|resource not found|missing trie node",
    re.IGNORECASE,
)
_REVERTED = re.compile(r"execution reverted|^revert|VM Exception.*revert", re.IGNORECASE)


@dataclass(slots=True)
class Endpoint:
    """An address to ask, and how it has behaved lately. URLs and headers may hold secrets: only `name` is ever shown."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    faults: int = 0  # in a row; 0 is healthy
    faults_ever: int = 0
    rest_until: float = 0.0  # monotonic seconds; asked only if nobody better is there
    chain_id: int | None = None  # as it said itself; asked again after every fault
    last_fault: str = ""

    @property
    def name(self) -> str:
        try:
            parts = urlsplit(self.url)
            return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        except ValueError:
            return "an endpoint whose URL is none"


@dataclass(frozen=True, slots=True)
class Target:
    """A URL and the headers that every request to it carries, such as an authorization."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


async def exchange(
    carrier: Carrier, endpoint: Endpoint, requests: Sequence[Request], seconds: float, max_body: int
) -> list[Answer]:
    """Send the requests as one batch; one answer each, in order, or EndpointFault, also after `seconds`."""
    calls = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(requests, 1)
    ]
    content = orjson.dumps(calls)
    try:
        said = await carrier.post(endpoint.url, content, endpoint.headers, seconds=seconds, limit=max_body)
    except BodyTooLarge as long:
        raise AnswerTooLarge(f"{endpoint.name} sent {long}") from long
    except HttpFault as broken:
        raise EndpointFault(f"{endpoint.name}: {broken}") from broken
    if said.status != 200:
        raise EndpointFault(f"{endpoint.name} answered HTTP {said.status}")
    try:
        replies = parse_answer(said.body)
    except ValueError as garbage:
        raise EndpointFault(f"{endpoint.name} sent no JSON but {said.body[:60]!r}") from garbage
    return _in_order(endpoint, requests, replies)


def _in_order(endpoint: Endpoint, requests: Sequence[Request], replies: Any) -> list[Answer]:
    if isinstance(replies, dict) and "error" in replies:  # the node refused the batch as a whole
        raise EndpointFault(f"{endpoint.name} refused the batch: {str(replies['error'])[:200]}")
    if not isinstance(replies, list) or not all(isinstance(reply, dict) for reply in replies):
        raise EndpointFault(f"{endpoint.name} did not answer a batch with a batch")
    by_id = {reply.get("id"): reply for reply in replies if isinstance(reply.get("id"), int)}
    if len(replies) != len(requests) or set(by_id) != set(range(1, len(requests) + 1)):
        raise EndpointFault(f"{endpoint.name} answered other ids than it was asked for")
    return [_answer(endpoint, method, by_id[number]) for number, (method, _) in enumerate(requests, 1)]


def _answer(endpoint: Endpoint, method: str, reply: Mapping[str, Any]) -> Answer:
    error = reply.get("error")
    if error is None:
        if "result" not in reply:
            raise EndpointFault(f"{endpoint.name} answered {method} with neither result nor error")
        return reply["result"]
    if not isinstance(error, dict):
        raise EndpointFault(f"{endpoint.name} answered {method} with a malformed error")
    reason, number = str(error.get("message", "")), error.get("code", 0)
    data = _revert_data(error.get("data"), reason)
    if data is None and _BUSY.search(reason):
        raise EndpointFault(f"{endpoint.name} is busy: {reason[:200]}")
    if data is None and _UNKNOWN_BLOCK.search(reason):
        return UnknownBlock(f"{endpoint.name} has not got the block: {reason[:200]}")
    return RpcRefused(method, number if isinstance(number, int) else 0, reason[:500], data)


def _revert_data(data: Any, reason: str) -> bytes | None:
    """Nodes put it under `data`, as hex or nested once; a bare revert has no data but says so in words."""
    if isinstance(data, dict):
        data = data.get("data")
    if isinstance(data, str) and data.startswith("0x"):
        try:
            return bytes.fromhex(data[2:])
        except ValueError:
            return None
    return b"" if _REVERTED.search(reason) else None
