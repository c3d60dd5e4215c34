"""Event logs, in windows of blocks that a public endpoint accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hexbytes import HexBytes

from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.sdk.evm import as_address, succeeded
from ccip_py.sdk.flow import Call, Flow, ask

WINDOW = 5_000  # blocks per eth_getLogs

Topic: TypeAlias = str | list[str] | None  # one value, any value, or any of some values


@dataclass(frozen=True, slots=True)
class Log:
    """One event as a chain reports it."""

    topics: tuple[bytes, ...]
    data: bytes
    block: int
    transaction: HexBytes
    emitter: Address
    index: int = 0  # within its block


def head(chain: ChainSelector) -> Flow[int]:
    """The number of the latest block."""
    (number,) = yield from ask(chain, Call("eth_blockNumber"))
    return int(succeeded(number), 16)


@dataclass(frozen=True, slots=True)
class Filter:
    """Events of one contract, by their topics."""

    emitter: Address
    topics: Sequence[Topic]

    def query(self, first: int, last: int) -> Call:
        """The request for a range of blocks."""
        fields = {"address": checksum(self.emitter), "topics": list(self.topics)}
        return Call("eth_getLogs", ({**fields, "fromBlock": hex(first), "toBlock": hex(last)},))


def find_logs(
    chain: ChainSelector, emitter: Address, topics: Sequence[Topic], first: int, last: int
) -> Flow[list[Log]]:
    """All matching logs of the blocks `first` to `last`, in chain order."""
    return (yield from find_all(chain, [Filter(emitter, topics)], first, last))


def find_all(chain: ChainSelector, filters: Sequence[Filter], first: int, last: int) -> Flow[list[Log]]:
    """The logs that match any of several filters, which should not overlap, in chain order."""
    found: list[Log] = []
    for start in range(first, last + 1, WINDOW):
        end = min(start + WINDOW - 1, last)
        answers = yield from ask(chain, *(each.query(start, end) for each in filters))
        found += [_log(entry) for answer in answers for entry in succeeded(answer)]
    return sorted(found, key=lambda log: (log.block, log.index))


def _log(entry: dict[str, Any]) -> Log:
    return Log(
        tuple(bytes(HexBytes(topic)) for topic in entry["topics"]),
        bytes(HexBytes(entry["data"])),
        int(entry["blockNumber"], 16),
        HexBytes(entry["transactionHash"]),
        as_address(entry["address"]),
        int(entry["logIndex"], 16),
    )


def topic(value: bytes | int) -> str:
    """An indexed value as `eth_getLogs` filters for it."""
    word = value.to_bytes(32, "big") if isinstance(value, int) else value
    return "0x" + word.hex()
