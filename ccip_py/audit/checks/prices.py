"""Prices move forward, and a fee is what was quoted: S16, S17."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ccip_py.audit.checks.ledger import Book, broken, worth_knowing
from ccip_py.audit.events import FeeWithdrawn, PriceSet, Sent, Transmitted
from ccip_py.audit.history import Chain, Finding

Moment = tuple[int, int]


def monotone(book: Book) -> Iterator[Finding]:
    """S16: within a configuration, prices are written in strictly rising order of epoch and round.

    The round is in the transaction's calldata. Where a contract passed the report on, only epochs are compared.
    """
    for chain in book.chains:
        writes = _writes(chain)
        for store in {each.lane.commit_store for each in book.lanes if each.destination is chain}:
            reports = [t for t in chain.of(Transmitted, store) if t.at.moment in writes]
            yield from _rising(chain, reports)
            exact = chain.state.rounds.get(reports[-1].at.moment) if reports else None
            stated = chain.state.price_round.get(store, 0)  # 0 also after a change of the configuration
            if stated and exact is not None and stated != exact:
                what = f"CommitStore 0x{store.hex()} has prices of round {_round(stated)}, written were {_round(exact)}"
                yield broken("S16", chain, what, reports[-1])
        yield from _in_time(chain)


def _rising(chain: Chain, reports: list[Transmitted]) -> Iterator[Finding]:
    latest: dict[bytes, tuple[Transmitted, int | None]] = {}
    for report in reports:
        exact = chain.state.rounds.get(report.at.moment)
        before, round_before = latest.get(report.digest, (None, None))
        if before is not None:
            if exact is not None and round_before is not None:
                rises = exact > round_before
            else:
                rises = report.epoch >= before.epoch
            if not rises:
                what = f"prices of epoch {report.epoch} were written after those of epoch {before.epoch}, or twice"
                yield broken("S16", chain, what, before, report)
        latest[report.digest] = (report, exact)


def _writes(chain: Chain) -> set[Moment]:
    return {price.at.moment for price in chain.of(PriceSet, chain.fee_quoter)}


def _round(packed: int) -> str:
    return f"{packed >> 8}.{packed & 0xFF}"


def _in_time(chain: Chain) -> Iterator[Finding]:
    """A price carries the time of the block that wrote it."""
    for price in chain.of(PriceSet, chain.fee_quoter):
        if price.timestamp != price.at.time:
            what = f"a price of second {price.timestamp} was written in a block of second {price.at.time}"
            yield broken("S16", chain, what, price)


def fees_as_quoted(book: Book) -> Iterator[Finding]:
    """S17: a fee is what `getFee` answers just then, and fees are withdrawn or still there."""
    for chain in book.chains:
        undecided: list[Sent] = []
        collected: Counter[tuple[bytes, bytes]] = Counter()
        for sent in chain.of(Sent):
            collected[sent.at.by, sent.fee_token] += sent.fee
            quotes = chain.state.quotes.get(sent.at.order)
            if quotes is None:
                undecided.append(sent)
            elif sent.fee not in quotes:
                what = (
                    f"message {sent.number} paid {sent.fee} where {' or '.join(map(str, quotes))} was quoted"
                )
                yield broken("S17", chain, what, sent)
        if undecided:
            what = f"the node no longer knows what {len(undecided)} messages were quoted"
            yield worth_knowing("S17", chain, what, *undecided[:5])
        for withdrawn in chain.of(FeeWithdrawn):
            collected[withdrawn.at.by, withdrawn.token] -= withdrawn.amount
        for (on_ramp, token), amount in collected.items():
            balance = chain.state.balances.get((on_ramp, token), amount)
            if balance < amount:
                what = (
                    f"OnRamp 0x{on_ramp.hex()} collected {amount} of 0x{token.hex()} net, and holds {balance}"
                )
                yield broken("S17", chain, what)
