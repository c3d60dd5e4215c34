"""Looking things up in a history: which message has which number, which root stood when, which epoch held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ccip_py.audit.events import Attempt, Blessed, Committed, Event, Order, RootRemoved, Sent, Uncursed
from ccip_py.audit.hashing import GLOBAL_SUBJECT, MAX_LEAVES, leaf, merkle_root, subject_of
from ccip_py.audit.history import Chain, Finding, History, Lane

END: Order = (2**63, 0, 0)


def broken(invariant: str, chain: Chain, what: str, *shown_by: Event) -> Finding:
    """A violation, shown by the transactions of these events."""
    return Finding(invariant, chain.name, _hashes(shown_by), what)


def worth_knowing(invariant: str, chain: Chain, what: str, *shown_by: Event) -> Finding:
    """No violation, but a reader will want to see it."""
    return Finding(invariant, chain.name, _hashes(shown_by), what, broken=False)


def _hashes(events: tuple[Event, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(event.at.hash for event in events))


@dataclass(frozen=True, slots=True)
class Root:
    """A root, and for how long it stood."""

    committed: Committed
    removed: RootRemoved | None

    def stood_at(self, order: Order) -> bool:
        """Whether it was committed and not removed just then."""
        until = self.removed.at.order if self.removed else END
        return self.committed.at.order < order < until


class LaneLedger:
    """One lane, both ends, indexed once."""

    def __init__(self, history: History, lane: Lane) -> None:
        self.lane = lane
        self.source = history.chains[lane.source]
        self.destination = history.chains[lane.destination]
        self._leaves: dict[Order, bytes] = {}
        self._truth: dict[Order, bool] = {}

    @cached_property
    def sends(self) -> dict[int, Sent]:
        """By number. The first to claim a number has it; S3 finds a second."""
        found: dict[int, Sent] = {}
        for sent in self.source.of(Sent, self.lane.on_ramp):
            found.setdefault(sent.number, sent)
        return found

    @property
    def name(self) -> str:
        """For people. Lanes that replaced one another differ in their OffRamp."""
        return f"lane {self.source.name}→{self.destination.name} (OffRamp 0x{self.lane.off_ramp.hex()[:8]}…)"

    def leaf(self, sent: Sent) -> bytes:
        """What the message's id must be."""
        known = self._leaves.get(sent.at.order)
        if known is None:
            known = leaf(sent, self.lane.source, self.lane.destination, self.lane.on_ramp)
            self._leaves[sent.at.order] = known
        return known

    def is_final(self, sent: Sent) -> bool:
        return sent.at.block <= self.source.final

    @cached_property
    def attempts(self) -> list[Attempt]:
        return list(self.destination.of(Attempt, self.lane.off_ramp))

    @cached_property
    def roots(self) -> list[Root]:
        """Every root that was committed, also those removed later, in order."""
        removals = list(self.destination.of(RootRemoved, self.lane.commit_store))
        return [
            Root(committed, next((r for r in removals if _ends(committed, r)), None))
            for committed in self.destination.of(Committed, self.lane.commit_store)
        ]

    def root_of(self, number: int, order: Order) -> Root | None:
        """The root that covered a message just then."""
        return next((root for root in self._roots_by_number.get(number, ()) if root.stood_at(order)), None)

    @cached_property
    def _roots_by_number(self) -> dict[int, list[Root]]:
        found: dict[int, list[Root]] = {}
        for root in self.roots:
            for number in range(root.committed.first, root.committed.last + 1)[: MAX_LEAVES + 1]:
                found.setdefault(number, []).append(root)
        return found

    def is_true(self, root: Root) -> bool:
        """Whether the root is that of the final messages of its interval."""
        committed = root.committed
        if committed.at.order not in self._truth:
            self._truth[committed.at.order] = self._rebuilt(committed) == committed.root
        return self._truth[committed.at.order]

    def _rebuilt(self, committed: Committed) -> bytes | None:
        numbers = range(committed.first, committed.last + 1)
        sent = [self.sends.get(number) for number in numbers[: MAX_LEAVES + 1]]
        if not sent or len(sent) > MAX_LEAVES:
            return None
        leaves = [self.leaf(each) for each in sent if each is not None and self.is_final(each)]
        return merkle_root(leaves) if len(leaves) == len(sent) else None

    def blessings(self, committed: Committed) -> Iterator[Blessed]:
        """Completed blessings of exactly this root and interval, by whatever RMN."""
        for blessed in self._blessings.get(committed.root, ()):
            same = (blessed.first, blessed.last) == (committed.first, committed.last)
            if same and blessed.commit_store == self.lane.commit_store:
                yield blessed

    @cached_property
    def _blessings(self) -> dict[bytes, list[Blessed]]:
        found: dict[bytes, list[Blessed]] = {}
        for blessed in self.destination.of(Blessed):
            found.setdefault(blessed.root, []).append(blessed)
        return found

    def epoch_at(self, order: Order) -> int:
        """How often a curse of the source, or of everything, had been lifted on the destination just then."""
        rmn = self.destination.rmn_at(order)
        subjects = (GLOBAL_SUBJECT, subject_of(self.lane.source))
        lifts = self.destination.of(Uncursed, rmn)
        return sum(1 for lift in lifts if lift.subject in subjects and lift.at.order < order)


def _ends(committed: Committed, removal: RootRemoved) -> bool:
    return removal.root == committed.root and removal.at.order > committed.at.order


class Book:
    """A history with its lanes indexed: what every check is given."""

    def __init__(self, history: History) -> None:
        self.chains = tuple(history.chains.values())
        self.lanes = tuple(LaneLedger(history, lane) for lane in history.lanes)

    def name_of(self, subject: bytes) -> str:
        """What a curse stops, for people."""
        if subject == GLOBAL_SUBJECT:
            return "everything"
        selector = int.from_bytes(subject, "big")
        named = [chain.name for chain in self.chains if chain.selector == selector]
        return f"chain {named[0] if named else selector}"

    def ramp_remotes(self, chain: Chain) -> dict[bytes, int]:
        """The remote chain of each ramp on a chain."""
        ends = [each.lane for each in self.lanes]
        remotes = {lane.on_ramp: lane.destination for lane in ends if lane.source == chain.selector}
        return remotes | {lane.off_ramp: lane.source for lane in ends if lane.destination == chain.selector}
