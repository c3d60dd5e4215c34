"""Word-offset decoding and the leaf, against eth_abi and the published formula."""

from dataclasses import replace

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from ccip_py.risk import evm
from ccip_py.risk.evm import Accepted, Log, TokenMove, Undecodable

from .builders import DESTINATION, ON_RAMP, SOURCE, Sent

META = evm.metadata(SOURCE, DESTINATION, ON_RAMP)
TOKEN, POOL, DEST_TOKEN = b"\x41" * 20, b"\x42" * 20, b"\x43" * 20


def formula_leaf(sent: Sent) -> bytes:
    """The specification's sentence, with eth_abi doing all the encoding."""
    meta = keccak(
        encode(
            ["bytes32", "uint64", "uint64", "address"],
            [keccak(b"EVM2EVMMessageHashV2"), SOURCE, DESTINATION, ON_RAMP],
        )
    )
    fixed = keccak(
        encode(
            ["address", "address", "uint64", "uint256", "bool", "uint64", "address", "uint256"],
            [
                sent.sender,
                sent.receiver,
                sent.seq_nr,
                sent.gas_limit,
                sent.strict,
                sent.nonce,
                sent.fee_token,
                sent.fee,
            ],
        )
    )
    return keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "bytes32", "bytes32", "bytes32"],
            [
                bytes(32),
                meta,
                fixed,
                keccak(sent.data),
                keccak(encode(["(address,uint256)[]"], [sent.amounts])),
                keccak(encode(["bytes[]"], [sent.token_data])),
            ],
        )
    )


@pytest.mark.parametrize(
    "sent",
    [
        Sent(),
        Sent(data=b"", gas_limit=0, nonce=0),
        Sent(data=b"x" * 1000, strict=True, fee=2**256 - 1, seq_nr=2**64 - 1),
        Sent().with_token(TOKEN, 5, POOL, DEST_TOKEN, 18),
        Sent().with_token(TOKEN, 5, POOL, DEST_TOKEN, 18).with_token(DEST_TOKEN, 2**255, POOL, TOKEN, 6),
        Sent(amounts=((TOKEN, 1), (POOL, 2)), token_data=(b"", b"junk" * 20)),
    ],
)
def test_the_leaf_is_the_published_formula(sent: Sent) -> None:
    assert evm.read_sent(sent.log(), SOURCE, META).leaf == formula_leaf(sent)


def test_reads_what_the_supply_checks_need() -> None:
    sent = Sent(seq_nr=9, message_id=b"\x77" * 32).with_token(TOKEN, 5, POOL, DEST_TOKEN, 6)

    read = evm.read_sent(sent.log(block=3, tx=2), SOURCE, META)

    assert (read.seq_nr, read.stated_id, read.block, read.tx) == (9, b"\x77" * 32, 3, 2)
    assert read.moves == (TokenMove(TOKEN, 5, POOL, DEST_TOKEN, 6),)


def test_a_pools_nonsense_does_not_make_the_message_unreadable() -> None:
    """Anybody may write a pool; its word must not stop the lane for everybody."""
    sent = Sent(amounts=((TOKEN, 1),), token_data=(b"\xff" * 64,))

    assert evm.read_sent(sent.log(), SOURCE, META).moves == (TokenMove(TOKEN, 1, b"", b"", None),)


def test_every_field_changes_the_leaf() -> None:
    base = Sent().with_token(TOKEN, 5, POOL, DEST_TOKEN, 18)
    changed = [
        replace(base, sender=b"\x12" * 20),
        replace(base, receiver=b"\x12" * 20),
        replace(base, seq_nr=2),
        replace(base, gas_limit=1),
        replace(base, strict=True),
        replace(base, nonce=2),
        replace(base, fee_token=b"\x12" * 20),
        replace(base, fee=1),
        replace(base, data=b"ho"),
        replace(base, amounts=((TOKEN, 6),)),
        replace(base, token_data=(b"",)),
    ]

    leaves = {evm.read_sent(sent.log(), SOURCE, META).leaf for sent in [base, *changed]}

    assert len(leaves) == 1 + len(changed)


def test_refuses_another_source() -> None:
    with pytest.raises(Undecodable, match="another source"):
        evm.read_sent(Sent(source=1).log(), SOURCE, META)


def test_refuses_every_truncation() -> None:
    log = Sent().with_token(TOKEN, 5, POOL, DEST_TOKEN, 18).log()
    whole = evm.read_sent(log, SOURCE, META)
    for size in range(0, len(log.data), 32):
        cut = replace(log, data=log.data[:size])
        try:
            assert evm.read_sent(cut, SOURCE, META) == whole or size > 13 * 32
        except Undecodable:
            continue


def test_refuses_an_array_that_claims_to_be_endless() -> None:
    data = bytearray(Sent().encoded())
    offset = 32 + int.from_bytes(data[32 + 10 * 32 : 32 + 11 * 32], "big")
    data[offset : offset + 32] = (2**64).to_bytes(32, "big")

    with pytest.raises(Undecodable, match="runs past the end"):
        evm.read_sent(replace(Sent().log(), data=bytes(data)), SOURCE, META)


REPORT = "((((address,uint224)[],(uint64,uint224)[]),(uint64,uint64),bytes32))"


def report_log(root: bytes, prices: list[tuple[bytes, int]]) -> Log:
    data = encode([REPORT[1:-1]], [((prices, [(SOURCE, 7)]), (4, 9), root)])
    return Log(b"\x55" * 20, (evm.REPORT_ACCEPTED,), data, 12, 0, 3)


def test_reads_a_commit_whatever_prices_it_carries() -> None:
    for prices in ([], [(TOKEN, 10**18)] * 3):
        assert evm.read_accepted(report_log(b"\x99" * 32, prices)) == Accepted(4, 9, b"\x99" * 32, 12, 3)


def test_a_report_without_a_root_is_no_claim() -> None:
    assert evm.read_accepted(report_log(bytes(32), [])) is None


def test_topics_are_those_of_the_published_signatures() -> None:
    message = "(uint64,address,address,uint64,uint256,bool,uint64,address,uint256,bytes,(address,uint256)[],bytes[],bytes32)"
    assert keccak(f"CCIPSendRequested({message})".encode()) == evm.MESSAGE_SENT
    assert keccak(f"ReportAccepted({REPORT[1:-1]})".encode()) == evm.REPORT_ACCEPTED
    assert keccak(b"RootRemoved(bytes32)") == evm.ROOT_REMOVED
    assert keccak(b"ExecutionStateChanged(uint64,bytes32,uint8,bytes)") == evm.EXECUTION_STATE
