"""No more passes a pool's rate limiter than it holds and gets: S10."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ccip_py.audit.checks.ledger import Book, broken
from ccip_py.audit.events import Event, Given, Limit, LimitsRemoved, LimitsSet, Taken
from ccip_py.audit.history import Chain, Finding

OFF = Limit(False, 0, 0)
Key = tuple[bytes, int, bool]  # pool, remote chain, outbound


@dataclass(slots=True)
class Bucket:
    """A limiter as its events leave it. Times in seconds."""

    limit: Limit = OFF
    level: int = 0
    since: int = 0

    def at(self, time: int) -> int:
        """How much may pass then."""
        return min(self.limit.capacity, self.level + self.limit.rate * (time - self.since))

    def configure(self, limit: Limit, time: int) -> None:
        """Full when switched on; any other change raises nothing."""
        full = limit.on and not self.limit.on
        level = limit.capacity if full else min(limit.capacity, self.at(time))
        self.limit, self.level, self.since = limit, level, time

    def take(self, amount: int, time: int) -> bool:
        """Whether `amount` may pass."""
        if not self.limit.on or amount == 0:
            return True
        available = self.at(time)
        self.level, self.since = max(0, available - amount), time
        return amount <= available


def within_limits(book: Book) -> Iterator[Finding]:
    """S10: 0 ≤ level ≤ capacity, and in any window no more than capacity + rate · time."""
    for chain in book.chains:
        remotes = book.ramp_remotes(chain)
        buckets: dict[Key, Bucket] = {}
        for event in chain.events:
            if event.at.by in chain.pools:
                yield from _step(chain, buckets, remotes, event)
        for key, stated in chain.state.levels.items():
            bucket = buckets.get(key, Bucket())
            level = bucket.at(chain.head_time)
            if stated > bucket.limit.capacity or (bucket.limit.on and stated != level):
                what = f"{_name(chain, key)} holds {stated}, its events leave {level}"
                yield broken("S10", chain, what)


def _step(
    chain: Chain, buckets: dict[Key, Bucket], remotes: dict[bytes, int], event: Event
) -> Iterator[Finding]:
    pool, time = event.at.by, event.at.time
    match event:
        case LimitsSet(remote=remote, outbound=outbound, inbound=inbound):
            buckets.setdefault((pool, remote, True), Bucket()).configure(outbound, time)
            buckets.setdefault((pool, remote, False), Bucket()).configure(inbound, time)
        case LimitsRemoved(remote=remote):
            buckets.pop((pool, remote, True), None)
            buckets.pop((pool, remote, False), None)
        case Taken(ramp=ramp, amount=amount) | Given(ramp=ramp, amount=amount) if ramp in remotes:
            key = (pool, remotes[ramp], isinstance(event, Taken))
            if not buckets.setdefault(key, Bucket()).take(amount, time):
                yield broken("S10", chain, f"{amount} passed {_name(chain, key)}, more than it held", event)


def _name(chain: Chain, key: Key) -> str:
    pool, remote, outbound = key
    way = "to" if outbound else "from"
    return f"the limiter of {chain.tokens[chain.pools[pool]].symbol} {way} {remote} (pool 0x{pool.hex()})"
