"""Blocks, receipts and logs as nodes send them, checked against the hash that names them.

`checked_header` recomputes the hash of a header from its fields; `receipts_root` recomputes the root that the
header promises from the receipts. Together they turn one honest block hash into proof that no log of the
block was left out, changed or invented.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from ccip_py.chains.evm import rlp
from ccip_py.chains.evm.trie import ordered_root
from ccip_py.chains.ports import Block, Log
from ccip_py.errors import Misbehaved
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak

# The fields of a header in the order in which they are hashed, and whether each is a number.
_HEADER_FIELDS: tuple[tuple[str, bool], ...] = (
    ("parentHash", False),
    ("sha3Uncles", False),
    ("miner", False),
    ("stateRoot", False),
    ("transactionsRoot", False),
    ("receiptsRoot", False),
    ("logsBloom", False),
    ("difficulty", True),
    ("number", True),
    ("gasLimit", True),
    ("gasUsed", True),
    ("timestamp", True),
    ("extraData", False),
    ("mixHash", False),
    ("nonce", False),
    ("baseFeePerGas", True),
    ("withdrawalsRoot", False),
    ("blobGasUsed", True),
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),
    ("requestsHash", False),
)


class BadBlock(Misbehaved):
    """An endpoint sent a block, receipt or log that contradicts itself or the hash it was asked for by."""

    default_code = "BAD_BLOCK"


def to_bytes(value: Any) -> bytes:
    """Hex text as nodes send it. BadBlock for anything else."""
    try:
        return bytes.fromhex(value[2:]) if value[:2] == "0x" else _malformed(value)
    except (ValueError, TypeError, KeyError):
        return _malformed(value)


def to_int(value: Any) -> int:
    """A quantity as nodes send it. BadBlock for anything else."""
    try:
        return int(value, 16)
    except (ValueError, TypeError):
        raise BadBlock(f"not a quantity: {str(value)[:80]}") from None


def _malformed(value: Any) -> bytes:
    raise BadBlock(f"not hex: {str(value)[:80]}")


def block_of(raw: Any) -> Block:
    """A block's name and time. Its hash is believed, not recomputed."""
    if not isinstance(raw, Mapping):
        raise BadBlock("the node sent no block")
    return Block(to_int(raw.get("number")), to_bytes(raw.get("hash")), to_int(raw.get("timestamp")))


def header_hash(raw: Mapping[str, Any]) -> bytes:
    """The hash that the fields of a header really have."""
    values = (
        raw[name] if not number else to_int(raw[name]) for name, number in _HEADER_FIELDS if name in raw
    )
    return keccak(rlp.encode([v if isinstance(v, int) else to_bytes(v) for v in values]))


def checked_header(raw: Any) -> Block:
    """Like `block_of`, after recomputing the hash."""
    block = block_of(raw)
    if header_hash(raw) != block.hash:
        raise BadBlock("a header does not have the hash it claims", context={"number": block.number})
    return block


def log_of(raw: Mapping[str, Any]) -> Log:
    """One log as nodes send it."""
    return Log(
        address=Address(to_bytes(raw.get("address"))),
        topics=tuple(to_bytes(topic) for topic in raw.get("topics", ())),
        data=to_bytes(raw.get("data")),
        block_number=to_int(raw.get("blockNumber")),
        block_hash=to_bytes(raw.get("blockHash")),
        transaction_hash=to_bytes(raw.get("transactionHash")),
        index=to_int(raw.get("logIndex")),
    )


def receipts_root(receipts: Sequence[Mapping[str, Any]]) -> bytes:
    """The root of a block's receipts, from status, gas, bloom and logs alone. BadBlock for what are no receipts."""
    try:
        return ordered_root([_encoded_receipt(receipt) for receipt in receipts])
    except (TypeError, ValueError, KeyError):
        raise BadBlock("the node sent receipts that are none") from None


def _encoded_receipt(raw: Mapping[str, Any]) -> bytes:
    """Laid out in the hexadecimal digits that it came in, which become bytes once: whoever proves logs does this for
    every log of every transaction of a chain. Digits that are wrong or too few give another root, or none."""
    body = "".join(
        (
            _number(to_int(raw["status"])),
            _number(to_int(raw["cumulativeGasUsed"])),
            _digits(raw["logsBloom"][2:]),
            _list("".join([_log_digits(log) for log in raw["logs"]])),
        )
    )
    kind = to_int(raw.get("type", "0x0"))
    return bytes.fromhex((f"{kind:02x}" if kind else "") + _list(body))


def _log_digits(log: Mapping[str, Any]) -> str:
    """Address, topics, data."""
    topics = "".join(["a0" + topic[2:] for topic in log["topics"]])
    return _list("94" + log["address"][2:] + _list(topics) + _digits(log["data"][2:]))


def _number(value: int) -> str:
    """A whole number, without leading zeros."""
    digits = f"{value:x}" if value else ""
    return _digits("0" + digits if len(digits) % 2 else digits)


def _digits(digits: str) -> str:
    """A string of bytes under its length."""
    if len(digits) == 2 and digits < "80":
        return digits
    return _head(0x80, len(digits) // 2) + digits


def _list(digits: str) -> str:
    """Items one after the other, under their length."""
    return _head(0xC0, len(digits) // 2) + digits


@lru_cache(maxsize=4096)
def _head(offset: int, length: int) -> str:
    """Logs of one kind have one length."""
    return rlp.prefix(offset, length).hex()


def may_contain(bloom: bytes, *things: bytes) -> bool:
    """Whether a block's bloom filter allows a log with all of these. False is certain, True is not."""
    bits = int.from_bytes(bloom, "big")
    for thing in things:
        digest = keccak(thing)
        for place in (0, 2, 4):
            if not bits >> (int.from_bytes(digest[place : place + 2], "big") & 2047) & 1:
                return False
    return True
