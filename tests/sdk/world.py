"""A destination chain as a list of blocks, for flows that read its events: it answers them, and can be reorganised."""

from dataclasses import dataclass, field
from typing import Any

from hexbytes import HexBytes

from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.codec.evm.events import (
    ExecutionStateChanged,
    encode_execution_state_changed,
    encode_report_accepted,
)
from ccip_py.protocol.ids import Address, MessageId, Root, SeqNr
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.message import ExecutionState, Message
from ccip_py.protocol.report import CommitReport, Interval, PriceUpdates
from ccip_py.sdk.findings import UNCURSED
from ccip_py.sdk.types import SentMessage, Transaction

from .conftest import A, B, address

STORE, OFF_RAMP, RMN = address(0x12), address(0x13), address(0x14)
LANE = Lane(A, B, address(0x11), STORE, OFF_RAMP)
MINE, OTHERS = MessageId(b"\x01" * 32), MessageId(b"\x02" * 32)
SEQ_NR = SeqNr(7)
ROOT, OTHER_ROOT = Root(b"\xaa" * 32), Root(b"\xbb" * 32)
BLOCK_S, EPOCH_S = 12, 1_000_000

Event = tuple[Address, tuple[bytes, ...], bytes]


def a_sent_message(timestamp: int = EPOCH_S) -> SentMessage:
    message = Message(
        A, address(1), address(2), SEQ_NR, 200_000, False, 0, address(3), 10**15, b"hi", (), (), MINE
    )
    return SentMessage(LANE, message, Transaction(A, HexBytes(b"\x05" * 32), 5, timestamp, 90_000))


def accepted(root: Root = ROOT, first: int = 5, last: int = 9) -> Event:
    report = CommitReport(PriceUpdates(), Interval(SeqNr(first), SeqNr(last)), root)
    return STORE, (codec.REPORT_ACCEPTED,), encode_report_accepted(report)


def removed(root: Root = ROOT) -> Event:
    return STORE, (codec.ROOT_REMOVED,), bytes(root)


def blessed(root: Root = ROOT, store: Address = STORE) -> Event:
    return RMN, (codec.ROOT_BLESSED, bytes(32), codec.address_to_word(store), root), bytes(96)


def lifted(remote: int = A) -> Event:
    return RMN, (UNCURSED, remote.to_bytes(16, "big").ljust(32, b"\0")), (1).to_bytes(32, "big")


def attempted(state: ExecutionState, of: MessageId = MINE) -> Event:
    change = ExecutionStateChanged(SEQ_NR, of, state, b"")
    return OFF_RAMP, *encode_execution_state_changed(change)


@dataclass
class World:
    """Blocks of events from number 0 on. What it was asked for, and how many blocks of logs, is counted."""

    blocks: list[list[Event]] = field(default_factory=lambda: [[]])
    fork: int = 0  # part of what transactions are called: a reorganised one has another name
    depth: int = 2  # how far `finalized` lies behind
    asked: list[str] = field(default_factory=list)
    read: int = 0
    gone: set[str] = field(default_factory=set)  # transactions without a receipt

    def mine(self, *events: Event) -> None:
        self.blocks.append(list(events))

    def mine_empty(self, count: int) -> None:
        self.blocks += [[] for _ in range(count)]

    def reorganise(self, depth: int) -> None:
        """Take the last blocks away; who mines now mines others."""
        del self.blocks[-depth:]
        self.fork += 1

    @property
    def latest(self) -> int:
        return len(self.blocks) - 1

    def transaction(self, block: int) -> str:
        return "0x" + keccak(f"{self.fork} {block}".encode()).hex()

    def __call__(self, method: str, params: tuple[Any, ...]) -> Any:
        self.asked.append(method)
        match method:
            case "eth_blockNumber":
                return hex(self.latest)
            case "eth_getBlockByNumber" | "eth_getBlockByHash":
                return self._block(params[0])
            case "eth_getLogs":
                return self._logs(params[0])
            case "eth_getTransactionReceipt":
                return self._receipt(params[0])
            case "eth_call":  # of the commit store: the number it expects next
                return hex(10 if any(log for block in self.blocks for log in block) else 1)
        raise AssertionError(f"{method} is not expected")

    def _block(self, what: str) -> dict[str, str] | None:
        tags = {"latest": self.latest, "finalized": max(0, self.latest - self.depth)}
        number = tags[what] if what in tags else int(what, 16)
        if number > self.latest:
            return None
        return {"number": hex(number), "timestamp": hex(EPOCH_S + number * BLOCK_S)}

    def _logs(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        first, last = int(query["fromBlock"], 16), min(int(query["toBlock"], 16), self.latest)
        self.read += last - first + 1
        return [
            self._entry(number, index, event)
            for number in range(first, last + 1)
            for index, event in enumerate(self.blocks[number])
            if codec.checksum(event[0]) == query["address"] and _matches(event[1], query["topics"])
        ]

    def _entry(self, number: int, index: int, event: Event) -> dict[str, Any]:
        emitter, topics, data = event
        return {
            "address": codec.checksum(emitter),
            "topics": ["0x" + topic.hex() for topic in topics],
            "data": "0x" + data.hex(),
            "blockNumber": hex(number),
            "transactionHash": self.transaction(number),
            "logIndex": hex(index),
        }

    def _receipt(self, transaction: str) -> dict[str, str] | None:
        for number in range(len(self.blocks)):
            if self.transaction(number) == transaction and transaction not in self.gone:
                place = {"blockNumber": hex(number), "blockHash": hex(number)}
                return {"transactionHash": transaction, "status": "0x1", "gasUsed": "0x1", **place}
        return None


def _matches(topics: tuple[bytes, ...], wanted: list[Any]) -> bool:
    told = ["0x" + topic.hex() for topic in topics]
    return len(told) >= len(wanted) and all(
        want is None or have in (want if isinstance(want, list) else [want])
        for have, want in zip(told, wanted, strict=False)
    )
