"""The model of both chains: true messages and prices, and a CommitStore that does what the contract does."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from ccip_py.commit.config import CommitConfig, PriceRule
from ccip_py.commit.view import NEVER, GasParts, StoredPrice, View
from ccip_py.ocr.attest import AttestedReport
from ccip_py.protocol.codec.evm import decode_commit_report
from ccip_py.protocol.ids import Address, ChainSelector, SeqNr
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.report import CommitReport

TOKENS = (Address(b"\x11" * 20), Address(b"\x22" * 20))
LANE = Lane(
    ChainSelector(7), ChainSelector(9), Address(b"\xaa" * 20), Address(b"\xbb" * 20), Address(b"\xcc" * 20)
)
COMMIT = CommitConfig(LANE, TOKENS, PriceRule(40, 20_000_000), PriceRule(30, 50_000_000), 50_000_000)
EPOCH_TIME = 1_700_000_000  # the destination's clock when a history begins


@dataclass(frozen=True)
class Store:
    """CommitStore and price registry of the destination at one block."""

    expected_next: int = 1
    committee: int = 0  # whose signatures count: the first, or the one that followed it
    price_slot: int = 0
    tokens: tuple[StoredPrice, ...] = (NEVER,) * len(TOKENS)
    gas: StoredPrice = NEVER
    roots: tuple[CommitReport, ...] = ()

    def apply(self, attested: AttestedReport, timestamp: int) -> Store:
        """The contract's rules of order; a report that reverts changes nothing."""
        report = decode_commit_report(attested.report)
        fresh = bool(report.prices) and attested.slot.packed > self.price_slot
        if report.has_root and report.interval.first != self.expected_next:
            return self
        if not report.has_root and not fresh:
            return self
        after = self._with_prices(report, attested, timestamp) if fresh else self
        if not report.has_root:
            return after
        return replace(after, expected_next=report.interval.last + 1, roots=(*self.roots, report))

    def _with_prices(self, report: CommitReport, attested: AttestedReport, timestamp: int) -> Store:
        written = {one.token: one.usd_per_token for one in report.prices.token_prices}
        tokens = tuple(
            StoredPrice(timestamp, written[token]) if token in written else old
            for token, old in zip(TOKENS, self.tokens, strict=True)
        )
        gas = next(
            (StoredPrice(timestamp, one.usd_per_unit_gas) for one in report.prices.gas_prices), self.gas
        )
        return replace(self, price_slot=attested.slot.packed, tokens=tokens, gas=gas)


@dataclass
class Chains:
    """Time in seconds since the history began. Everything random is drawn when it is made."""

    rng: random.Random
    message_count: int
    busy: float  # messages become final within this time
    block_time: float
    final_at: list[float] = field(init=False)
    leaves: list[bytes] = field(init=False)
    blocks: list[Store] = field(default_factory=lambda: [Store()])
    pending: list[tuple[int, AttestedReport]] = field(default_factory=list)  # with the committee it is from
    rotates_at: float = float("inf")  # from then on the second committee's signatures count
    reverted: int = 0

    def __post_init__(self) -> None:
        self.final_at = sorted(self.rng.uniform(0, self.busy) for _ in range(self.message_count))
        self.leaves = [
            blake2b(bytes((i % 256, i // 256)), digest_size=32).digest() for i in range(self.message_count)
        ]
        self._prices = [self.rng.randint(900, 1100) * 10**15 for _ in range(16)]

    @property
    def store(self) -> Store:
        return self.blocks[-1]

    def final(self, now: float) -> int:
        """How many messages are final on the source."""
        return sum(1 for at in self.final_at if at <= now)

    def price(self, now: float) -> int:
        """A price that jumps now and then, and was never anything but one of these."""
        return self._prices[int(max(now, 0) / 9) % len(self._prices)]

    def mine(self, now: float) -> None:
        store, committee = self.store, int(now >= self.rotates_at)
        if store.committee != committee:
            store = replace(store, committee=committee, price_slot=0)
        for signers, attested in self.pending:
            after = store.apply(attested, self.timestamp(now)) if signers == committee else store
            self.reverted += after is store
            store = after
        self.pending.clear()
        self.blocks.append(store)

    def reorg(self, depth: int) -> None:
        """The last blocks never happened, and neither did their transactions."""
        del self.blocks[max(1, len(self.blocks) - depth) :]

    def timestamp(self, now: float) -> int:
        return EPOCH_TIME + int(now)

    def committee(self, blocks_behind: int) -> int:
        """Whose signatures count, as a node sees it."""
        return self.blocks[max(0, len(self.blocks) - 1 - blocks_behind)].committee

    def view(self, now: float, source_lag: float, blocks_behind: int, poisoned: bool) -> View:
        """What a node reads. A poisoned endpoint serves one forged log among the true ones."""
        store = self.blocks[max(0, len(self.blocks) - 1 - blocks_behind)]
        leaves = self.leaves[store.expected_next - 1 : self.final(now - source_lag)][:256]
        if poisoned and leaves:
            leaves[-1] = b"\xbd" * 32
        price = self.price(now - source_lag)
        return View(
            source_block=int(now),
            destination_block=len(self.blocks) - blocks_behind,
            destination_time=self.timestamp(now),
            expected_next=SeqNr(store.expected_next),
            leaves=tuple(leaves),
            halted=False,
            latest_price_slot=store.price_slot,
            token_prices=dict.fromkeys(TOKENS, price),
            gas_price=GasParts(price // 10**6, price // 10**9),
            stored_token_prices=dict(zip(TOKENS, store.tokens, strict=True)),
            stored_gas_price=store.gas,
        )
