"""How protocol values are encoded for an EVM destination, and read from an EVM source.

The ABI is CCIP 1.5's. `messages` and `reports` hold the values, `events` what contracts say, `calls` what is
said to them, `addresses` and `abi` the small parts. A value that has no encoding, or bytes that are no
encoding, raise CannotEncode.
"""

from .addresses import address_from_word, address_to_word, checksum, parse_address
from .calls import (
    bless_call,
    ccip_send_call,
    execute_call,
    get_fee_call,
    manually_execute_call,
    transmit_call,
)
from .events import (
    CCIP_SEND_REQUESTED,
    EXECUTION_STATE_CHANGED,
    REPORT_ACCEPTED,
    ROOT_BLESSED,
    ROOT_REMOVED,
    ExecutionStateChanged,
    decode_ccip_send_requested,
    decode_execution_state_changed,
    decode_report_accepted,
    encode_ccip_send_requested,
    encode_execution_state_changed,
    encode_report_accepted,
)
from .messages import (
    decode_extra_args,
    decode_source_token_data,
    encode_extra_args,
    encode_source_token_data,
)
from .reports import (
    decode_commit_report,
    decode_execution_report,
    encode_commit_report,
    encode_execution_report,
)

__all__ = [
    "CCIP_SEND_REQUESTED",
    "EXECUTION_STATE_CHANGED",
    "REPORT_ACCEPTED",
    "ROOT_BLESSED",
    "ROOT_REMOVED",
    "ExecutionStateChanged",
    "address_from_word",
    "address_to_word",
    "bless_call",
    "ccip_send_call",
    "checksum",
    "decode_ccip_send_requested",
    "decode_commit_report",
    "decode_execution_report",
    "decode_execution_state_changed",
    "decode_extra_args",
    "decode_report_accepted",
    "decode_source_token_data",
    "encode_ccip_send_requested",
    "encode_commit_report",
    "encode_execution_report",
    "encode_execution_state_changed",
    "encode_extra_args",
    "encode_report_accepted",
    "encode_source_token_data",
    "execute_call",
    "get_fee_call",
    "manually_execute_call",
    "parse_address",
    "transmit_call",
]
