"""Messages and reports for tests: sane by default, any by hypothesis."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ccip_py.protocol.ids import Address, ChainSelector, MessageId, Root, SeqNr
from ccip_py.protocol.message import Message, TokenAmount
from ccip_py.protocol.report import (
    CommitReport,
    ExecutionReport,
    GasPrice,
    Interval,
    PriceUpdates,
    TokenPrice,
)

VECTORS = Path(__file__).parents[1] / "vectors"
SOURCE = ChainSelector(7759470850252068959)
DESTINATION = ChainSelector(3379446385462418246)


def an_address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def a_message(**changes: Any) -> Message:
    plain = Message(
        source_chain_selector=SOURCE,
        sender=an_address(0xA),
        receiver=an_address(0xB),
        sequence_number=SeqNr(1),
        gas_limit=200_000,
        strict=False,
        nonce=0,
        fee_token=an_address(0xC),
        fee_token_amount=10**15,
        data=b"hi",
        token_amounts=(),
        source_token_data=(),
        message_id=MessageId(bytes(32)),
    )
    return replace(plain, **changes)


def hand_worked() -> Any:
    """The vectors that were laid out by hand."""
    return json.loads((VECTORS / "by_hand.json").read_text())


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def joined(words: list[str]) -> bytes:
    return bytes.fromhex("".join(words))


def message_of(fields: dict[str, Any]) -> Message:
    """A message as the vectors spell it."""
    return Message(
        source_chain_selector=ChainSelector(int(fields["sourceChainSelector"])),
        sender=Address(raw(fields["sender"])),
        receiver=Address(raw(fields["receiver"])),
        sequence_number=SeqNr(int(fields["sequenceNumber"])),
        gas_limit=int(fields["gasLimit"]),
        strict=fields["strict"],
        nonce=int(fields["nonce"]),
        fee_token=Address(raw(fields["feeToken"])),
        fee_token_amount=int(fields["feeTokenAmount"]),
        data=raw(fields["data"]),
        token_amounts=tuple(
            TokenAmount(Address(raw(each["token"])), int(each["amount"])) for each in fields["tokenAmounts"]
        ),
        source_token_data=tuple(raw(each) for each in fields["sourceTokenData"]),
        message_id=MessageId(raw(fields["messageId"])),
    )


def commit_report_of(fields: dict[str, Any]) -> CommitReport:
    tokens = [(raw(each["token"]), int(each["usdPerToken"])) for each in fields["tokenPrices"]]
    gas = [(int(each["destChainSelector"]), int(each["usdPerUnitGas"])) for each in fields["gasPrices"]]
    first, last = (SeqNr(int(each)) for each in fields["interval"])
    return CommitReport(
        PriceUpdates(
            tuple(TokenPrice(Address(token), price) for token, price in tokens),
            tuple(GasPrice(ChainSelector(selector), price) for selector, price in gas),
        ),
        Interval(first, last),
        Root(raw(fields["root"])),
    )


uint64s = st.integers(0, 2**64 - 1)
uint224s = st.integers(0, 2**224 - 1)
uint256s = st.integers(0, 2**256 - 1)
addresses = st.binary(min_size=20, max_size=20).map(Address)
hashes = st.binary(min_size=32, max_size=32)
blobs = st.binary(max_size=100)

token_amounts = st.builds(TokenAmount, token=addresses, amount=uint256s)

messages = st.builds(
    Message,
    source_chain_selector=uint64s,
    sender=addresses,
    receiver=addresses,
    sequence_number=uint64s,
    gas_limit=uint256s,
    strict=st.booleans(),
    nonce=uint64s,
    fee_token=addresses,
    fee_token_amount=uint256s,
    data=blobs,
    token_amounts=st.lists(token_amounts, max_size=3).map(tuple),
    source_token_data=st.lists(blobs, max_size=3).map(tuple),
    message_id=hashes,
)

commit_reports = st.builds(
    CommitReport,
    prices=st.builds(
        PriceUpdates,
        token_prices=st.lists(st.builds(TokenPrice, addresses, uint224s), max_size=3).map(tuple),
        gas_prices=st.lists(st.builds(GasPrice, uint64s, uint224s), max_size=3).map(tuple),
    ),
    interval=st.builds(Interval, uint64s, uint64s),
    root=hashes,
)

execution_reports = st.builds(
    ExecutionReport,
    messages=st.lists(messages, max_size=3).map(tuple),
    offchain_token_data=st.lists(st.lists(blobs, max_size=2).map(tuple), max_size=3).map(tuple),
    proofs=st.lists(hashes, max_size=4).map(tuple),
    proof_flag_bits=uint256s,
)
