"""Three readings of one specification: the monitor's, the core's, and eth_abi's. And the core can break."""

import contextlib
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from ccip_py.protocol import hashing, merkle
from ccip_py.protocol.ids import Address, ChainSelector, MessageId, SeqNr
from ccip_py.protocol.message import Message, TokenAmount
from ccip_py.risk import evm, root

from .builders import DESTINATION, ON_RAMP, SOURCE, Sent
from .test_evm import formula_leaf
from .world import World, monitored

addresses = st.binary(min_size=20, max_size=20)
uint256 = st.integers(0, 2**256 - 1)
uint64 = st.integers(0, 2**64 - 1)
tokens = st.lists(st.tuples(addresses, uint256, st.binary(max_size=200)), max_size=5)


@st.composite
def sent_messages(draw: st.DrawFn) -> Sent:
    moved = draw(tokens)
    return Sent(
        seq_nr=draw(uint64),
        sender=draw(addresses),
        receiver=draw(addresses),
        gas_limit=draw(uint256),
        strict=draw(st.booleans()),
        nonce=draw(uint64),
        fee_token=draw(addresses),
        fee=draw(uint256),
        data=draw(st.binary(max_size=300)),
        amounts=tuple((token, amount) for token, amount, _ in moved),
        token_data=tuple(raw for _, _, raw in moved),
    )


def of_the_core(sent: Sent) -> Message:
    return Message(
        ChainSelector(sent.source),
        Address(sent.sender),
        Address(sent.receiver),
        SeqNr(sent.seq_nr),
        sent.gas_limit,
        sent.strict,
        sent.nonce,
        Address(sent.fee_token),
        sent.fee,
        sent.data,
        tuple(TokenAmount(Address(token), amount) for token, amount in sent.amounts),
        sent.token_data,
        MessageId(sent.message_id),
    )


@settings(max_examples=150, deadline=None)
@given(sent_messages())
def test_three_leaves_are_one(sent: Sent) -> None:
    core_metadata = hashing.metadata_hash(ChainSelector(SOURCE), ChainSelector(DESTINATION), Address(ON_RAMP))
    own_metadata = evm.metadata(SOURCE, DESTINATION, ON_RAMP)

    own = evm.read_sent(sent.log(), SOURCE, own_metadata).leaf

    assert own == hashing.leaf(of_the_core(sent), core_metadata) == formula_leaf(sent)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=256))
def test_two_roots_are_one(leaves: list[bytes]) -> None:
    assert root.merkle_root(leaves) == merkle.root(leaves)


CORE = (
    "ccip_py.protocol.hashing",
    "ccip_py.protocol.merkle",
    "ccip_py.protocol.digests",
    "ccip_py.protocol.codec.evm.abi",
    "ccip_py.protocol.codec.evm.events",
    "ccip_py.protocol.codec.evm.messages",
    "ccip_py.protocol.codec.evm.reports",
    "ccip_py.chains.evm.finality",
    "ccip_py.chains.evm.logs",
)


@contextlib.contextmanager
def broken_core(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Every function of the core's hashing, tree, decoding and finality answers nonsense."""
    broken = 0
    for name in CORE:
        module = importlib.import_module(name)
        for attribute, value in inspect.getmembers(module, inspect.isfunction):
            if value.__module__ == name:
                monkeypatch.setattr(module, attribute, lambda *_, **__: b"\x66" * 32)
                broken += 1
    yield broken


@pytest.mark.anyio
async def test_a_broken_core_makes_no_monitor_bless_a_wrong_root(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broken_core(monkeypatch) as broken:
        assert broken > 20
        async with monitored(world, tmp_path):
            world.send(3)
            good = world.commit(1, 2)
            await world.until(lambda: world.is_blessed(good))

            wrong = world.commit(3, 3, keccak(b"what the broken core makes of it"))
            await world.until(lambda: world.is_cursed(DESTINATION))
            assert not world.is_blessed(wrong)
