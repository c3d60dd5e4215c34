"""Votes: only what a monitor's key signed counts, once per monitor, and nonsense adds nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ccip_py.chains.evm.keys import KeySigner
from ccip_py.chains.http import Answer, BodyTooLarge, Http
from ccip_py.nodes.log import quiet_log
from ccip_py.nodes.votes import MAX_PAGE, Monitors, VotePool, parse_votes
from ccip_py.protocol.blessing import Blessing
from ccip_py.protocol.digests import bless_digest, blessing_tag, rmn_domain
from ccip_py.protocol.ids import Address, ChainSelector, Root, SeqNr

CHAIN, RMN = 1337, Address(b"\x0f" * 20)
BLESSING = Blessing(
    Address(b"\x01" * 20), ChainSelector(7), Address(b"\x02" * 20), SeqNr(1), SeqNr(3), Root(b"\x03" * 32), 4
)
TAG = blessing_tag(BLESSING)


def vote(signer: KeySigner, *, version: int = 1, chain: int = CHAIN, **changes: str) -> dict[str, Any]:
    signature = signer.sign_digest(bless_digest(rmn_domain(chain, RMN), BLESSING, version))
    vs = (signature[64] - 27) << 255 | int.from_bytes(signature[32:64], "big")
    said = {
        "kind": "bless",
        "chainId": str(chain),
        "rmn": "0x" + RMN.hex(),
        "configVersion": version,
        "commitStore": "0x" + BLESSING.commit_store.hex(),
        "sourceChainSelector": str(BLESSING.source_chain_selector),
        "onRamp": "0x" + BLESSING.on_ramp.hex(),
        "first": str(BLESSING.first),
        "last": str(BLESSING.last),
        "root": "0x" + BLESSING.root.hex(),
        "epoch": str(BLESSING.epoch),
        "r": "0x" + signature[:32].hex(),
        "vs": "0x" + vs.to_bytes(32, "big").hex(),
    }
    return said | changes


def monitors(signers: list[KeySigner]) -> Monitors:
    return Monitors(1, tuple(signer.address for signer in signers[:4]), 3)


class Pages(Http):
    """Pages of monitors that need no server."""

    def __init__(self, pages: dict[str, bytes]) -> None:
        super().__init__()
        self._pages = pages

    async def get(self, url: str, *, seconds: float, limit: int) -> Answer:
        page = self._pages[url]
        if len(page) > limit:
            raise BodyTooLarge("too much")
        return Answer(200, page)


async def pool_of(*pages: bytes) -> VotePool:
    served = {f"http://monitor{place}/votes": page for place, page in enumerate(pages)}
    pool = VotePool([url.removesuffix("/votes") for url in served], quiet_log())
    await pool.pull(Pages(served), [TAG], CHAIN, RMN)
    return pool


def page(*votes: dict[str, Any]) -> bytes:
    return json.dumps(list(votes)).encode()


@pytest.mark.anyio
async def test_each_monitor_counts_once_in_the_order_of_the_bitmap(signers: list[KeySigner]) -> None:
    first, second = vote(signers[1]), vote(signers[0])
    pool = await pool_of(page(first, second), page(first))

    counted = pool.countable(TAG, monitors(signers), 0)

    assert [each.signer() for each in counted] == [signers[0].address, signers[1].address]


@pytest.mark.anyio
async def test_what_the_chain_counted_is_not_sent_again(signers: list[KeySigner]) -> None:
    pool = await pool_of(page(vote(signers[0]), vote(signers[1])))

    assert [each.signer() for each in pool.countable(TAG, monitors(signers), 0b01)] == [signers[1].address]


@pytest.mark.anyio
async def test_votes_that_would_be_refused_do_not_count(signers: list[KeySigner]) -> None:
    outsider, old, elsewhere = vote(signers[4]), vote(signers[0], version=2), vote(signers[1], chain=1)
    altered = vote(signers[2], last="4")
    pool = await pool_of(page(outsider, old, elsewhere, altered))

    assert pool.countable(TAG, monitors(signers), 0) == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    "nonsense", [b"", b"<html>", b"{}", b"[1, null, {}]", b'[{"kind": "bless"}]', b"[" * 300_000]
)
async def test_a_page_of_nonsense_adds_nothing(signers: list[KeySigner], nonsense: bytes) -> None:
    pool = await pool_of(nonsense, page(vote(signers[0])))

    assert len(pool.countable(TAG, monitors(signers), 0)) == 1


@pytest.mark.anyio
async def test_a_page_that_is_too_long_adds_nothing(signers: list[KeySigner]) -> None:
    pool = await pool_of(b" " * MAX_PAGE + page(vote(signers[0])))

    assert pool.countable(TAG, monitors(signers), 0) == []


@pytest.mark.parametrize(
    "change",
    [
        {"first": str(2**64)},
        {"root": "0x00"},
        {"onRamp": "zz"},
        {"vs": "0x"},
        {"sourceChainSelector": "-1"},
    ],
)
def test_a_vote_with_an_odd_value_is_left_out(signers: list[KeySigner], change: dict[str, str]) -> None:
    assert parse_votes([vote(signers[0], **change)], CHAIN, RMN) == []
