"""What a sender does next, as a pure function of its journal and of what the chain shows.

    PENDING -> MINED -> FINAL     final: the receipt's block is at or below the finalized one
    MINED -> PENDING              its block was reorganised away
    PENDING, MINED -> LOST        its nonce is used, finally, by a transaction that is not ours, or by our purge

Rules, for each open entry in the order of nonces:
1. A receipt of any attempt settles it, as far as the receipt's block is settled. Until that block is final nothing is
   asked about it again: a block that is reorganised away gives its nonce back.
2. A nonce that the latest block has used, without a receipt of ours, is only suspicious: a node may lag. It is LOST
   when the finalized block has used it. Someone else has the key, and the work must be decided anew.
3. A transaction that the node has not got is broadcast again, at most once per block.
4. The next one to be mined, if it waited `patience` blocks or cannot pay the base fee, is replaced at a price at
   least 12.5 % higher and no lower than the market's, up to a cap. At the cap it waits, and so do those behind it.
5. A nonce that nobody fills, below one of ours, is filled with an empty transaction to ourselves.
6. The next one to be mined that still is not after `purge_after` blocks, though it could pay, is given up: an empty
   transaction takes its nonce, so that those behind it move. It ends LOST, unless it is mined after all. The empty one
   may cost one step more than the cap, since what it replaces may stand there.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from ccip_py.protocol.ids import Address

GWEI = 10**9
FILLER = "fill a nonce gap"
FILLER_GAS = 21_000


class State(StrEnum):
    """How far a transaction has come."""

    PENDING = "pending"
    MINED = "mined"
    FINAL = "final"
    LOST = "lost"


MOVES: Mapping[State, frozenset[State]] = {
    State.PENDING: frozenset({State.MINED, State.FINAL, State.LOST}),
    State.MINED: frozenset({State.PENDING, State.FINAL, State.LOST}),
    State.FINAL: frozenset(),
    State.LOST: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be done on chain. `purpose` is for people."""

    to: Address | None
    data: bytes
    gas_limit: int
    value: int = 0
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One price at which the transaction was, or is about to be, broadcast, and the height when it was."""

    max_fee: int
    max_priority_fee: int
    block: int
    hash: bytes = b""  # known once signed
    purge: bool = False  # empty, in place of the intent: to give the nonce up


@dataclass(frozen=True, slots=True)
class Entry:
    """One intent under one nonce, with every price tried. The journal keeps these."""

    id: int
    nonce: int
    intent: Intent
    attempts: tuple[Attempt, ...]
    state: State = State.PENDING
    success: bool | None = None  # of the mined transaction
    block: int | None = None  # where it was mined
    broadcast_at: int = -1  # height of the latest broadcast

    @property
    def open(self) -> bool:
        """Whether anything can still happen to it."""
        return bool(MOVES[self.state])


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a mined transaction."""

    block_number: int
    success: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What the chain shows, read in one pass. Fees in wei per unit of gas."""

    account: Address
    latest: int
    finalized: int
    nonce: int  # used at latest
    nonce_pending: int  # used at latest or waiting in the node's pool without a gap
    nonce_finalized: int
    base_fee: int
    tip: int
    receipts: Mapping[bytes, Receipt]  # by transaction hash
    in_pool: frozenset[bytes]  # hashes the node knows
    next_id: int


@dataclass(frozen=True, slots=True)
class Questions:
    """Transaction hashes: whose receipts to ask for, and which the node may or may not have in its pool."""

    receipts: tuple[bytes, ...]
    in_pool: tuple[bytes, ...]
    surely_in_pool: frozenset[
        bytes
    ]  # the node counts their nonces as waiting, and nothing else could stand there


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds on what may be spent and how much may be under way."""

    max_fee: int = 500 * GWEI  # never offered more, whatever the market
    min_tip: int = 1  # wei; nodes that suggest nothing still get this
    patience: int = 3  # blocks before a price is raised
    purge_after: int = 600  # blocks before the next nonce is given up
    bump_permille: int = 125
    in_flight: int = 16  # not mined, per key
    gas_margin_permille: int = 200  # on top of the node's estimate


@dataclass(frozen=True, slots=True)
class Record:
    """Write the entry down; nothing to send."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Write the entry down, then sign and broadcast its last attempt."""

    entry: Entry


Action = Record | Broadcast


def decide(entries: Sequence[Entry], facts: Facts, policy: Policy) -> list[Action]:
    """What to do now. Deciding again on the same facts, after doing it, gives nothing new."""
    actions: list[Action] = []
    for entry in sorted((e for e in entries if e.open), key=lambda e: e.nonce):
        action = _next(entry, facts, policy)
        if action is not None:
            actions.append(action)
    return actions + list(_fill_gaps(entries, facts, policy))


def awaits_finality(entry: Entry, facts: Facts) -> bool:
    """Mined in a block that is not final yet, and its nonce is still used: there is nothing new to learn of it."""
    used = entry.nonce < facts.nonce
    return entry.state is State.MINED and used and entry.block is not None and entry.block > facts.finalized


def questions(entries: Sequence[Entry], facts: Facts) -> Questions:
    """What to ask about single transactions, given what concerns them all. Answers are long where transactions do much,
    so nothing is asked that can tell nothing new."""
    open_ = [entry for entry in entries if entry.open and not awaits_finality(entry, facts)]
    used = [entry for entry in open_ if entry.nonce < facts.nonce or entry.state is State.MINED]
    waiting = [entry for entry in open_ if entry.nonce >= facts.nonce]
    sure = [entry for entry in waiting if entry.nonce < facts.nonce_pending and len(entry.attempts) == 1]
    return Questions(
        receipts=tuple(attempt.hash for entry in used for attempt in entry.attempts),
        in_pool=tuple(entry.attempts[-1].hash for entry in waiting if entry not in sure),
        surely_in_pool=frozenset(entry.attempts[-1].hash for entry in sure),
    )


def _next(entry: Entry, facts: Facts, policy: Policy) -> Action | None:
    if awaits_finality(entry, facts):
        return None
    mined = next((a for a in entry.attempts if a.hash in facts.receipts), None)
    if mined is not None:
        settled = _settled(entry, mined, facts)
        return Record(settled) if settled != entry else None
    waiting = replace(entry, state=State.PENDING, success=None, block=None)
    if entry.nonce < facts.nonce_finalized:
        return Record(replace(waiting, state=State.LOST))
    if entry.nonce < facts.nonce:
        return Record(waiting) if waiting != entry else None
    return _push(waiting, facts, policy) or (Record(waiting) if waiting != entry else None)


def _settled(entry: Entry, mined: Attempt, facts: Facts) -> Entry:
    """As far as the receipt's block is settled. A mined purge did not do what was intended."""
    receipt = facts.receipts[mined.hash]
    state = State.MINED
    if receipt.block_number <= facts.finalized:
        state = State.LOST if mined.purge else State.FINAL
    success = receipt.success and not mined.purge
    return replace(entry, state=state, success=success, block=receipt.block_number)


def _push(entry: Entry, facts: Facts, policy: Policy) -> Action | None:
    """Keep a transaction that is not mined moving."""
    last = entry.attempts[-1]
    if _is_stuck(entry, facts, policy):
        purge = _purge(last, facts, policy)
        return Broadcast(replace(entry, attempts=(*entry.attempts, purge), broadcast_at=facts.latest))
    impatient = facts.latest - last.block >= policy.patience or last.max_fee < facts.base_fee
    if impatient and entry.nonce == facts.nonce and facts.latest > last.block:
        higher = raised(last, facts, policy)
        if higher is not None:
            return Broadcast(replace(entry, attempts=(*entry.attempts, higher), broadcast_at=facts.latest))
    if last.hash not in facts.in_pool and entry.broadcast_at < facts.latest:
        return Broadcast(replace(entry, broadcast_at=facts.latest))
    return None


def _is_stuck(entry: Entry, facts: Facts, policy: Policy) -> bool:
    """Next in line for too long, not for want of a price, and not being given up already."""
    last, waited = entry.attempts[-1], facts.latest - entry.attempts[0].block
    could_pay = last.max_fee >= facts.base_fee and last.block + policy.patience <= facts.latest
    return entry.nonce == facts.nonce and waited >= policy.purge_after and could_pay and not last.purge


def _purge(last: Attempt, facts: Facts, policy: Policy) -> Attempt:
    """A price that replaces the last one, whatever that was."""
    market = priced(facts, policy)
    max_fee = max(_up(last.max_fee, policy), market.max_fee)
    tip = max(_up(last.max_priority_fee, policy), market.max_priority_fee)
    return Attempt(max_fee, min(tip, max_fee), facts.latest, purge=True)


def priced(facts: Facts, policy: Policy) -> Attempt:
    """A first price: twice the base fee, so that it stays valid for six full blocks, and the usual tip."""
    tip = max(facts.tip, policy.min_tip)
    max_fee = min(policy.max_fee, 2 * facts.base_fee + tip)
    return Attempt(max_fee, min(tip, max_fee), facts.latest)


def raised(last: Attempt, facts: Facts, policy: Policy) -> Attempt | None:
    """The next price: 12.5 % up on both parts, or the market's if that is more. None at the cap."""
    market = priced(facts, policy)
    max_fee = max(_up(last.max_fee, policy), market.max_fee)
    tip = max(_up(last.max_priority_fee, policy), market.max_priority_fee)
    if max_fee > policy.max_fee:
        return None
    return Attempt(max_fee, min(tip, max_fee), facts.latest, purge=last.purge)


def _up(fee: int, policy: Policy) -> int:
    return -(-fee * (1000 + policy.bump_permille) // 1000)


def assign(intent: Intent, entries: Sequence[Entry], facts: Facts, policy: Policy) -> Entry | None:
    """A new entry on the lowest nonce that is free here and in the node's pool; None if too much is under way."""
    pending = {entry.nonce for entry in entries if entry.state is State.PENDING}
    if len(pending) >= policy.in_flight:
        return None
    taken = {entry.nonce for entry in entries if entry.open}
    nonce = facts.nonce
    while nonce in taken or nonce < facts.nonce_pending:
        nonce += 1
    return Entry(facts.next_id, nonce, intent, (priced(facts, policy),), broadcast_at=facts.latest)


def _fill_gaps(entries: Sequence[Entry], facts: Facts, policy: Policy) -> Iterator[Broadcast]:
    """Nonces below our highest that neither we nor the node's pool have a transaction for."""
    taken = {entry.nonce for entry in entries if entry.open}
    gaps = range(max(facts.nonce, facts.nonce_pending), max(taken, default=0))
    for place, nonce in enumerate(nonce for nonce in gaps if nonce not in taken):
        intent = Intent(facts.account, b"", FILLER_GAS, purpose=FILLER)
        attempt = priced(facts, policy)
        yield Broadcast(Entry(facts.next_id + place, nonce, intent, (attempt,), broadcast_at=facts.latest))


# On disk


def dump_entry(entry: Entry) -> str:
    """One line of JSON that `load_entry` reads back."""
    return json.dumps(asdict(entry), default=lambda value: "0x" + bytes(value).hex())


def load_entry(text: str) -> Entry:
    """The entry that `dump_entry` wrote."""
    raw = json.loads(text)
    intent, attempts = raw.pop("intent"), raw.pop("attempts")
    to = None if intent["to"] is None else Address(bytes.fromhex(intent["to"][2:]))
    intent = Intent(**{**intent, "to": to, "data": bytes.fromhex(intent["data"][2:])})
    tried = tuple(Attempt(**{**attempt, "hash": bytes.fromhex(attempt["hash"][2:])}) for attempt in attempts)
    return Entry(**{**raw, "intent": intent, "attempts": tried, "state": State(raw["state"])})
