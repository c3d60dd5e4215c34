"""One chain as this monitor reads it: what is final, what is proven, what the contracts say now.

Finality. The head that counts is the lowest that any endpoint calls final, and all must know it by
the same hash. A block once taken in is a ratchet: if its hash changes, `FinalityViolated` is raised,
now and after a restart. While it is gone, because the chain is shorter than it was, nothing is known of the chain.

Proof. Finalized blocks are taken in one after another. Each header is hashed here and must be the
child of the one before, up to a block whose hash all endpoints agree on. Its bloom says whether a
contract of ours may have logged something; if so, all receipts of the block must hash to the receipts
root in the header. A log that is missing, altered or invented breaks that chain of hashes, whoever
serves it. So one round of agreement per step is enough, and the bulk may come from any endpoint.

State at the head (epochs, counters) can't be proven this way; all endpoints must agree on it at one
pinned block hash.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ccip_py.risk.config import Chain
from ccip_py.risk.evm import Log, Undecodable
from ccip_py.risk.facts import Block
from ccip_py.risk.receipts import proven_logs, read_log
from ccip_py.risk.rpc import (
    AnswerTooLarge,
    Call,
    Disagreement,
    Endpoint,
    EndpointDown,
    Endpoints,
    Refused,
    one_answer,
)
from ccip_py.risk.trie import NotProven, bloom_bits, header_hash
from ccip_py.risk.views import Ask

Header: TypeAlias = Mapping[str, Any]

# Headers asked for in one request. Bounds the answer to a few megabytes on a busy chain.
STEP = 64
# Gas used by the blocks whose receipts are asked for in one request, unless a single one used more: a few megabytes of
# answer. One by one, a monitor that was away for long would spend its first minutes on round trips; all at once, it would
# need, and keep, memory for the largest answer that ever came.
RECEIPTS_GAS = 60_000_000


# Receipts asked for in one request where those of a block are too large together.
RECEIPTS_AT_ONCE = 64


class FinalityViolated(Exception):
    """A block that was final is not what it was. All endpoints agree on the new hash."""

    def __init__(self, number: int, was: bytes, now: bytes) -> None:
        super().__init__(f"finalized block {number} changed from {was.hex()} to {now.hex()}")
        self.number, self.was, self.now = number, was, now


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's end as all endpoints see it."""

    number: int
    hash: bytes
    timestamp: int
    final: int


async def read_head(chain: Chain, endpoints: Endpoints) -> Head:
    """The lowest latest and lowest finalized block among the endpoints."""
    tag = "latest" if chain.finality is not None else "finalized"
    calls: list[Call] = [
        ("eth_getBlockByNumber", ("latest", False)),
        ("eth_getBlockByNumber", (tag, False)),
        ("eth_chainId", ()),
    ]
    answers = await endpoints.each(calls)
    for latest, final, chain_id in answers:
        if isinstance(latest, Refused) or isinstance(final, Refused) or not latest or not final:
            raise EndpointDown(f"{chain.name}: an endpoint doesn't know its own head")
        if chain_id != hex(chain.chain_id):
            raise Disagreement(f"{chain.name}: an endpoint serves chain {chain_id}, not {chain.chain_id}")
    lowest = min((latest for latest, _, _ in answers), key=lambda block: _int(block["number"]))
    final_number = min(_int(final["number"]) for _, final, _ in answers)
    return Head(
        _int(lowest["number"]),
        _raw(lowest["hash"]),
        _int(lowest["timestamp"]),
        max(0, final_number - (chain.finality or 0)),
    )


async def agreed_hash(endpoints: Endpoints, number: int) -> bytes | None:
    """The hash of a block, if all endpoints give the same one; None if none of them has it."""
    return one_hash(number, [block for (block,) in await endpoints.each([block_call(number)])])


def block_call(number: int) -> Call:
    return "eth_getBlockByNumber", (hex(number), False)


def one_hash(number: int, blocks: Sequence[Any]) -> bytes | None:
    """Compares hashes only: nodes differ in how they dress up the rest of a block."""
    hashes = {
        None if isinstance(block, Refused) or block is None else _raw(block["hash"]) for block in blocks
    }
    if len(hashes) != 1:
        raise Disagreement(f"block {number} has different hashes")
    return hashes.pop()


def check_ratchet(number: int, known: bytes, now: bytes | None) -> None:
    """The last block taken in must still be what it was. Asked anew on every cycle."""
    # What stands above the end that is left may never have happened: nothing is concluded from it until the chain has
    # grown back, and shows whether it is the same.
    if now is None:
        raise EndpointDown(f"block {number} was final and is gone: the chain is shorter than it was")
    if now != known:
        raise FinalityViolated(number, known, now)


@dataclass(frozen=True, slots=True)
class Watched:
    """The contracts of one chain whose logs matter."""

    contracts: frozenset[bytes]
    blooms: tuple[int, ...]  # of each of them

    @classmethod
    def of(cls, contracts: Sequence[bytes]) -> "Watched":
        known = frozenset(contracts)
        return cls(known, tuple(bloom_bits(contract) for contract in known))

    def may_be_in(self, header: Header) -> bool:
        """Whether a block may hold a log of any of them."""
        bloom = int(header["logsBloom"], 16)
        return any(bloom & bits == bits for bits in self.blooms)


async def proven_blocks(
    endpoints: Endpoints,
    after: tuple[int, bytes],
    last: tuple[int, bytes],
    watched: Watched,
    known: Sequence[Sequence[Any]] = (),
) -> list[Block]:
    """The blocks behind `after` up to `last`, which is final and agreed, with proven logs. `known` may hold their
    headers as each endpoint told them.

    Tries the endpoints in turn; raises only if none of them can serve what the agreed hash demands.
    """
    failure: Exception = NotProven("no endpoint")
    for at, endpoint in enumerate(endpoints.all):
        try:
            headers = known[at] if known else await _headers(endpoint, after[0] + 1, last[0])
            hashes = _linked(headers, after[1], last[1])
            logs = await _proven_logs(endpoint, headers, watched)
            numbers = [_int(header["number"]) for header in headers]
            return [
                Block(number, hash_, logs.get(number, ()))
                for number, hash_ in zip(numbers, hashes, strict=True)
            ]
        except (EndpointDown, NotProven, Refused) as error:
            failure = error
        except (KeyError, TypeError, ValueError) as error:
            failure = NotProven(f"{endpoint.name}: malformed answer ({error!r})")
    raise failure


async def _headers(endpoint: Endpoint, first: int, last: int) -> Sequence[Any]:
    return await endpoint.batch([block_call(number) for number in range(first, last + 1)])


def _linked(headers: Sequence[Any], parent: bytes, top: bytes) -> list[bytes]:
    """Hash each header, and see that each is the child of the one before and the last is `top`.

    A false start means that the parent is not an ancestor of an agreed finalized block. That is not
    judged here: the ratchet check sees the same thing on agreed hashes.
    """
    hashes = []
    for header in headers:
        if isinstance(header, Refused) or header is None:
            raise EndpointDown("a finalized header is missing")
        if _raw(header["parentHash"]) != parent:
            raise NotProven(f"block {header['number']} is not the child of {parent.hex()}")
        parent = header_hash(header)
        hashes.append(parent)
    if parent != top:
        raise NotProven(f"headers end in {parent.hex()}, not in the agreed {top.hex()}")
    return hashes


async def _proven_logs(
    endpoint: Endpoint, headers: Sequence[Header], watched: Watched
) -> dict[int, Sequence[Log]]:
    """Block number → the logs of the contracts we watch. Receipts are fetched only if the bloom allows for any."""
    found: dict[int, Sequence[Log]] = {}
    for some in portions_of([header for header in headers if watched.may_be_in(header)]):
        for header, receipts in zip(some, await _receipts(endpoint, some), strict=True):
            number = _int(header["number"])
            if receipts is None:
                raise NotProven(f"{endpoint.name}: no receipts of block {number}")
            found[number] = proven_logs(receipts, _raw(header["receiptsRoot"]), number, watched.contracts)
    return found


async def _receipts(endpoint: Endpoint, headers: Sequence[Header]) -> list[Any]:
    """Of each block. Where all at once are more than is read of an answer, or than the node gives, block by block, and then
    receipt by receipt: who fills a block with logs must not be able to stop every monitor."""
    calls: list[Call] = [("eth_getBlockReceipts", (header["number"],)) for header in headers]
    try:
        answers = await endpoint.batch(calls)
        if not any(isinstance(answer, Refused) for answer in answers):
            return answers
    except AnswerTooLarge:
        pass
    if len(headers) > 1:
        return [one for header in headers for one in await _receipts(endpoint, [header])]
    hashes = headers[0]["transactions"]
    portions = [hashes[at : at + RECEIPTS_AT_ONCE] for at in range(0, len(hashes), RECEIPTS_AT_ONCE)]
    return [[one for portion in portions for one in await _single_receipts(endpoint, portion)]]


async def _single_receipts(endpoint: Endpoint, hashes: Sequence[str]) -> list[Any]:
    """By transaction, in order; by halves, where they are too large together."""
    try:
        answers = await endpoint.batch([("eth_getTransactionReceipt", (one,)) for one in hashes])
    except AnswerTooLarge:
        if len(hashes) == 1:
            raise
        half = len(hashes) // 2
        return [
            *await _single_receipts(endpoint, hashes[:half]),
            *await _single_receipts(endpoint, hashes[half:]),
        ]
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer
    return answers


def portions_of(headers: Sequence[Header]) -> Iterator[Sequence[Header]]:
    """Consecutive ones that used `RECEIPTS_GAS` together, or one by itself."""
    some: list[Header] = []
    gas = 0
    for header in headers:
        used = _int(header["gasUsed"])
        if some and gas + used > RECEIPTS_GAS:
            yield some
            some, gas = [], 0
        some.append(header)
        gas += used
    if some:
        yield some


def logs_call(after: int, through: int, addresses: Sequence[bytes]) -> Call:
    """Logs above the finalized head."""
    query = {
        "fromBlock": hex(after + 1),
        "toBlock": hex(through),
        "address": ["0x" + address.hex() for address in addresses],
    }
    return "eth_getLogs", (query,)


def common_logs(answers: Sequence[Any]) -> list[Log]:
    """Unproven logs that all endpoints report. Good for hints, never for blame.

    A commit is seen here first. What a blessing states is about the source, where everything is
    proven, so a commit that vanishes again merely wastes a signature. One that an endpoint hides is
    found later, when its block is final.
    """
    reports: list[set[Log]] = []
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer
        reports.append({_placed_log(log) for log in answer})
    return sorted(set.intersection(*reports), key=lambda log: (log.block, log.index))


def _placed_log(log: Mapping[str, Any]) -> Log:
    return read_log(log, _int(log["blockNumber"]), _int(log["transactionIndex"]), _int(log["logIndex"]))


def view_call(ask: Ask, at: bytes | int) -> Call:
    """A question to a contract as of one block, given by its hash, or by its number where that is final."""
    call = {"to": "0x" + ask.to.hex()} if ask.to else {}
    call["data"] = "0x" + ask.data.hex()
    return "eth_call", (call, hex(at) if isinstance(at, int) else {"blockHash": "0x" + at.hex()})


def one_view(ask: Ask, answers: Sequence[Any]) -> bytes:
    """What all endpoints answer. A contract that isn't there answers nothing, which is no answer to anything."""
    answer = _raw(one_answer(f"call to {ask.to.hex()}", answers))
    if len(answer) < 32 * ask.words:
        raise Undecodable(f"{ask.to.hex()} answers with {len(answer)} bytes")
    return answer


def _int(value: str) -> int:
    return int(value, 16)


def _raw(value: str) -> bytes:
    return bytes.fromhex(value[2:])


async def calldata(endpoints: Endpoints, places: Sequence[tuple[int, int]]) -> list[bytes]:
    """What the transactions at (block, index) were called with, from the first endpoint that knows.

    Not proven and not agreed: good for what proves itself, and no reason to stop reading otherwise.
    """
    calls: list[Call] = [
        ("eth_getTransactionByBlockNumberAndIndex", (hex(block), hex(tx))) for block, tx in places
    ]
    for endpoint in endpoints.all:
        try:
            answers = await endpoint.batch(calls)
            return [_raw(answer["input"]) for answer in answers]
        except (EndpointDown, KeyError, TypeError, ValueError):
            continue
    return []
