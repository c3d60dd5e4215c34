"""One honest block hash exposes a log that was left out, changed or invented."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccip_py.chains.evm import rlp
from ccip_py.chains.evm.blocks import (
    BadBlock,
    checked_header,
    header_hash,
    may_contain,
    receipts_root,
    to_bytes,
)
from ccip_py.chains.evm.logs import proven_logs
from ccip_py.chains.evm.trie import EMPTY_ROOT, ordered_root
from ccip_py.protocol.keccak import keccak

TOPIC, OTHER = b"\x11" * 32, b"\x22" * 32


@pytest.fixture
def block(anvil, emitter):
    """A block with several transactions and logs, as header and receipts."""
    anvil.hold()
    for number in range(5):
        anvil.emit(emitter, TOPIC, bytes([number]) * 40 * number)
    anvil.mine()
    header = anvil("eth_getBlockByNumber", "latest", False)
    return header, anvil("eth_getBlockReceipts", header["number"])


def test_a_header_hash_is_recomputed(anvil, block):
    assert header_hash(block[0]) == to_bytes(block[0]["hash"])
    assert header_hash(anvil("eth_getBlockByNumber", "0x0", False))


@pytest.mark.parametrize("field", ["receiptsRoot", "parentHash", "logsBloom", "timestamp", "requestsHash"])
def test_a_header_with_a_changed_field_is_refused(block, field):
    header = dict(block[0])
    header[field] = header[field][:-1] + ("0" if header[field][-1] != "0" else "1")

    with pytest.raises(BadBlock):
        checked_header(header)


def test_all_logs_of_a_block_are_proven_in_order(block, emitter):
    logs = proven_logs(*block)

    assert [log.data for log in logs] == [bytes([n]) * 40 * n for n in range(5)]
    assert {log.address for log in logs} == {emitter}
    assert [log.index for log in logs] == list(range(5))


def omit_log(receipts):
    receipts[2]["logs"] = []


def omit_transaction(receipts):
    del receipts[2]


def forge_log(receipts):
    receipts[2]["logs"].append(copy.deepcopy(receipts[2]["logs"][0]))


def change_data(receipts):
    receipts[2]["logs"][0]["data"] = "0x00"


def change_topic(receipts):
    receipts[2]["logs"][0]["topics"] = ["0x" + "33" * 32]


def change_address(receipts):
    receipts[2]["logs"][0]["address"] = "0x" + "44" * 20


def swap(receipts):
    receipts[1], receipts[2] = receipts[2], receipts[1]


def claim_failure(receipts):
    receipts[2]["status"] = "0x0"


@pytest.mark.parametrize(
    "tamper",
    [omit_log, omit_transaction, forge_log, change_data, change_topic, change_address, swap, claim_failure],
)
def test_receipts_that_were_tampered_with_are_refused(block, tamper):
    header, receipts = block
    receipts = copy.deepcopy(receipts)
    tamper(receipts)

    with pytest.raises(BadBlock):
        proven_logs(header, receipts)


def hexadecimal(**sizes):
    return st.binary(**sizes).map(lambda raw: "0x" + raw.hex())


LOGS = st.fixed_dictionaries(
    {
        "address": hexadecimal(min_size=20, max_size=20),
        "topics": st.lists(hexadecimal(min_size=32, max_size=32), max_size=4),
        "data": hexadecimal(max_size=300),
    }
)
RECEIPTS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["0x0", "0x1"]),
        "cumulativeGasUsed": st.integers(0, 2**64).map(hex),
        "logsBloom": hexadecimal(min_size=256, max_size=256),
        "logs": st.lists(LOGS, max_size=5),
        "type": st.sampled_from(["0x0", "0x2", "0x7e"]),
    }
)


@given(st.lists(RECEIPTS, min_size=1, max_size=4))
def test_receipts_laid_out_by_hand_are_those_of_the_general_encoder(receipts):
    def encoded(receipt):
        logs = [[log["address"], log["topics"], log["data"]] for log in receipt["logs"]]
        body = rlp.encode(
            [
                int(receipt["status"], 16),
                int(receipt["cumulativeGasUsed"], 16),
                to_bytes(receipt["logsBloom"]),
                [[to_bytes(a), [to_bytes(t) for t in topics], to_bytes(d)] for a, topics, d in logs],
            ]
        )
        kind = int(receipt["type"], 16)
        return bytes([kind]) + body if kind else body

    assert receipts_root(receipts) == ordered_root([encoded(receipt) for receipt in receipts])


@pytest.mark.parametrize("wrong", [{"logs": [{}]}, {"logsBloom": 7}, {"logs": "0x"}, {"status": None}, {}])
def test_what_are_no_receipts_is_refused(block, wrong):
    header, receipts = block
    receipt = {**receipts[0], **wrong} if wrong else None

    with pytest.raises(BadBlock):
        proven_logs(header, [receipt])


@pytest.mark.parametrize("count", [1, 2, 17, 130])
def test_the_receipts_root_of_blocks_of_many_sizes(anvil, emitter, count):
    anvil.hold()
    for number in range(count):
        anvil.emit(emitter, TOPIC, bytes([number % 256]) * (number % 70))
    anvil.mine()
    header = anvil("eth_getBlockByNumber", "latest", False)
    receipts = anvil("eth_getBlockReceipts", header["number"])

    assert len(receipts) == count
    assert receipts_root(receipts) == to_bytes(header["receiptsRoot"])


def test_a_block_bloom_never_denies_what_is_there(block, emitter):
    bloom = to_bytes(block[0]["logsBloom"])

    assert may_contain(bloom, emitter, TOPIC)
    assert not may_contain(bloom, emitter, OTHER)
    assert not may_contain(bytes(256), emitter)


def test_the_root_of_nothing_is_the_published_one():
    assert ordered_root([]) == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


def test_short_nodes_are_kept_inside_their_parents():
    """Worked out by hand: keys 0x80 and 0x01, so a branch with a leaf of three bytes in its places 8 and 0."""
    branch = "d5" + "c23102" + "80" * 7 + "c23001" + "80" * 8

    assert ordered_root([b"\x01", b"\x02"]) == keccak(bytes.fromhex(branch))
