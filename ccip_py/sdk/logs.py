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


def head(chain: ChainSelector) -> Flow[int]:
    """The number of the latest block."""
    (number,) = yield from ask(chain, Call("eth_blockNumber"))
    return int(succeeded(number), 16)


def find_logs(
    chain: ChainSelector, emitter: Address, topics: Sequence[Topic], first: int, last: int
) -> Flow[list[Log]]:
    """All matching logs of the blocks `first` to `last`, in chain order."""
    found: list[Log] = []
    for start in range(first, last + 1, WINDOW):
        query = {
            "address": checksum(emitter),
            "topics": list(topics),
            "fromBlock": hex(start),
            "toBlock": hex(min(start + WINDOW - 1, last)),
        }
        (answer,) = yield from ask(chain, Call("eth_getLogs", (query,)))
        found += [_log(entry) for entry in succeeded(answer)]
    return found


def _log(entry: dict[str, Any]) -> Log:
    return Log(
        tuple(bytes(HexBytes(topic)) for topic in entry["topics"]),
        bytes(HexBytes(entry["data"])),
        int(entry["blockNumber"], 16),
        HexBytes(entry["transactionHash"]),
        as_address(entry["address"]),
    )


def topic(value: bytes | int) -> str:
    """An indexed value as `eth_getLogs` filters for it."""
    word = value.to_bytes(32, "big") if isinstance(value, int) else value
    return "0x" + word.hex()
