"""A configuration that exists is usable; who leads and who transmits follows from it alone."""

from __future__ import annotations

from collections import Counter

import pytest

from ccip_py.errors import ConfigError
from ccip_py.ocr import schedule
from ccip_py.ocr.attest import AttestedReport, ReportSignature, for_contract
from ccip_py.ocr.config import Config, Timing
from ccip_py.ocr.messages import Slot
from ccip_py.protocol.ids import Address

from .board import a_config

DIGEST = b"\x00\x01" + b"d" * 30


def signers(n: int) -> tuple[Address, ...]:
    return tuple(Address(bytes([i + 1]) * 20) for i in range(n))


@pytest.mark.parametrize(
    ("why", "arguments"),
    [
        ("f is zero", (DIGEST, signers(1), 0)),
        ("3f members", (DIGEST, signers(3), 1)),
        ("3f+2 members", (DIGEST, signers(5), 1)),
        ("a signer twice", (DIGEST, (*signers(3), signers(1)[0]), 1)),
        ("a zero address", (DIGEST, (*signers(3), Address(bytes(20))), 1)),
        ("a short digest", (DIGEST[1:], signers(4), 1)),
        ("no time for a round", (DIGEST, signers(4), 1, b"", Timing(progress=1.0))),
        ("no time to transmit", (DIGEST, signers(4), 1, b"", Timing(in_flight=5.0, stage=3.0))),
        ("tenure too short", (DIGEST, signers(4), 1, b"", Timing(tenure=1.0))),
    ],
)
def test_refuses(why: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(ConfigError):
        Config(*arguments)  # type: ignore[arg-type]


def test_reports_all_mistakes_together() -> None:
    with pytest.raises(ConfigError, match=r"digest.*twice"):
        Config(DIGEST[1:], (*signers(3), signers(1)[0]), 1)


@pytest.mark.parametrize("n", [4, 7, 31])
def test_every_member_leads_once_in_n_epochs(n: int) -> None:
    config = Config(DIGEST, signers(n), (n - 1) // 3, timing=Timing(in_flight=60))

    assert {config.leader(epoch) for epoch in range(5, 5 + n)} == set(range(n))


def test_who_leads_when_depends_on_the_digest() -> None:
    orders = {a_config(digest=bytes([i]) * 32).leaders for i in range(20)}

    assert len(orders) > 5


def test_a_stranger_has_no_index() -> None:
    with pytest.raises(ConfigError):
        a_config().index(Address(b"\x99" * 20))


def test_the_order_of_transmission_is_fixed_fair_and_complete() -> None:
    config = a_config(7)
    slots = [Slot(epoch, 1) for epoch in range(1, 701)]

    assert all(sorted(schedule.order(config, slot)) == list(range(7)) for slot in slots)
    assert schedule.order(config, slots[0]) == schedule.order(config, slots[0])
    assert min(Counter(schedule.order(config, slot)[0] for slot in slots).values()) > 60


def test_turns_are_a_stage_apart() -> None:
    config, slot = a_config(), Slot(1, 1)
    delays = sorted(schedule.delay(config, slot, member) for member in range(4))

    assert delays == [0.0, 1.0, 2.0, 3.0]


def test_signatures_as_the_contract_takes_them() -> None:
    signatures = tuple(
        ReportSignature(i, bytes([i]) * 32 + bytes([i + 9]) * 32 + bytes([27 + i])) for i in range(2)
    )

    rs, ss, raw_vs = for_contract(AttestedReport(Slot(1, 1), b"report", signatures))

    assert rs == (b"\x00" * 32, b"\x01" * 32)
    assert ss == (b"\x09" * 32, b"\x0a" * 32)
    assert raw_vs == b"\x00\x01" + bytes(30)


def test_the_packed_slot_is_what_contracts_compare() -> None:
    assert Slot(2, 3).packed == 0x203
    assert sorted([Slot(2, 1), Slot(1, 255)]) == sorted(
        [Slot(2, 1), Slot(1, 255)], key=lambda slot: slot.packed
    )
