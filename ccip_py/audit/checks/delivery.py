"""Each message at most once, only as it was sent, in its sender's order: S2, S3, S9."""

from __future__ import annotations

from collections.abc import Iterator

from ccip_py.audit.checks.ledger import Book, LaneLedger, broken
from ccip_py.audit.events import FAILURE, SUCCESS, Attempt, Delivered, Given, Sent
from ccip_py.audit.hashing import pool_words, receive_call
from ccip_py.audit.history import Finding

_ALLOWED = ((SUCCESS,), (FAILURE,), (FAILURE, SUCCESS))


def once(book: Book) -> Iterator[Finding]:
    """S2: a message succeeds at most once, over all OffRamps, and nothing comes after."""
    for lane in book.lanes:
        by_number: dict[int, list[Attempt]] = {}
        for attempt in lane.attempts:
            by_number.setdefault(attempt.number, []).append(attempt)
        for number, attempts in by_number.items():
            states = tuple(attempt.state for attempt in attempts)
            if states not in _ALLOWED:
                what = f"message {number} of {lane.name} went through the states {states}"
                yield broken("S2", lane.destination, what, *attempts)
        for (off_ramp, number), state in lane.destination.state.attempts.items():
            if off_ramp == lane.lane.off_ramp and state != by_number[number][-1].state:
                what = f"message {number} of {lane.name} ended as {by_number[number][-1].state}, but is {state} now"
                yield broken("S2", lane.destination, what, *by_number[number])
    for chain in book.chains:
        succeeded: dict[bytes, Attempt] = {}
        for attempt in chain.of(Attempt):
            if attempt.state != SUCCESS:
                continue
            before = succeeded.setdefault(attempt.id, attempt)
            if before.at.by != attempt.at.by:
                what = f"message 0x{attempt.id.hex()} succeeded on two OffRamps"
                yield broken("S2", chain, what, before, attempt)


def as_sent(book: Book) -> Iterator[Finding]:
    """S3: what is executed was sent, is final, and arrives field for field as it was sent."""
    for lane in book.lanes:
        yield from _numbered(lane)
        for attempt in lane.attempts:
            sent = lane.sends.get(attempt.number)
            if sent is None or sent.id != attempt.id:
                what = f"message {attempt.number} of {lane.name}, id 0x{attempt.id.hex()}, was never sent"
                yield broken("S3", lane.destination, what, attempt)
            elif not lane.is_final(sent):
                what = f"message {attempt.number} of {lane.name} was executed before its sending was final"
                yield broken("S3", lane.destination, what, sent, attempt)
        yield from _called_with(lane)


def _numbered(lane: LaneLedger) -> Iterator[Finding]:
    """Numbers run from 1 without gap or repetition, and an id is the leaf of its message."""
    expected, last = 1, list[Sent]()
    for sent in lane.source.of(Sent, lane.lane.on_ramp):
        if sent.number != expected:
            what = f"{lane.name}: message {sent.number} was sent where {expected} was next"
            yield broken("S3", lane.source, what, sent)
        if sent.id != lane.leaf(sent):
            what = f"{lane.name}: message {sent.number} has an id that is not its leaf"
            yield broken("S3", lane.source, what, sent)
        expected, last = sent.number + 1, [sent]
    stated = lane.source.state.next_sent.get(lane.lane.on_ramp)
    if stated is not None and stated != expected:
        what = f"{lane.name}: the OnRamp would send {stated} next, its events end before {expected}"
        yield broken("S3", lane.source, what, *last)


def _called_with(lane: LaneLedger) -> Iterator[Finding]:
    """Receivers are called once per attempt, with the message that was sent and the tokens that arrived."""
    off_ramp = lane.lane.off_ramp
    arrived: list[Given] = []
    call: Delivered | None = None
    moment = None
    for event in lane.destination.events:
        if event.at.moment != moment:
            if call is not None:
                yield broken("S3", lane.destination, "a receiver was called, and no message attempted", call)
            moment, arrived, call = event.at.moment, [], None
        if isinstance(event, Given) and event.ramp == off_ramp:
            arrived.append(event)
        elif isinstance(event, Delivered) and event.off_ramp == off_ramp:
            if call is not None:
                yield broken(
                    "S3", lane.destination, "a receiver was called twice in one attempt", call, event
                )
            call = event
        elif isinstance(event, Attempt) and event.at.by == off_ramp:
            if call is not None:
                yield from _right_call(lane, event, call, arrived)
            arrived, call = [], None


def _right_call(
    lane: LaneLedger, attempt: Attempt, call: Delivered, arrived: list[Given]
) -> Iterator[Finding]:
    sent = lane.sends.get(attempt.number)
    if sent is None:
        return  # reported already
    ours = [lane.destination.pools.get(given.at.by) for given in arrived]
    tokens = [word.token if word else None for word in pool_words(sent)]
    if ours != tokens:
        return  # a stranger's token is in it, and what its pool gave is not to be seen
    amounts = [(token, given.amount) for token, given in zip(ours, arrived, strict=True) if token]
    if call.id != attempt.id or call.calldata_hash != receive_call(sent, amounts):
        what = f"the receiver of message {attempt.number} of {lane.name} was called with something else"
        yield broken("S3", lane.destination, what, sent, attempt)


def in_order(book: Book) -> Iterator[Finding]:
    """S9: the first attempts on an ordered sender's messages follow its nonces, and are as many."""
    lanes = {(lane.lane.destination, lane.lane.off_ramp): lane for lane in book.lanes}
    for chain in book.chains:
        nonces: dict[tuple[bytes, bytes], int] = {}
        last: dict[tuple[bytes, bytes], Attempt] = {}
        seen: set[tuple[bytes, int]] = set()
        for attempt in chain.of(Attempt):
            lane = lanes.get((chain.selector, attempt.at.by))
            sent = lane.sends.get(attempt.number) if lane else None
            if lane is None or sent is None or (attempt.at.by, attempt.number) in seen:
                continue
            seen.add((attempt.at.by, attempt.number))
            if sent.nonce == 0:
                continue
            before = _inherited(nonces, lane, lanes, sent.sender)
            if sent.nonce != before + 1:
                what = (
                    f"{lane.name}: sender 0x{sent.sender.hex()}'s nonce {sent.nonce} was tried after {before}"
                )
                yield broken("S9", chain, what, attempt)
            nonces[attempt.at.by, sent.sender] = sent.nonce
            last[attempt.at.by, sent.sender] = attempt
        for key, nonce in nonces.items():
            stated = chain.state.nonces.get(key)
            if stated is not None and stated != nonce:
                what = f"OffRamp 0x{key[0].hex()} has nonce {stated} for sender 0x{key[1].hex()}, tried were {nonce}"
                yield broken("S9", chain, what, last[key])


def _inherited(
    nonces: dict[tuple[bytes, bytes], int],
    lane: LaneLedger,
    lanes: dict[tuple[int, bytes], LaneLedger],
    sender: bytes,
) -> int:
    """The sender's nonce so far; on a lane without any, that of the lane it replaced."""
    off_ramp = lane.lane.off_ramp
    while (off_ramp, sender) not in nonces:
        older = lanes.get((lane.lane.destination, off_ramp))
        if older is None or not any(older.lane.previous_off_ramp):
            return 0
        off_ramp = older.lane.previous_off_ramp
    return nonces[off_ramp, sender]
