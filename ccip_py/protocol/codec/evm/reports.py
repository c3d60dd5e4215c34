"""Commit and execution reports as bytes. What a quorum signs is these very bytes, so encoding is
deterministic.
"""

from __future__ import annotations

from typing import Any, Final

from ...ids import Address, ChainSelector, Root, SeqNr
from ...report import CommitReport, ExecutionReport, GasPrice, Interval, PriceUpdates, TokenPrice
from .abi import Reader, dynamic_array, dynamic_bytes, exactly, narrow, word
from .messages import MESSAGE, encode_values, message_values, read_message, write_message

# CommitReport and ExecutionReport of `contracts/types/Report.sol`.
COMMIT_REPORT: Final = "(((address,uint224)[],(uint64,uint224)[]),(uint64,uint64),bytes32)"
_POINTER, _HEAD = 32, 4 * 32  # bytes of the word that points to a report, and of its head
EXECUTION_REPORT: Final = f"({MESSAGE}[],bytes[][],bytes32[],uint256)"


def encode_commit_report(report: CommitReport) -> bytes:
    """abi.encode(CommitReport): the `report` argument of `transmit`, the data of ReportAccepted."""
    tokens = [(price.token, price.usd_per_token) for price in report.prices.token_prices]
    gas = [(price.dest_chain_selector, price.usd_per_unit_gas) for price in report.prices.gas_prices]
    interval = (report.interval.first, report.interval.last)
    return encode_values([COMMIT_REPORT], [((tokens, gas), interval, report.root)])


def decode_commit_report(data: bytes) -> CommitReport:
    """The inverse.

    Head: offset of the prices, first, last, root. Prices: offsets of token and gas prices, each an array of
    two words per element. Committers decode reports that peers propose, so nothing here trusts a length.
    """
    fields = Reader(data).tuple_at(0)
    prices = fields.tuple_at(0)
    token_count, tokens = prices.array(0)
    gas_count, gas = prices.array(1)
    return CommitReport(
        PriceUpdates(
            tuple(
                TokenPrice(Address(tokens.address(2 * i)), tokens.uint(2 * i + 1, bits=224))
                for i in range(token_count)
            ),
            tuple(
                GasPrice(ChainSelector(gas.uint(2 * i, bits=64)), gas.uint(2 * i + 1, bits=224))
                for i in range(gas_count)
            ),
        ),
        Interval(SeqNr(fields.uint(1, bits=64)), SeqNr(fields.uint(2, bits=64))),
        Root(fields.word_at(3)),
    )


def execution_report_values(report: ExecutionReport) -> tuple[Any, ...]:
    """A report as eth_abi takes an EXECUTION_REPORT."""
    return (
        [message_values(message) for message in report.messages],
        report.offchain_token_data,
        report.proofs,
        report.proof_flag_bits,
    )


def encode_execution_report(report: ExecutionReport) -> bytes:
    """abi.encode(ExecutionReport), by hand: executors write every message."""
    messages = dynamic_array([write_message(message) for message in report.messages])
    token_data = dynamic_array(
        [dynamic_array([dynamic_bytes(each) for each in given]) for given in report.offchain_token_data]
    )
    proofs = word(len(report.proofs)) + b"".join(exactly(each, 32) for each in report.proofs)
    return b"".join(
        (
            word(_POINTER),
            word(_HEAD),
            word(_HEAD + len(messages)),
            word(_HEAD + len(messages) + len(token_data)),
            narrow(report.proof_flag_bits, 256),
            messages,
            token_data,
            proofs,
        )
    )


def decode_execution_report(data: bytes) -> ExecutionReport:
    """The inverse of `encode_execution_report`."""
    return read_execution_report(Reader(data).tuple_at(0))


def read_execution_report(fields: Reader) -> ExecutionReport:
    """A report from its four head words, wherever it lies: alone, or among the arguments of a call."""
    message_count, messages = fields.array(0)
    data_count, token_data = fields.array(1)
    proof_count, proofs = fields.array(2)
    return ExecutionReport(
        messages=tuple(read_message(messages.tuple_at(i)) for i in range(message_count)),
        offchain_token_data=tuple(_read_bytes_array(token_data, i) for i in range(data_count)),
        proofs=tuple(proofs.word_at(i) for i in range(proof_count)),
        proof_flag_bits=fields.uint(3),
    )


def _read_bytes_array(outer: Reader, slot: int) -> tuple[bytes, ...]:
    """One bytes[] out of a bytes[][]."""
    count, items = outer.array(slot)
    return tuple(items.bytes_at(i) for i in range(count))
