"""The contracts keep nothing but fees: S20."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ccip_py.audit.checks.ledger import Book, broken, worth_knowing
from ccip_py.audit.events import FeeWithdrawn, Sent, Transfer
from ccip_py.audit.history import Chain, Finding

Account = tuple[bytes, bytes]  # holder, token


@dataclass(slots=True)
class _Transaction:
    """What one transaction brought our contracts, and what it should have."""

    net: Counter[Account] = field(default_factory=Counter)
    fees: Counter[Account] = field(default_factory=Counter)
    gifts: Counter[Account] = field(default_factory=Counter)
    senders: set[bytes] = field(default_factory=set)
    incoming: list[Transfer] = field(default_factory=list)
    shown: list[Transfer] = field(default_factory=list)


def nothing_kept(book: Book) -> Iterator[Finding]:
    """S20: after each transaction no contract but a pool holds more than before, apart from fees on their OnRamp.

    Anyone can give a contract tokens by a plain transfer. What comes from somebody who neither sent a message in that
    transaction nor is a part of the network is a gift, and is told, not blamed.
    """
    for chain in book.chains:
        ours = _contracts(book, chain)
        gifts: Counter[Account] = Counter()
        held: Counter[Account] = Counter()
        for transaction in _transactions(chain, ours):
            yield from _kept(chain, ours, transaction, gifts)
            held.update(transaction.net)
        for account, stated in chain.state.balances.items():
            if account[0] in ours and stated != held[account]:
                what = f"{_name(account)} is {stated}, its transfers make {held[account]}"
                yield broken("S20", chain, what)
        yield from _coins_kept(chain)
        for account, amount in gifts.items():
            if amount > 0:
                yield worth_knowing("S20", chain, f"{_name(account)} has {amount} that somebody gave it")


def _contracts(book: Book, chain: Chain) -> frozenset[bytes]:
    """Ours on this chain, without the pools."""
    found = {chain.router, chain.rmn, chain.rmn_proxy, chain.fee_quoter, *chain.on_ramps}
    for each in book.lanes:
        if each.lane.source == chain.selector:
            found.add(each.lane.on_ramp)
        if each.lane.destination == chain.selector:
            found |= {each.lane.off_ramp, each.lane.commit_store}
    return frozenset(found)


def _transactions(chain: Chain, ours: frozenset[bytes]) -> Iterator[_Transaction]:
    current, moment = _Transaction(), (0, 0)
    for event in chain.events:
        if event.at.moment != moment:
            yield current
            current, moment = _Transaction(), event.at.moment
        match event:
            case Transfer(source=source, to=to, amount=amount) if source in ours or to in ours:
                _count(current, event, ours)
            case Sent(fee_token=token, fee=fee, sender=sender):
                current.fees[event.at.by, token] += fee
                current.senders.add(sender)
            case FeeWithdrawn(token=token, amount=amount):
                current.fees[event.at.by, token] -= amount
    yield current


def _count(transaction: _Transaction, transfer: Transfer, ours: frozenset[bytes]) -> None:
    token = transfer.at.by
    transaction.shown.append(transfer)
    if transfer.source in ours:
        transaction.net[transfer.source, token] -= transfer.amount
    if transfer.to in ours:
        transaction.net[transfer.to, token] += transfer.amount
        transaction.incoming.append(transfer)


def _kept(
    chain: Chain, ours: frozenset[bytes], transaction: _Transaction, gifts: Counter[Account]
) -> Iterator[Finding]:
    """Compare with the fees; take gifts out of it, and let earlier gifts be taken away again."""
    for transfer in transaction.incoming:
        parts = ours | chain.pools.keys() | set(chain.boxes.values()) | transaction.senders
        if transfer.source not in parts and any(transfer.source):
            transaction.gifts[transfer.to, transfer.at.by] += transfer.amount
    for account in transaction.net.keys() | transaction.fees.keys():
        excess = transaction.net[account] - transaction.fees[account] - transaction.gifts[account]
        gifts[account] += transaction.gifts[account]
        if -gifts[account] <= excess < 0:
            gifts[account] += excess
        elif excess != 0:
            what = f"{_name(account)} changed by {excess} beyond fees in one transaction"
            shown = [each for each in transaction.shown if account[0] in (each.source, each.to)]
            yield broken("S20", chain, what, *shown)


def _coins_kept(chain: Chain) -> Iterator[Finding]:
    """Fees are kept in tokens only, so of the chain's own coin everything has to go on. A contract that is destroyed can
    leave some to anybody: that is a gift."""
    sends = {sent.at.order: sent for sent in chain.of(Sent)}
    explained: Counter[bytes] = Counter()
    for (holder, order), amount in chain.state.coins_kept.items():
        explained[holder] += amount
        what = f"0x{holder.hex()} kept {amount} wei of what was paid for a message"
        yield broken("S20", chain, what, sends[order])
    for holder, coin in chain.state.coins.items():
        if coin > explained[holder]:
            what = f"0x{holder.hex()} has {coin - explained[holder]} wei that no message is known to have brought"
            yield worth_knowing("S20", chain, what)


def _name(account: Account) -> str:
    holder, token = account
    return f"the balance of 0x{holder.hex()} in token 0x{token.hex()}"
