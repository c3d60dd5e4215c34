"""No token out of nothing: S1.

Judged are the tokens that the deployment names. What strangers' tokens and pools do, they do to themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ccip_py.audit.checks.ledger import Book, LaneLedger, broken, worth_knowing
from ccip_py.audit.events import SUCCESS, Attempt, Event, Given, LiquidityRemoved, Sent, Taken, Transfer
from ccip_py.audit.hashing import arriving, pool_words
from ccip_py.audit.history import Chain, Finding

ZERO = bytes(20)
Move = tuple[bytes, bytes, int]  # token, recipient, amount


def conserved(book: Book) -> Iterator[Finding]:
    """S1: what a lane gives out was taken in, message by message, and explains every change of balance and supply."""
    for chain in book.chains:
        yield from _matched(book, chain)
        for transaction in _transactions(chain):
            yield from _explained(chain, transaction)
        yield from _stated(chain)
        yield from _issued_elsewhere(chain)


# Message by message


def _matched(book: Book, chain: Chain) -> Iterator[Finding]:
    """Each Locked or Burned belongs to the next message of its OnRamp, each Released or Minted to the next attempt."""
    lanes = {each.lane.on_ramp: each for each in book.lanes if each.source is chain}
    lanes |= {each.lane.off_ramp: each for each in book.lanes if each.destination is chain}
    waiting: dict[bytes, list[Taken | Given]] = {}
    moment = (0, 0)
    for event in chain.events:
        if event.at.moment != moment:
            yield from _unmatched(chain, waiting)
            moment, waiting = event.at.moment, {}
        match event:
            case Taken(ramp=ramp) | Given(ramp=ramp) if event.at.by in chain.pools:
                waiting.setdefault(ramp, []).append(event)
            case Sent() if event.at.by in lanes:
                moved = waiting.pop(event.at.by, [])
                yield from _taken_as_sent(chain, event, moved)
            case Attempt() if event.at.by in lanes:
                moved = waiting.pop(event.at.by, [])
                yield from _given_as_sent(lanes[event.at.by], event, moved)
    yield from _unmatched(chain, waiting)


def _unmatched(chain: Chain, waiting: dict[bytes, list[Taken | Given]]) -> Iterator[Finding]:
    for ramp, moves in waiting.items():
        for move in moves:
            verb = "took" if isinstance(move, Taken) else "gave"
            symbol = chain.tokens[chain.pools[move.at.by]].symbol
            what = f"a pool {verb} {move.amount} {symbol} for 0x{ramp.hex()}, and no message says so"
            yield broken("S1", chain, what, move)


def _taken_as_sent(chain: Chain, sent: Sent, moves: list[Taken | Given]) -> Iterator[Finding]:
    expected = [(token, amount) for token, amount in sent.tokens if token in chain.tokens]
    actual = [(chain.pools[move.at.by], move.amount) for move in moves]
    if actual != expected:
        what = f"message {sent.number} carries {_sum(chain, expected)}, pools took {_sum(chain, actual)}"
        yield broken("S1", chain, what, sent)


def _given_as_sent(lane: LaneLedger, attempt: Attempt, moves: list[Taken | Given]) -> Iterator[Finding]:
    chain = lane.destination
    sent = lane.sends.get(attempt.number)
    expected = _owed(lane, sent) if sent is not None and attempt.state == SUCCESS else []
    actual = [
        (chain.pools[move.at.by], move.recipient, move.amount) for move in moves if isinstance(move, Given)
    ]
    if actual != expected:
        owed = _sum(chain, [(token, amount) for token, _, amount in expected])
        given = _sum(chain, [(token, amount) for token, _, amount in actual])
        what = (
            f"{lane.name}: message {attempt.number} is owed {owed}, pools gave {given}, or to somebody else"
        )
        yield broken("S1", chain, what, *([sent] if sent else []), attempt)


def _owed(lane: LaneLedger, sent: Sent) -> list[Move]:
    """What the message must release or mint: what a known pool of the source took, in units of the destination."""
    owed: list[Move] = []
    for (token, amount), said in zip(sent.tokens, pool_words(sent), strict=False):
        arrives = lane.destination.tokens.get(said.token) if said else None
        backed = said is not None and lane.source.pools.get(said.source_pool) == token
        if said is not None and arrives is not None and backed:
            owed.append((said.token, sent.receiver, arriving(amount, said.decimals, arrives.decimals)))
    return owed


def _sum(chain: Chain, moves: list[tuple[bytes, int]]) -> str:
    return ", ".join(f"{amount} {chain.tokens[token].symbol}" for token, amount in moves) or "nothing"


# Transfer by transfer


@dataclass(slots=True)
class _Transaction:
    """What one transaction did to the tokens of one chain."""

    transfers: list[Transfer] = field(default_factory=list)
    moves: list[Event] = field(default_factory=list)  # what pools say


def _transactions(chain: Chain) -> Iterator[_Transaction]:
    keepers = _keepers(chain)
    current, moment = _Transaction(), (0, 0)
    for event in chain.events:
        if event.at.moment != moment:
            yield current
            current, moment = _Transaction(), event.at.moment
        if isinstance(event, Transfer) and event.at.by in chain.tokens:
            current.transfers.append(event)
        elif isinstance(event, Taken | Given | LiquidityRemoved) and event.at.by in keepers:
            current.moves.append(event)
    yield current


def _keepers(chain: Chain) -> dict[bytes, bytes]:
    """Who keeps what was taken in, and of which token: the pools, and the lock boxes of those that have one."""
    return chain.pools | {box: chain.pools[pool] for pool, box in chain.boxes.items()}


def _explained(chain: Chain, transaction: _Transaction) -> Iterator[Finding]:
    """Whatever leaves a pool or its lock box was announced; whatever was announced happened."""
    said: Counter[Move] = Counter()
    keepers = _keepers(chain)
    for move in transaction.moves:
        token = keepers[move.at.by]
        match move:
            case (
                Given(recipient=recipient, amount=amount)
                | LiquidityRemoved(provider=recipient, amount=amount)
            ):
                said[token, recipient, amount] += 1
            case Taken(amount=amount) if chain.tokens[token].burns:
                said[token, ZERO, amount] += 1
            case Taken(amount=amount) if move.at.by in chain.boxes:
                said[token, chain.boxes[move.at.by], amount] += 1
    done: Counter[Move] = Counter()
    shown: dict[Move, Transfer] = {}
    for transfer in transaction.transfers:
        minted = transfer.source == ZERO and chain.tokens[transfer.at.by].burns
        move_ = (transfer.at.by, transfer.to, transfer.amount)
        if transfer.source in keepers or (minted and said[move_] > done[move_]):
            done[move_] += 1
            shown[move_] = transfer
    for token, to, amount in done - said:
        what = f"{amount} {chain.tokens[token].symbol} left a pool to 0x{to.hex()}, and no pool says so"
        yield broken("S1", chain, what, shown[token, to, amount])
    for token, to, amount in said - done:
        what = f"a pool says that {amount} {chain.tokens[token].symbol} went to 0x{to.hex()}, and none did"
        yield broken("S1", chain, what, *transaction.moves)


# Against what the contracts answer now


def _stated(chain: Chain) -> Iterator[Finding]:
    """Supplies and the pools' balances are what the transfers add up to."""
    supplies: Counter[bytes] = Counter()
    held: Counter[tuple[bytes, bytes]] = Counter()
    for transfer in chain.of(Transfer):
        moved = transfer.at.by
        supplies[moved] += transfer.amount * ((transfer.source == ZERO) - (transfer.to == ZERO))
        held[transfer.source, moved] -= transfer.amount
        held[transfer.to, moved] += transfer.amount
    for address, token in chain.tokens.items():
        before = chain.state.issued_before.get(address)
        expected = (before or 0) + supplies[address]
        stated = chain.state.supplies.get(address, expected)
        what = f"the supply of {token.symbol} is {stated}, its transfers make {expected}"
        if stated != expected and before is not None:
            yield broken("S1", chain, what)
        elif stated != expected:
            what += f"; the node no longer knows what there was before block {chain.first}"
            yield worth_knowing("S1", chain, what)
    for keeper, served in _keepers(chain).items():
        stated = chain.state.balances.get((keeper, served), held[keeper, served])
        if stated != held[keeper, served]:
            what = f"the pool of {chain.tokens[served].symbol} holds {stated}, its transfers make {held[keeper, served]}"
            yield broken("S1", chain, what)


def _issued_elsewhere(chain: Chain) -> Iterator[Finding]:
    """Minting by others than pools is the issuer's right; a reader should know of it."""
    for address, token in chain.tokens.items():
        given = Counter(
            (event.at.moment, event.recipient, event.amount)
            for event in chain.of(Given)
            if chain.pools.get(event.at.by) == address
        )
        elsewhere: list[Transfer] = []
        for mint in chain.of(Transfer, address):
            key = (mint.at.moment, mint.to, mint.amount)
            if mint.source == ZERO and given[key] > 0:
                given[key] -= 1
            elif mint.source == ZERO:
                elsewhere.append(mint)
        if elsewhere:
            total = sum(mint.amount for mint in elsewhere)
            what = f"{total} {token.symbol} were issued outside the pools, in {len(elsewhere)} mints"
            yield worth_knowing("S1", chain, what, *elsewhere[:1])
