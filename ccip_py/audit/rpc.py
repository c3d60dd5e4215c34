"""JSON-RPC, as much of it as an auditor needs: questions in batches, and all logs of some contracts.

One endpoint per chain, whose word is taken: choose one that you trust, not one that the nodes use.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from ccip_py.audit.words import number

TIMEOUT_S = 60.0
BATCH = 500  # calls in one exchange
WINDOW = 5_000  # blocks in one question for logs; halved where that is too much

Json = dict[str, Any]
Call = tuple[str, list[Any]]


class EndpointError(Exception):
    """No usable answer: the connection, the status, or the node's own error. The message names the endpoint."""


class Endpoint:
    """One chain's node."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(timeout=TIMEOUT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ask(self, method: str, *parameters: Any) -> Any:
        """One question; EndpointError if the node refuses it."""
        (answer,) = self.batch([(method, list(parameters))])
        if isinstance(answer, EndpointError):
            raise answer
        return answer

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Answers in the order of the calls; an EndpointError stands for each that the node refused."""
        answers: list[Any] = []
        for start in range(0, len(calls), BATCH):
            answers += self._exchange(calls[start : start + BATCH])
        return answers

    def _exchange(self, calls: Sequence[Call]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": parameters}
            for index, (method, parameters) in enumerate(calls)
        ]
        try:
            response = self._client.post(self.url, json=body)
            response.raise_for_status()
            by_id = {answer["id"]: answer for answer in response.json()}
            return [self._result(calls[index][0], by_id[index]) for index in range(len(calls))]
        except (httpx.HTTPError, ValueError, TypeError, KeyError) as broken:
            raise EndpointError(
                f"{self.url}: no usable answer ({type(broken).__name__}: {broken})"
            ) from broken

    def _result(self, method: str, answer: Json) -> Any:
        if "error" in answer:
            return EndpointError(f"{self.url}: {method} was refused: {answer['error'].get('message')}")
        return answer["result"]

    def view(self, calls: Sequence[tuple[bytes, bytes]], block: int) -> list[bytes | None]:
        """Ask contracts at a block: (address, calldata) each; None where the call reverted."""
        asked: list[Call] = [
            ("eth_call", [{"to": "0x" + to.hex(), "data": "0x" + data.hex()}, hex(block)])
            for to, data in calls
        ]
        return [
            None if isinstance(answer, EndpointError) else bytes.fromhex(answer[2:])
            for answer in self.batch(asked)
        ]

    def numbers(self, calls: Sequence[tuple[bytes, bytes]], block: int) -> list[int | None]:
        """The same where the first word of the answer is wanted; None also where there is none."""
        answers = self.view(calls, block)
        return [number(answer, 0) if answer and len(answer) >= 32 else None for answer in answers]

    def logs(self, addresses: Sequence[bytes], first: int, last: int) -> list[Json]:
        """All logs of these contracts in blocks `first` to `last`, in the order of the chain."""
        found: list[Json] = []
        window = WINDOW
        while first <= last and addresses:
            until = min(last, first + window - 1)
            try:
                found += self.ask(
                    "eth_getLogs",
                    {
                        "fromBlock": hex(first),
                        "toBlock": hex(until),
                        "address": ["0x" + address.hex() for address in addresses],
                    },
                )
            except EndpointError:
                if window == 1:
                    raise
                window = max(1, window // 4)
                continue
            first = until + 1
        return found
