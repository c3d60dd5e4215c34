"""When blocks were really there: chains whose clocks jump and whose blocks are replaced can't tell latencies."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from ccip_py.audit.events import Attempt, Sent
from ccip_py.audit.history import History
from ccip_py.audit.rpc import Call, Endpoint
from ccip_py.devnet.network import Network

NEAR = 16  # blocks below the head that are looked at again: what is replaced lies above


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds, of messages that meant well and of those that meant harm."""

    ordinary: list[float]
    hostile: list[float]


class WallClock:
    """Remembers when each block was first seen, by its hash."""

    def __init__(self, network: Network) -> None:
        self._endpoints = {
            int(chain.selector): Endpoint(chain.rpc_url) for chain in network.deployment.chains
        }
        self._seen: dict[int, dict[str, float]] = {selector: {} for selector in self._endpoints}
        self._read = dict.fromkeys(self._endpoints, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for endpoint in self._endpoints.values():
            endpoint.__exit__(None, None, None)

    def look(self) -> None:
        """Note what is new."""
        for selector, endpoint in self._endpoints.items():
            head = int(endpoint.ask("eth_blockNumber"), 16)
            first = max(0, min(self._read[selector] + 1, head - NEAR))
            now = time.monotonic()
            for block in self._headers(selector, first, head).values():
                self._seen[selector].setdefault(block, now)
            self._read[selector] = head

    def times(self, selector: int, last: int) -> dict[int, float]:
        """When each block of the chain as it is now was first seen."""
        seen = self._seen[selector]
        headers = self._headers(selector, 0, last)
        return {number: seen[block] for number, block in headers.items() if block in seen}

    def _headers(self, selector: int, first: int, last: int) -> dict[int, str]:
        calls: list[Call] = [("eth_getBlockByNumber", [hex(n), False]) for n in range(first, last + 1)]
        found = zip(range(first, last + 1), self._endpoints[selector].batch(calls), strict=True)
        return {number: block["hash"] for number, block in found if isinstance(block, dict)}


def latencies(history: History, clock: WallClock, hostile: Callable[[int, Sent], bool]) -> Latencies:
    """Seconds from the block of each sending to the block of its first attempt, as seen from outside. `hostile` says
    by the destination's selector whether a message was meant to do harm."""
    times = {selector: clock.times(selector, chain.head) for selector, chain in history.chains.items()}
    took = Latencies([], [])
    for lane in history.lanes:
        source, destination = history.chains[lane.source], history.chains[lane.destination]
        sends = {event.number: event for event in source.of(Sent, lane.on_ramp)}
        tried: dict[int, int] = {}
        for attempt in destination.of(Attempt, lane.off_ramp):
            tried.setdefault(attempt.number, attempt.at.block)
        for number, block in tried.items():
            sent = sends.get(number)
            began = times[lane.source].get(sent.at.block) if sent else None
            ended = times[lane.destination].get(block)
            if sent and began is not None and ended is not None:
                (took.hostile if hostile(lane.destination, sent) else took.ordinary).append(ended - began)
    return took
