"""How messages fare, from the ramps' events alone: how many, how long, how many still wait."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from ccip_py.audit.rpc import Endpoint
from ccip_py.audit.words import number, signature
from ccip_py.chains.deployment import LaneDeployment
from ccip_py.devnet.network import Network
from ccip_py.protocol.ids import ChainSelector

SENT = signature(
    "CCIPSendRequested((uint64,address,address,uint64,uint256,bool,uint64,address,uint256,bytes,"
    "(address,uint256)[],bytes[],bytes32))"
)
ATTEMPTED = signature("ExecutionStateChanged(uint64,bytes32,uint8,bytes)")
SUCCESS = 2

Heads = dict[ChainSelector, int]


@dataclass(frozen=True, slots=True)
class Journey:
    """One message that was tried. Times are those of blocks."""

    lane: tuple[str, str]
    number: int
    sent_at: int
    tried_at: int
    blocks: int  # of the destination between the two
    succeeded: bool

    @property
    def seconds(self) -> int:
        return self.tried_at - self.sent_at


@dataclass(slots=True)
class _Lane:
    source: str
    destination: str
    facts: LaneDeployment
    sent: dict[int, int] = field(default_factory=dict)  # number → time
    tried: dict[int, tuple[int, int, bool]] = field(default_factory=dict)  # number → block, time, success
    read: dict[str, int] = field(default_factory=dict)  # chain → block up to which it was read


class Watch:
    """Follows every lane of a network from the moment it is made."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._endpoints = {chain.name: Endpoint(chain.rpc_url) for chain in network.deployment.chains}
        names = {chain.selector: chain.name for chain in network.deployment.chains}
        self._lanes = [
            _Lane(names[lane.source], names[lane.destination], lane) for lane in network.deployment.lanes
        ]
        for lane in self._lanes:
            heads = {chain: self._head(chain) for chain in (lane.source, lane.destination)}
            lane.read.update(heads)
        self._first = {chain: self._head(chain) for chain in self._endpoints}

    def look(self) -> None:
        """Read what is new. Only for chains that don't reorganise: the auditor reads those."""
        heads = {chain: self._head(chain) for chain in self._endpoints}
        for lane in self._lanes:
            for log in self._new_logs(lane, lane.source, lane.facts.on_ramp, SENT, heads):
                data = bytes.fromhex(log["data"][2:])
                lane.sent[number(data, number(data, 0) + 96)] = int(log["blockTimestamp"], 16)
            for log in self._new_logs(lane, lane.destination, lane.facts.off_ramp, ATTEMPTED, heads):
                state = number(bytes.fromhex(log["data"][2:]), 0)
                seen = (int(log["blockNumber"], 16), int(log["blockTimestamp"], 16), state == SUCCESS)
                lane.tried[int(log["topics"][1], 16)] = seen

    @property
    def sent(self) -> int:
        """How many messages left since the watch began."""
        return sum(len(lane.sent) for lane in self._lanes)

    @property
    def tried(self) -> int:
        """How many of them were executed, well or not."""
        return sum(len(lane.tried.keys() & lane.sent.keys()) for lane in self._lanes)

    def journeys(self) -> list[Journey]:
        """Every message that was sent and tried since the watch began."""
        times = {chain: self._block_times(chain) for chain in self._endpoints}
        return [
            Journey(
                (lane.source, lane.destination),
                number_,
                lane.sent[number_],
                time,
                block
                - self._first[lane.destination]
                - bisect_left(times[lane.destination], lane.sent[number_]),
                succeeded,
            )
            for lane in self._lanes
            for number_, (block, time, succeeded) in sorted(lane.tried.items())
            if number_ in lane.sent
        ]

    def close(self) -> None:
        """Close the connections."""
        for endpoint in self._endpoints.values():
            endpoint.__exit__(None, None, None)

    def _head(self, chain: str) -> int:
        return int(self._endpoints[chain].ask("eth_blockNumber"), 16)

    def _block_times(self, chain: str) -> list[int]:
        blocks = range(self._first[chain], self._head(chain) + 1)
        headers = self._endpoints[chain].batch([("eth_getBlockByNumber", [hex(n), False]) for n in blocks])
        return [int(header["timestamp"], 16) for header in headers]

    def _new_logs(
        self, lane: _Lane, chain: str, contract: bytes, topic: bytes, heads: dict[str, int]
    ) -> list[dict[str, str]]:
        first, lane.read[chain] = lane.read[chain] + 1, heads[chain]
        if first > heads[chain]:
            return []
        question = {"fromBlock": hex(first), "toBlock": hex(heads[chain]), "address": "0x" + contract.hex()}
        logs: list[dict[str, str]] = self._endpoints[chain].ask(
            "eth_getLogs", {**question, "topics": ["0x" + topic.hex()]}
        )
        return logs


class Backlog:
    """What was sent since the chains began and not tried yet. Only for chains that don't reorganise any more: each block
    is read once, since reading all of a long run again and again keeps a machine from what it waits for."""

    def __init__(self, network: Network) -> None:
        self._lanes = network.deployment.lanes
        self._ends = {chain.selector: Endpoint(chain.rpc_url) for chain in network.deployment.chains}
        self._next = dict.fromkeys(self._ends, 0)
        self._sent = dict.fromkeys(self._lanes, 0)
        self._tried: dict[LaneDeployment, set[str]] = {lane: set() for lane in self._lanes}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for endpoint in self._ends.values():
            endpoint.__exit__(None, None, None)

    def left(self) -> int:
        """How many they are now."""
        heads = {selector: int(end.ask("eth_blockNumber"), 16) for selector, end in self._ends.items()}
        for lane in self._lanes:
            self._sent[lane] += len(self._new(lane.source, lane.on_ramp, SENT, heads))
            tried = self._new(lane.destination, lane.off_ramp, ATTEMPTED, heads)
            self._tried[lane].update(log["topics"][1] for log in tried)
        self._next = {selector: head + 1 for selector, head in heads.items()}
        return sum(self._sent[lane] - len(self._tried[lane]) for lane in self._lanes)

    def _new(self, chain: ChainSelector, contract: bytes, topic: bytes, heads: Heads) -> list[dict[str, Any]]:
        if self._next[chain] > heads[chain]:
            return []
        question = {"fromBlock": hex(self._next[chain]), "toBlock": hex(heads[chain])}
        where = {"address": "0x" + contract.hex(), "topics": ["0x" + topic.hex()]}
        logs: list[dict[str, Any]] = self._ends[chain].ask("eth_getLogs", question | where)
        return logs


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0
