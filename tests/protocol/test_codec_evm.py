"""Encodings: there and back, equal to an ABI encoder's, under the published names, and strict on junk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from ccip_py.errors import BadInput, CannotEncode
from ccip_py.protocol.blessing import Blessing
from ccip_py.protocol.codec import evm
from ccip_py.protocol.codec.evm import calls
from ccip_py.protocol.codec.evm.messages import MESSAGE, OUTGOING_MESSAGE
from ccip_py.protocol.codec.evm.reports import EXECUTION_REPORT, execution_report_values
from ccip_py.protocol.ids import Address, MessageId, Root, SeqNr
from ccip_py.protocol.message import (
    ExecutionState,
    ExtraArgs,
    Message,
    OutgoingMessage,
    SourceTokenData,
    TokenAmount,
)
from ccip_py.protocol.report import CommitReport, ExecutionReport, GasLimitOverride

from .builders import (
    SOURCE,
    a_message,
    addresses,
    an_address,
    blobs,
    commit_report_of,
    commit_reports,
    execution_reports,
    hand_worked,
    hashes,
    joined,
    messages,
    uint64s,
    uint256s,
)

# --- There and back ---


@given(messages)
def test_a_message_survives_its_event(message: Message) -> None:
    assert evm.decode_ccip_send_requested(evm.encode_ccip_send_requested(message)) == message


@given(commit_reports)
def test_a_commit_report_survives(report: CommitReport) -> None:
    assert evm.decode_commit_report(evm.encode_commit_report(report)) == report
    assert evm.decode_report_accepted(evm.encode_report_accepted(report)) == report


@given(execution_reports)
def test_an_execution_report_survives(report: ExecutionReport) -> None:
    assert evm.decode_execution_report(evm.encode_execution_report(report)) == report


@given(execution_reports)
def test_an_execution_report_is_written_as_an_abi_encoder_writes_it(report: ExecutionReport) -> None:
    written = encode([EXECUTION_REPORT], [execution_report_values(report)])
    assert evm.encode_execution_report(report) == written


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": 2**64},
        {"gas_limit": -1},
        {"sender": Address(b"\x01" * 19)},
        {"message_id": MessageId(b"\x01" * 33)},
        {"token_amounts": (TokenAmount(Address(b""), 1),)},
    ],
)
def test_what_fits_no_field_is_not_written(changes: dict[str, Any]) -> None:
    with pytest.raises(CannotEncode):
        evm.execute_call(a_report(a_message(**changes)))


@given(st.builds(ExtraArgs, uint256s, st.booleans()))
def test_extra_args_survive(extra_args: ExtraArgs) -> None:
    assert evm.decode_extra_args(evm.encode_extra_args(extra_args), default_gas_limit=0) == extra_args


@given(st.builds(SourceTokenData, blobs, blobs, blobs, st.integers(0, 2**32 - 1)))
def test_source_token_data_survives(data: SourceTokenData) -> None:
    assert evm.decode_source_token_data(evm.encode_source_token_data(data)) == data


@given(
    st.builds(
        evm.ExecutionStateChanged,
        seq_nr=uint64s,
        message_id=hashes,
        state=st.sampled_from(ExecutionState),
        return_data=blobs,
    )
)
def test_an_execution_state_survives(event: evm.ExecutionStateChanged) -> None:
    topics, data = evm.encode_execution_state_changed(event)

    assert evm.decode_execution_state_changed(topics, data) == event


@given(addresses)
def test_an_address_survives(address: Address) -> None:
    assert evm.parse_address(evm.checksum(address)) == address
    assert evm.parse_address("0x" + address.hex()) == address
    assert evm.address_from_word(evm.address_to_word(address)) == address


@given(addresses)
def test_checksums_are_eip_55(address: Address) -> None:
    assert evm.checksum(address) == to_checksum_address(address)


# --- Names, as published ---


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        (evm.CCIP_SEND_REQUESTED, "d0c3c799bf9e2639de44391e7f524d229b2b55f5b1ea94b2bf7da42f7243dddd"),
        (evm.REPORT_ACCEPTED, "291698c01aa71f912280535d88a00d2c59fb63530a3f5d0098560468acb9ebf5"),
        (evm.ROOT_REMOVED, "202f1139a3e334b6056064c0e9b19fd07e44a88d8f6e5ded571b24cf8c371f12"),
        (evm.EXECUTION_STATE_CHANGED, "d4f851956a5d67c3997d1c9205045fef79bae2947fdee7e9e2641abc7391ef65"),
    ],
)
def test_topics(topic: bytes, expected: str) -> None:
    assert topic.hex() == expected


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (calls.CCIP_SEND, "96f4e9f9"),
        (calls.GET_FEE, "20487ded"),
        (calls.TRANSMIT, "b1dc65a4"),
        (calls.MANUALLY_EXECUTE, "8926c4ee"),
    ],
)
def test_selectors(selector: bytes, expected: str) -> None:
    assert selector.hex() == expected


def test_commit_report_vector() -> None:
    vector = hand_worked()["commitReport"]

    assert evm.encode_commit_report(commit_report_of(vector)) == joined(vector["words"])


# --- Calls ---


def an_outgoing_message() -> OutgoingMessage:
    return OutgoingMessage(
        receiver=evm.address_to_word(an_address(2)),
        data=b"hi",
        token_amounts=(TokenAmount(an_address(3), 4),),
        fee_token=an_address(0),
        extra_args=b"",
    )


@pytest.mark.parametrize("call", [evm.ccip_send_call, evm.get_fee_call])
def test_sending_calls_carry_destination_and_message(call: Callable[..., bytes]) -> None:
    message = an_outgoing_message()

    destination, fields = decode(["uint64", OUTGOING_MESSAGE], call(SOURCE, message)[4:])

    assert destination == SOURCE
    assert fields[:3] == (message.receiver, b"hi", (("0x" + an_address(3).hex(), 4),))


def test_transmit_takes_signatures_apart() -> None:
    context = (b"\x01" * 32, b"\x02" * 32, bytes(32))
    signatures = [b"r" * 32 + b"s" * 32 + v for v in (b"\x1b", b"\x1c", b"\x00", b"\x01")]

    call = evm.transmit_call(context, b"report", signatures)

    types = ["bytes32[3]", "bytes", "bytes32[]", "bytes32[]", "bytes32"]
    assert decode(types, call[4:]) == (
        context,
        b"report",
        (b"r" * 32,) * 4,
        (b"s" * 32,) * 4,
        bytes([0, 1, 0, 1]).ljust(32, b"\0"),
    )


@pytest.mark.parametrize("signatures", [[b"short"], [bytes(65)] * 33])
def test_transmit_refuses_signatures_it_cannot_place(signatures: list[bytes]) -> None:
    with pytest.raises(CannotEncode):
        evm.transmit_call((bytes(32),) * 3, b"", signatures)


def test_bless_carries_statement_and_votes() -> None:
    blessing = Blessing(an_address(1), SOURCE, an_address(2), SeqNr(3), SeqNr(4), Root(b"\5" * 32), 6)
    types = ["(address,uint64,address,uint64,uint64,bytes32,uint64)", "(bytes32,bytes32)[]"]

    statement, votes = decode(types, evm.bless_call(blessing, [(b"r" * 32, b"v" * 32)])[4:])

    assert statement[1:] == (SOURCE, "0x" + an_address(2).hex(), 3, 4, b"\5" * 32, 6)
    assert votes == ((b"r" * 32, b"v" * 32),)


def a_report(*reported: Message) -> ExecutionReport:
    nothing = tuple((b"",) * len(message.token_amounts) for message in reported)
    return ExecutionReport(reported, nothing, (), 0)


def test_execute_carries_the_report() -> None:
    report = a_report(a_message())

    assert evm.execute_call(report)[4:] == evm.encode_execution_report(report)


def test_manual_execution_without_overrides_keeps_every_gas_limit() -> None:
    with_token = a_message(token_amounts=(TokenAmount(an_address(3), 4),), source_token_data=(b"x",))

    call = evm.manually_execute_call(a_report(a_message(), with_token))

    _, overrides = decode([EXECUTION_REPORT, "(uint256,uint32[])[]"], call[4:])
    assert overrides == ((0, ()), (0, (0,)))


def test_manual_execution_takes_one_override_per_message() -> None:
    with pytest.raises(BadInput, match="one gas override per message"):
        evm.manually_execute_call(a_report(a_message()), [GasLimitOverride(1, ()), GasLimitOverride(2, ())])


# --- Extra arguments ---


def test_no_extra_args_mean_the_default_gas_limit_in_order() -> None:
    assert evm.decode_extra_args(b"", 200_000) == ExtraArgs(200_000, allow_out_of_order=False)


@pytest.mark.parametrize("strict", [b"", (1).to_bytes(32, "big")], ids=["plain", "with strict"])
def test_extra_args_v1_are_ordered(strict: bytes) -> None:
    v1 = bytes.fromhex("97a657c9") + encode(["uint256"], [7]) + strict

    assert evm.decode_extra_args(v1, 0) == ExtraArgs(7, allow_out_of_order=False)


@pytest.mark.parametrize("data", [b"\x01", bytes(4), bytes.fromhex("1f3b3aba") + bytes(64)])
def test_an_unknown_tag_has_a_code_of_its_own(data: bytes) -> None:
    with pytest.raises(CannotEncode) as refusal:
        evm.decode_extra_args(data, 0)

    assert refusal.value.code == "UNKNOWN_EXTRA_ARGS_TAG"


# --- What has no encoding, and what is none ---


@pytest.mark.parametrize(
    "change",
    [
        {"sequence_number": 2**64},
        {"gas_limit": 2**256},
        {"fee_token_amount": -1},
        {"sender": Address(b"short")},
        {"message_id": MessageId(bytes(33))},
    ],
    ids=str,
)
def test_values_out_of_range_cannot_be_encoded(change: dict[str, Any]) -> None:
    with pytest.raises(CannotEncode):
        evm.encode_ccip_send_requested(a_message(**change))


@given(messages, st.data())
def test_a_cut_message_is_refused_or_reads_the_same(message: Message, data: st.DataObject) -> None:
    whole = evm.encode_ccip_send_requested(message)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]

    try:
        read = evm.decode_ccip_send_requested(cut)
    except CannotEncode:
        return
    assert read == message  # only padding was lost


@given(st.binary(max_size=1200))
def test_junk_is_refused_with_our_own_error(junk: bytes) -> None:
    for decoder in (evm.decode_ccip_send_requested, evm.decode_commit_report, evm.decode_execution_report):
        with pytest.raises(CannotEncode):
            decoder(b"\xff" * 4 + junk)


def test_dirty_padding_is_refused() -> None:
    clean = evm.encode_ccip_send_requested(a_message())
    sender_word = 32 * 2
    dirty = clean[:sender_word] + b"\x01" + clean[sender_word + 1 :]

    with pytest.raises(CannotEncode, match="not an address"):
        evm.decode_ccip_send_requested(dirty)


@given(messages)
def test_reading_by_offsets_equals_the_abi_decoder(message: Message) -> None:
    encoded = evm.encode_ccip_send_requested(message)

    (fields,) = decode([MESSAGE], encoded)

    read = evm.decode_ccip_send_requested(encoded)
    assert (read.sequence_number, read.gas_limit, read.strict, read.nonce) == fields[3:7]
    assert (read.data, read.source_token_data, read.message_id) == (fields[9], fields[11], fields[12])


def test_an_execution_state_needs_its_topics() -> None:
    with pytest.raises(CannotEncode):
        evm.decode_execution_state_changed([evm.REPORT_ACCEPTED, bytes(32), bytes(32)], bytes(64))


@pytest.mark.parametrize(
    "text",
    ["", "0x", "0x" + "11" * 19, "0x" + "11" * 21, "11" * 20, "0x" + "zz" * 20, "0x " + "11" * 20],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(CannotEncode, match="not an address"):
        evm.parse_address(text)


def test_a_mistyped_checksum_is_refused() -> None:
    right = evm.checksum(an_address(0xABCDEF))
    wrong = right.replace("A", "a", 1) if "A" in right else right.replace("a", "A", 1)

    with pytest.raises(CannotEncode, match="checksum"):
        evm.parse_address(wrong)


@pytest.mark.parametrize("word", [bytes(31), bytes(33), b"\x01" + bytes(31)])
def test_what_is_no_address_word_is_refused(word: bytes) -> None:
    with pytest.raises(CannotEncode):
        evm.address_from_word(word)
