"""Reading events so that none is missed, doubled or believed from the wrong branch.

Ranges are read in bounded windows; a window that a node will not answer is halved, and the size that worked is
remembered. Every read ends at a pinned block and fails with NotFinal if that block is not there any more.

Two ways of trusting the endpoint:
- `LogReader` checks order, filter, block hashes against headers, and that the pinned block stands.
  An endpoint that leaves a log out is found by whoever knows the sequence numbers, not here.
- `ProvenLogReader` recomputes every header from the last checked block up to the pinned one, and the receipts of each
  block whose bloom filter allows a match. Then a pinned hash from elsewhere proves that nothing is missing or
  forged. It costs a header per block, and the receipts of the blocks that matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import anyio

from ccip_py.chains.evm.blocks import (
    BadBlock,
    block_of,
    checked_header,
    log_of,
    may_contain,
    receipts_root,
    to_bytes,
    to_int,
)
from ccip_py.chains.evm.endpoint import AnswerTooLarge, RpcRefused
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import Block, Log, LogPage
from ccip_py.errors import NotFinal
from ccip_py.protocol.ids import Address

WINDOW = 2000
"""Blocks per eth_getLogs at most; public nodes allow between 500 and 10,000."""

HEADERS = 256
"""Headers per window of a proven read."""

HEADERS_KEPT, LOGS_KEPT = 64, 4
"""Blocks of which they are kept for other readers of the same chain."""

RECEIPTS = 8
"""Blocks whose receipts are fetched in one exchange: each may be megabytes."""


Header = Mapping[str, Any]
"""A header as nodes send it."""

Wanted = tuple[Address, bytes]
"""A contract, and the first topic of an event of its."""


class LogReader:
    """Logs by range from one chain. Use one per stream: it remembers the window that its contract allows."""

    def __init__(self, rpc: Rpc, window: int = WINDOW) -> None:
        self._rpc, self._limit, self._window = rpc, window, window

    async def read(
        self, address: Address, topics: Sequence[bytes], first: int, last: Block, at_most: int = 10_000
    ) -> LogPage:
        """Logs of `address` with one of the `topics`, from block `first` on, up to `last` or until a window made
        them `at_most` or more: the page says how far it reached."""
        logs: list[Log] = []
        start = first
        while start <= last.number and len(logs) < at_most:
            end = min(last.number, start + self._window - 1)
            try:
                logs += await self._window_of(address, topics, start, end, last)
            except (RpcRefused, AnswerTooLarge):
                if end == start:
                    raise
                self._window = (end - start + 1) // 2
                continue
            self._window = min(self._limit, self._window + self._window // 4 + 1)
            start = end + 1
        return LogPage(tuple(logs), start)

    async def _window_of(
        self, address: Address, topics: Sequence[bytes], first: int, end: int, last: Block
    ) -> list[Log]:
        wanted = {
            "address": "0x" + address.hex(),
            "topics": [["0x" + topic.hex() for topic in topics]],
            "fromBlock": hex(first),
            "toBlock": hex(end),
        }
        raw, pinned = await self._rpc.batch(
            [("eth_getLogs", (wanted,)), ("eth_getBlockByNumber", (hex(last.number), False))]
        )
        _still_there(pinned, last)
        logs = in_chain_order(map(log_of, raw))
        for log in logs:
            if log.address != address or log.topics[:1] not in [(t,) for t in topics]:
                raise BadBlock("the node sent a log that was not asked for", context={"log": log.index})
            if not first <= log.block_number <= end:
                raise BadBlock("the node sent a log outside the range", context={"block": log.block_number})
        await self._check_branch(logs)
        return logs

    async def _check_branch(self, logs: Sequence[Log]) -> None:
        """Every log must be in the block that its number names now: one branch, not a mixture."""
        numbers = sorted({log.block_number for log in logs})
        raws = await self._rpc.batch([("eth_getBlockByNumber", (hex(n), False)) for n in numbers])
        hashes = {number: block_of(raw).hash for number, raw in zip(numbers, raws, strict=True)}
        for log in logs:
            if log.block_hash != hashes[log.block_number]:
                raise NotFinal(
                    "the chain moved while its logs were read", context={"block": log.block_number}
                )


class ProvenLogReader:
    """Logs with proof: see the module's text. It remembers the last block it checked, to join the next to it."""

    def __init__(self, rpc: Rpc, window: int = HEADERS, blocks: ProvenBlocks | None = None) -> None:
        """`blocks`: whom several readers of one chain share, so that none proves what another one has proven."""
        self._blocks, self._window = blocks or ProvenBlocks(rpc), window
        self._checked: Block | None = None

    async def read(
        self, address: Address, topics: Sequence[bytes], first: int, last: Block, at_most: int = 10_000
    ) -> LogPage:
        """As `LogReader.read`. A page that does not reach `last` is proven only once a later one does."""
        logs: list[Log] = []
        start = first
        while start <= last.number and len(logs) < at_most:
            end = min(last.number, start + self._window - 1)
            headers = await self._blocks.headers(start, end, last.hash if end == last.number else None)
            if end == last.number:
                _still_there(headers[-1], last)
            self._join(headers)
            logs += await self._blocks.logs(headers, address, topics)
            self._checked = block_of(headers[-1])
            start = end + 1
        return LogPage(tuple(logs), start)

    def _join(self, headers: Sequence[Header]) -> None:
        """To what was checked before."""
        first, before = block_of(headers[0]).number, self._checked
        if before is None or before.number != first - 1:
            return
        if to_bytes(headers[0]["parentHash"]) != before.hash:
            raise NotFinal("a block does not follow the one before it", context={"block": first})


class ProvenBlocks:
    """Headers and logs of one chain that have been proven. The newest few are kept for whoever reads them next: in a node
    with many lanes out of one chain, that is every other lane."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._lock = anyio.Lock()
        self._headers: dict[bytes, Header] = {}  # by hash
        self._logs: dict[bytes, dict[Wanted, list[Log]]] = {}  # by the hash of their block
        self._wanted: list[Wanted] = []  # by anybody so far

    async def headers(self, first: int, end: int, top: bytes | None) -> list[Header]:
        """Headers that have the hashes they claim, each the parent of the next; the last one, if known, named by its hash."""
        async with self._lock:
            known = self._chain(first, end, top) if top is not None else None
            return known or await self._checked_headers(first, end)

    async def logs(self, headers: Sequence[Header], address: Address, topics: Sequence[bytes]) -> list[Log]:
        """The logs of one contract with one of the topics in these blocks, whose headers were checked."""
        wanted = [(address, topic) for topic in topics]
        async with self._lock:
            self._wanted += [each for each in wanted if each not in self._wanted]
            maybe = [raw for raw in headers if _may_hold(raw, wanted)]
            await self._prove([raw for raw in maybe if not self._has(raw, wanted)])
            found = [
                log for raw in maybe for each in wanted for log in self._logs[to_bytes(raw["hash"])][each]
            ]
            _keep_newest(self._headers, HEADERS_KEPT)
            _keep_newest(self._logs, LOGS_KEPT)
        return in_chain_order(found)

    def _chain(self, first: int, end: int, top: bytes) -> list[Header] | None:
        """What is kept of the blocks down from the one with that hash; None if any is missing."""
        found: list[Header] = []
        while len(found) <= end - first and top in self._headers:
            found.append(self._headers[top])
            top = to_bytes(found[-1]["parentHash"])
        whole = len(found) == end - first + 1 and block_of(found[-1]).number == first
        return found[::-1] if whole else None

    async def _checked_headers(self, first: int, end: int) -> list[Header]:
        raws = await self._rpc.batch(
            [("eth_getBlockByNumber", (hex(n), False)) for n in range(first, end + 1)]
        )
        before: Block | None = None
        for number, raw in enumerate(raws, first):
            block = checked_header(raw)
            if block.number != number:
                raise BadBlock("the node sent another block", context={"wanted": number, "got": block.number})
            if before is not None and to_bytes(raw["parentHash"]) != before.hash:
                raise NotFinal("a block does not follow the one before it", context={"block": number})
            self._headers[block.hash] = raw
            before = block
        return raws

    def _has(self, raw: Header, wanted: Sequence[Wanted]) -> bool:
        known = self._logs.get(to_bytes(raw["hash"]), {})
        return all(each in known for each in wanted)

    async def _prove(self, headers: Sequence[Header]) -> None:
        """Take out of these blocks what anybody here wants."""
        for start in range(0, len(headers), RECEIPTS):
            some = headers[start : start + RECEIPTS]
            requests = [("eth_getBlockReceipts", (raw["number"],)) for raw in some]
            for raw, receipts in zip(some, await self._rpc.batch(requests), strict=True):
                found: dict[Wanted, list[Log]] = {each: [] for each in self._wanted}
                for log in proven_logs(raw, receipts, found):
                    found[log.address, log.topics[0]].append(log)
                self._logs[to_bytes(raw["hash"])] = found


def _may_hold(raw: Header, wanted: Sequence[Wanted]) -> bool:
    bloom = to_bytes(raw["logsBloom"])
    return any(may_contain(bloom, address, topic) for address, topic in wanted)


def _keep_newest(kept: dict[bytes, Any], count: int) -> None:
    for oldest in list(kept)[:-count]:
        del kept[oldest]


def proven_logs(header: Header, receipts: Any, wanted: Collection[Wanted] | None = None) -> list[Log]:
    """The logs of a block, all or only those of wanted contracts and topics, if the receipts are exactly those that its
    (checked) header promises; BadBlock if not.

    Receipts do not commit to transaction hashes: those are hearsay.
    """
    if not isinstance(receipts, list) or receipts_root(receipts) != to_bytes(header["receiptsRoot"]):
        raise BadBlock("the receipts are not those of the block", context={"block": to_int(header["number"])})
    block = block_of(header)
    found = [(receipt, log) for receipt in receipts for log in receipt["logs"]]
    contracts = {contract for contract, _ in wanted or ()}  # most logs of a block are tokens' and others'
    return [
        Log(
            address=Address(to_bytes(raw["address"])),
            topics=tuple(map(to_bytes, raw["topics"])),
            data=to_bytes(raw["data"]),
            block_number=block.number,
            block_hash=block.hash,
            transaction_hash=to_bytes(receipt["transactionHash"]),
            index=index,
        )
        for index, (receipt, raw) in enumerate(found)
        if wanted is None or (to_bytes(raw["address"]) in contracts and _is_wanted(raw, wanted))
    ]


def _is_wanted(raw: Mapping[str, Any], wanted: Collection[Wanted]) -> bool:
    topics = raw["topics"]
    return bool(topics) and (Address(to_bytes(raw["address"])), to_bytes(topics[0])) in wanted


def in_chain_order(logs: Iterable[Log]) -> list[Log]:
    """Sorted, each once: nodes repeat and shuffle. Two different logs in one place are a lie."""
    by_place: dict[tuple[int, int], Log] = {}
    for log in logs:
        if by_place.setdefault((log.block_number, log.index), log) != log:
            raise BadBlock("the node sent two logs for one place", context={"block": log.block_number})
    return [by_place[place] for place in sorted(by_place)]


def _still_there(raw: Any, pinned: Block) -> None:
    if not isinstance(raw, Mapping) or block_of(raw).hash != pinned.hash:
        raise NotFinal("the pinned block is not in the chain any more", context={"block": pinned.number})
