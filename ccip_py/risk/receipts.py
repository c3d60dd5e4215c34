"""What receipts prove: all logs of a block, in their order, and no others.

Promise: an endpoint that omits, alters, moves or invents a log can't get it past here. A header holds the
root of the trie over its block's receipts, and receipts hold the logs, so one agreed hash is enough to
catch a lying endpoint, whatever it says elsewhere.

Each log is turned into bytes once, and the very bytes that were hashed are handed on: there is no second
reading that could come to something else. That is also why their sizes are checked. In the encoding,
sizes tell where one field ends and the next begins; bytes that hash rightly, but were cut in other places
by whoever served them, would be a lie that fits the root.

Receipts are those of Ethereum up to the Prague/Osaka forks (and of Anvil). A rollup with receipts of its
own fails loudly: the root doesn't come out.
"""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from ccip_py.risk.evm import Log
from ccip_py.risk.trie import NotProven, integer, list_of, string, trie_root

_TOPIC = b"\xa0"  # announces 32 bytes
_ADDRESS = b"\x94"  # announces 20 bytes


def proven_logs(
    receipts: Sequence[Mapping[str, Any]], root: bytes, block: int, wanted: Set[bytes]
) -> tuple[Log, ...]:
    """The logs of the `wanted` contracts, if exactly these receipts stand under `root`; else NotProven.

    Places within the block are counted here, not believed: only the order is proven.
    """
    encoded: list[bytes] = []
    logs: list[Log] = []
    index = 0
    for tx, receipt in enumerate(receipts):
        bodies: list[bytes] = []
        for raw in receipt["logs"]:
            address, topics, data = _fields(raw)
            bodies.append(_log(address, topics, data))
            if address in wanted:
                logs.append(Log(address, topics, data, block, tx, index))
            index += 1
        encoded.append(_receipt(receipt, b"".join(bodies)))
    if trie_root(encoded) != root:
        raise NotProven(f"the receipts of block {block} are not those of its header")
    return tuple(logs)


def read_log(raw: Mapping[str, Any], block: int, tx: int, index: int) -> Log:
    """A log as a node tells it, at the place that the caller knows or believes it to have."""
    return Log(*_fields(raw), block, tx, index)


def _fields(raw: Mapping[str, Any]) -> tuple[bytes, tuple[bytes, ...], bytes]:
    """Address, topics, data."""
    address = bytes.fromhex(raw["address"][2:])
    topics = tuple([bytes.fromhex(topic[2:]) for topic in raw["topics"]])
    if len(address) != 20 or any([len(topic) != 32 for topic in topics]):  # noqa: C419
        raise NotProven("an address or a topic of another size than it must have")
    return address, topics, bytes.fromhex(raw["data"][2:])


def _log(address: bytes, topics: Sequence[bytes], data: bytes) -> bytes:
    """Consensus encoding of one log: (address, topics, data)."""
    return list_of(
        _ADDRESS + address + list_of(b"".join([_TOPIC + topic for topic in topics])) + string(data)
    )


def _receipt(receipt: Mapping[str, Any], logs: bytes) -> bytes:
    """Consensus encoding: (status, cumulative gas, bloom, logs), behind the type unless that is 0."""
    body = list_of(
        string(integer(int(receipt["status"], 16)))
        + string(integer(int(receipt["cumulativeGasUsed"], 16)))
        + string(bytes.fromhex(receipt["logsBloom"][2:]))
        + list_of(logs)
    )
    kind = int(receipt.get("type", "0x0"), 16)
    return body if kind == 0 else bytes([kind]) + body
