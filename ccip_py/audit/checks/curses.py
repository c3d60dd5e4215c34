"""What the risk network decides, and that everybody obeys: S5, S6, S19."""

from __future__ import annotations

from collections.abc import Iterator

from ccip_py.audit.checks.ledger import END, Book, LaneLedger, Root, broken, worth_knowing
from ccip_py.audit.events import (
    Attempt,
    Blessed,
    Committed,
    Cursed,
    Event,
    Given,
    MonitorsSet,
    Order,
    RmnSet,
    Sent,
    Taken,
    Transmitted,
    Uncursed,
)
from ccip_py.audit.hashing import GLOBAL_SUBJECT, blessing_tag, subject_of
from ccip_py.audit.history import Chain, Finding

START: Order = (-1, 0, 0)
Period = tuple[Cursed, tuple[int, int], Order]  # the curse, the transaction after which it held, until where


def executed_is_blessed(book: Book) -> Iterator[Finding]:
    """S5: at each attempt the root was blessed by a quorum of monitors, in the epoch of that moment."""
    for lane in book.lanes:
        # roots, each once per RMN and epoch: the first attempt shows it
        checked: set[tuple[Order, bytes, int]] = set()
        for attempt in lane.attempts:
            root = lane.root_of(attempt.number, attempt.at.order)
            if root is None:
                continue  # S4 says so
            epoch = lane.epoch_at(attempt.at.order)
            key = (root.committed.at.order, lane.destination.rmn_at(attempt.at.order), epoch)
            why = "" if key in checked else _unblessed(lane, root, epoch, attempt.at.order)
            checked.add(key)
            if why:
                what = f"message {attempt.number} of {lane.name} was executed under a root that was not blessed: {why}"
                yield broken("S5", lane.destination, what, root.committed, attempt)


def _unblessed(lane: LaneLedger, root: Root, epoch: int, order: Order) -> str:
    """Why the root does not count as blessed just then; empty if it does."""
    rmn = lane.destination.rmn_at(order)
    committed, ends = root.committed, lane.lane
    interval = (committed.first, committed.last)
    tag = blessing_tag(ends.commit_store, ends.source, ends.on_ramp, interval, committed.root, epoch)
    done = [b for b in lane.destination.of(Blessed, rmn) if b.tag == tag and b.at.order < order]
    if not done:
        return f"no blessing of epoch {epoch}"
    voters, version = lane.destination.state.votes.get((rmn, tag), (0, 0))
    before = (m for m in lane.destination.of(MonitorsSet, rmn) if m.at.order < done[0].at.order)
    config = next((m for m in before if m.version == version), None)
    if config is None:
        return f"the votes counted are of monitors number {version}, whom nobody appointed before"
    threshold = config.bless_threshold
    known = voters & ((1 << len(config.monitors)) - 1)
    if threshold == 0 or known.bit_count() < threshold:
        return f"{known.bit_count()} votes of monitors where {threshold} are needed"
    return ""


def obeyed(book: Book) -> Iterator[Finding]:
    """S6: nothing moves on a lane in a transaction that began while its remote chain, or everything, was cursed; nor are
    prices written there by a report of its committers."""
    for chain in book.chains:
        periods = _periods(chain)
        if not periods:
            continue
        remotes = book.ramp_remotes(chain)
        arriving = [each.lane for each in book.lanes if each.destination.selector == chain.selector]
        stores = {lane.commit_store: lane.source for lane in arriving}
        for event in chain.events:
            remote = _remote_of(event, remotes, stores)
            if remote is not None and (curse := _curse_over(event, remote, periods)) is not None:
                what = f"{type(event).__name__} in traffic with {remote} while {book.name_of(curse.subject)} was cursed"
                yield broken("S6", chain, what, curse, event)


def _remote_of(event: Event, remotes: dict[bytes, int], stores: dict[bytes, int]) -> int | None:
    match event:
        case Sent() | Attempt():
            return remotes.get(event.at.by)
        case Committed() | Transmitted():
            return stores.get(event.at.by)
        case Blessed(commit_store=store):
            return stores.get(store)
        case Taken(ramp=ramp) | Given(ramp=ramp):
            return remotes.get(ramp)
    return None


def _curse_over(event: Event, remote: int, periods: dict[bytes, list[Period]]) -> Cursed | None:
    for subject in (GLOBAL_SUBJECT, subject_of(remote)):
        for curse, since, until in periods.get(subject, ()):
            if since < event.at.moment and event.at.order < until:
                return curse
    return None


def _periods(chain: Chain) -> dict[bytes, list[Period]]:
    """When each subject was cursed by the RMN that counted then: from the curse, or from when the proxy first pointed to
    an RMN that had cursed it before, until the lift, or until the proxy pointed elsewhere."""
    lifts = list(chain.of(Uncursed))
    reigns = _reigns(chain)
    found: dict[bytes, list[Period]] = {}
    for curse in chain.of(Cursed):
        lift = next((each for each in lifts if _lifts(each, curse)), None)
        ends = lift.at.order if lift else END
        for rmn, since, until in reigns:
            if rmn == curse.at.by and curse.at.order < until and since < ends:
                began = max(curse.at.moment, since[:2])
                found.setdefault(curse.subject, []).append((curse, began, min(until, ends)))
    return found


def _reigns(chain: Chain) -> list[tuple[bytes, Order, Order]]:
    """Each RMN that the proxy pointed to, from when and until when."""
    changes = [(each.at.order, each.rmn) for each in chain.of(RmnSet, chain.rmn_proxy)]
    started = [(START, chain.rmn_at(START)), *changes]
    ends = [*(order for order, _ in changes), END]
    return [(rmn, since, until) for (since, rmn), until in zip(started, ends, strict=True)]


def _lifts(lift: Uncursed, curse: Cursed) -> bool:
    same = (lift.subject, lift.at.by) == (curse.subject, curse.at.by)
    return same and lift.at.order > curse.at.order


def lifted_by_the_owner(book: Book) -> Iterator[Finding]:
    """S19: a curse ends only by the owner, and every lift raises the epoch."""
    for chain in book.chains:
        cursed: dict[bytes, set[bytes]] = {}  # by RMN
        epochs: dict[tuple[bytes, bytes], int] = {}
        for event in chain.events:
            rmn = event.at.by
            if isinstance(event, Cursed):
                cursed.setdefault(rmn, set()).add(event.subject)
            elif isinstance(event, Uncursed):
                epochs[rmn, event.subject] = before = epochs.get((rmn, event.subject), 0) + 1
                yield from _well_lifted(book, chain, event, cursed.setdefault(rmn, set()), before)
                cursed[rmn].discard(event.subject)
        yield from _still_cursed(book, chain, cursed, epochs)


def _well_lifted(
    book: Book, chain: Chain, lift: Uncursed, cursed: set[bytes], epoch: int
) -> Iterator[Finding]:
    if lift.subject not in cursed:
        yield broken(
            "S19", chain, f"the curse of {book.name_of(lift.subject)} was lifted where there was none", lift
        )
    if lift.epoch != epoch:
        what = f"lift number {epoch} of {book.name_of(lift.subject)} says epoch {lift.epoch}"
        yield broken("S19", chain, what, lift)
    caller, owner = chain.state.lifted_by.get(lift.at.order, (b"", b""))
    if not caller:
        what = f"the node no longer knows who lifted the curse of {book.name_of(lift.subject)}"
        yield worth_knowing("S19", chain, what, lift)
    elif caller != owner:
        what = (
            f"0x{caller.hex()} lifted the curse of {book.name_of(lift.subject)}, the owner is 0x{owner.hex()}"
        )
        yield broken("S19", chain, what, lift)


def _still_cursed(
    book: Book, chain: Chain, cursed: dict[bytes, set[bytes]], epochs: dict[tuple[bytes, bytes], int]
) -> Iterator[Finding]:
    """What the RMN answers now is what its events add up to."""
    rmn = chain.rmn_at(END)
    expected = cursed.get(rmn, set())
    for subject in expected ^ chain.state.cursed:
        curses = [c for c in chain.of(Cursed, rmn) if c.subject == subject][-1:]
        how = "is no longer cursed, and nobody lifted it" if curses else "is cursed, and nobody cursed it"
        yield broken("S19", chain, f"{book.name_of(subject)} {how}", *curses)
    for remote, stated in chain.state.epochs.items():
        epoch = epochs.get((rmn, GLOBAL_SUBJECT), 0) + epochs.get((rmn, subject_of(remote)), 0)
        if stated != epoch:
            yield broken(
                "S19",
                chain,
                f"the epoch of {book.name_of(subject_of(remote))} is {stated} after {epoch} lifts",
            )
