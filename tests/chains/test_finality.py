"""What was final once stays: the ratchet, and the alarm that no restart clears.

Given a chain whose final block is four below the latest
  when it grows                              it should move on
  when it is reorganised above that          it should not care
  when it is reorganised below that          it should raise FinalityViolation, for good
  when it shrinks without contradiction      it should keep what it has
Given two endpoints
  when one of them contradicts the past      it should wait, and condemn nobody
"""

import pytest

from ccip_py.chains.evm.finality import FinalityReader, FinalityViolation, ratchet
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import Block, FinalityRecord
from ccip_py.errors import NotFinal
from ccip_py.protocol.ids import ChainSelector

pytestmark = pytest.mark.anyio
CHAIN = ChainSelector(7759470850252068959)


def a_reader(rpc, store, rule="finalized"):
    return FinalityReader(rpc, CHAIN, rule, store)


async def test_a_tag_and_a_depth_pin_what_they_say(anvil, rpc, store):
    anvil.mine(10)
    height = anvil.height

    tagged = await a_reader(rpc, store).pin()
    deep = await FinalityReader(rpc, ChainSelector(2), 7, store).pin()

    assert (tagged.latest.number, tagged.finalized.number) == (height, height - 4)
    assert deep.finalized.number == height - 7


async def test_the_ratchet_moves_on_with_the_chain_and_is_stored(anvil, rpc, store):
    anvil.mine(10)
    reader = a_reader(rpc, store)
    first = await reader.pin()
    anvil.mine(3)

    second = await reader.pin()

    assert second.finalized.number == first.finalized.number + 3
    assert store.load(CHAIN) == FinalityRecord(second.finalized.number, second.finalized.hash)


async def test_a_depth_beyond_the_first_block_pins_the_first(rpc, store):
    heads = await a_reader(rpc, store, 100_000).pin()

    assert heads.finalized.number == 0


async def test_K1_a_reorganisation_above_finality_is_nothing(anvil, rpc, store):
    anvil.mine(10)
    reader = a_reader(rpc, store)
    before = await reader.pin()
    anvil.reorg(3)

    after = await reader.pin()

    assert after.finalized == before.finalized
    assert after.latest.hash != before.latest.hash


async def test_K2_a_final_block_that_changes_is_a_violation_and_a_restart_does_not_clear_it(
    anvil, rpc, store
):
    anvil.mine(10)
    await a_reader(rpc, store).pin()
    anvil.reorg(6)

    with pytest.raises(FinalityViolation):
        await a_reader(rpc, store).pin()

    with pytest.raises(FinalityViolation, match="was final as"):
        await a_reader(rpc, store).pin()


async def test_a_violation_stays_when_the_old_branch_comes_back(anvil, rpc, store, node):
    anvil.mine(10)
    before = await a_reader(rpc, store).pin()
    anvil.reorg(6)
    with pytest.raises(FinalityViolation):
        await a_reader(rpc, store).pin()

    old = before.finalized
    node.answers["eth_getBlockByNumber"] = {
        "number": hex(old.number),
        "hash": "0x" + old.hash.hex(),
        "timestamp": hex(old.timestamp),
    }
    async with Rpc(node.url, chain_id=31337) as restarted:
        with pytest.raises(FinalityViolation):
            await a_reader(restarted, store).pin()


async def test_K6_a_finalized_head_that_goes_back_keeps_the_ratchet(anvil, rpc, store):
    anvil.mine(10)
    reader = a_reader(rpc, store)
    before = await reader.pin()
    anvil("anvil_rollback", 3)

    after = await reader.pin()

    assert after.latest.number == before.latest.number - 3
    assert after.finalized == before.finalized


async def test_K13_a_node_that_lost_final_blocks_is_waited_for_and_then_judged(anvil, rpc, store):
    anvil.mine(10)
    reader = a_reader(rpc, store)
    await reader.pin()
    anvil("anvil_rollback", 6)

    with pytest.raises(NotFinal):
        await reader.pin()

    anvil("anvil_setCoinbase", "0x" + "77" * 20)
    anvil.mine(10)
    with pytest.raises(FinalityViolation):
        await reader.pin()


async def test_one_lying_endpoint_condemns_no_chain(anvil, node, store):
    anvil.mine(10)
    async with Rpc(anvil.url, chain_id=31337) as honest:
        heads = await a_reader(honest, store).pin()
    lie = {"number": hex(heads.finalized.number), "hash": "0x" + "ab" * 32, "timestamp": "0x1"}
    node.answers["eth_getBlockByNumber"] = lie

    async with Rpc([node.url, anvil.url], chain_id=31337) as rpc:
        with pytest.raises(NotFinal):
            await a_reader(rpc, store).pin()

    record = store.load(CHAIN)
    assert record is not None
    assert not record.violation


async def test_a_chain_is_not_condemned_while_an_endpoint_is_silent(anvil, node, store):
    anvil.mine(10)
    async with Rpc(anvil.url, chain_id=31337) as alone:
        await a_reader(alone, store).pin()
    anvil.reorg(6)
    node.respond = lambda calls: (500, b"")

    async with Rpc([anvil.url, node.url], chain_id=31337) as rpc:
        with pytest.raises(NotFinal):
            await a_reader(rpc, store).pin()
    assert not store.load(CHAIN).violation

    async with Rpc([anvil.url, anvil.url], chain_id=31337) as rpc:
        with pytest.raises(FinalityViolation):
            await a_reader(rpc, store).pin()


async def test_no_single_endpoint_moves_the_ratchet_against_another(anvil, node, store):
    anvil.mine(10)
    final = anvil("eth_getBlockByNumber", "finalized", False)
    node.answers["eth_getBlockByNumber"] = {**final, "hash": "0x" + "ab" * 32}

    async with Rpc([node.url, anvil.url], chain_id=31337) as rpc:
        with pytest.raises(NotFinal):
            await a_reader(rpc, store).pin()

    assert store.load(CHAIN) is None


async def test_a_chain_is_known_by_its_first_block_from_the_first_look_on(anvil, rpc, store):
    await a_reader(rpc, store).pin()

    genesis = anvil("eth_getBlockByNumber", "0x0", False)["hash"]
    assert store.genesis(CHAIN) == rpc.genesis == genesis


async def test_no_first_block_is_remembered_that_endpoints_disagree_about(anvil, node, store):
    anvil.mine(10)
    final = anvil("eth_getBlockByNumber", "finalized", False)
    node.answers["eth_getBlockByNumber"] = lambda tag, _: (
        {**final, "hash": "0x" + "ab" * 32} if tag == "0x0" else anvil("eth_getBlockByNumber", tag, False)
    )
    async with Rpc([node.url, anvil.url], chain_id=31337) as rpc:
        await a_reader(rpc, store).pin()

    assert store.genesis(CHAIN) == rpc.genesis == ""


def test_the_ratchet_never_goes_back():
    kept = FinalityRecord(10, b"ten")

    assert ratchet(None, Block(3, b"three", 0)) == FinalityRecord(3, b"three")
    assert ratchet(kept, Block(9, b"nine", 0)) == kept
    assert ratchet(kept, Block(10, b"other", 0)) == kept
    assert ratchet(kept, Block(11, b"eleven", 0)) == FinalityRecord(11, b"eleven")
