"""Outcome + own view → report, or why not; and attested report + view → send, wait, drop."""

from __future__ import annotations

import pytest

from ccip_py.commit.agree import Outcome
from ccip_py.commit.plugin import CommitPlugin
from ccip_py.commit.report import report
from ccip_py.commit.transmit import transmit
from ccip_py.commit.view import View
from ccip_py.ocr.messages import Slot
from ccip_py.ocr.plugin import Drop, NotYet, Send, Wait
from ccip_py.protocol.codec.evm import decode_commit_report, encode_commit_report
from ccip_py.protocol.ids import NO_ROOT, ChainSelector, SeqNr
from ccip_py.protocol.merkle import root
from ccip_py.protocol.report import (
    NO_INTERVAL,
    CommitReport,
    GasPrice,
    Interval,
    PriceUpdates,
    TokenPrice,
)

from .builders import CONFIG, LINK, a_view, leaves

PRICES = PriceUpdates((TokenPrice(LINK, 7),), (GasPrice(ChainSelector(1), 9),))
FIVE_TO_NINE = Outcome(Interval(SeqNr(5), SeqNr(9)), PRICES)
SLOT = Slot(2, 3)


def committed(outcome: Outcome, view: View) -> CommitReport:
    encoded = report(outcome, view)
    assert isinstance(encoded, bytes)
    return decode_commit_report(encoded)


# --- Report ---


def test_the_root_is_over_this_nodes_own_leaves() -> None:
    found = committed(FIVE_TO_NINE, a_view(5, 9))

    assert found == CommitReport(PRICES, FIVE_TO_NINE.interval, root(leaves(5, 6, 7, 8, 9)))


def test_a_node_that_sees_further_reports_the_same() -> None:
    assert report(FIVE_TO_NINE, a_view(5, 200)) == report(FIVE_TO_NINE, a_view(5, 9))


def test_prices_alone_have_no_interval_and_no_root() -> None:
    found = committed(Outcome(NO_INTERVAL, PRICES), a_view())

    assert (found.interval, found.root, found.prices) == (Interval(SeqNr(0), SeqNr(0)), NO_ROOT, PRICES)


@pytest.mark.parametrize(
    ("what", "view"),
    [
        ("the last message is not final here", a_view(5, 8)),
        ("the destination is behind here", a_view(4, 9)),
        ("its messages are committed already", a_view(6, 9)),
        ("the lane is halted", a_view(5, 9, halted=True)),
    ],
)
def test_I3_not_yet_when(what: str, view: View) -> None:
    assert isinstance(report(FIVE_TO_NINE, view), NotYet), what


def test_no_report_is_longer_than_its_bound() -> None:
    prices = PriceUpdates(tuple(TokenPrice(token, 2**224 - 1) for token in CONFIG.tokens), PRICES.gas_prices)
    encoded = report(Outcome(Interval(SeqNr(1), SeqNr(256)), prices), a_view(1, 256))

    assert isinstance(encoded, bytes)
    assert len(encoded) <= CommitPlugin(CONFIG).max_report


# --- Transmit ---


def attested(first: int, last: int) -> bytes:
    interval = Interval(SeqNr(first), SeqNr(last))
    return encode_commit_report(CommitReport(PRICES, interval, root(leaves(*range(first, last + 1)))))


@pytest.mark.parametrize(
    ("what", "view", "verdict"),
    [
        ("it comes next", a_view(5, 9), Send),
        ("this node sees less of the source", a_view(5, 6), Send),
        ("it landed", a_view(10, 9), Drop),
        ("another was faster", a_view(7, 9), Drop),
        ("an earlier one is still to land", a_view(3, 9), Wait),
        ("the lane is halted", a_view(5, 9, halted=True), Wait),
        ("it landed, and the lane is halted", a_view(10, 9, halted=True), Drop),
        ("its root is wrong", a_view(5, 9, leaves=leaves(5, 6, 7, 8, 1)), Drop),
    ],
)
def test_I5_a_report_with_a_root_when(what: str, view: View, verdict: type) -> None:
    assert isinstance(transmit(attested(5, 9), SLOT, view), verdict), what


@pytest.mark.parametrize(
    ("latest", "verdict"), [(SLOT.packed - 1, Send), (SLOT.packed, Drop), (SLOT.packed + 1, Drop)]
)
def test_prices_alone_when_the_chain_has(latest: int, verdict: type) -> None:
    alone = encode_commit_report(CommitReport(PRICES, NO_INTERVAL, NO_ROOT))

    assert isinstance(transmit(alone, SLOT, a_view(latest_price_slot=latest)), verdict)


def test_what_is_no_report_is_dropped() -> None:
    assert isinstance(transmit(b"junk", SLOT, a_view()), Drop)
