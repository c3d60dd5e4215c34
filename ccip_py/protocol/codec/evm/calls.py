"""What is said to the contracts of a lane, as call data: selector, then encoded arguments.

Only calls that carry protocol values are here; plain getters belong to whoever reads the chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ....errors import BadInput, CannotEncode
from ...blessing import Blessing
from ...ids import ChainSelector
from ...keccak import keccak
from ...message import OutgoingMessage
from ...report import ExecutionReport, GasLimitOverride
from .messages import OUTGOING_MESSAGE, encode_values, outgoing_values
from .reports import EXECUTION_REPORT, encode_execution_report, execution_report_values

# The types of each call's arguments. Selectors are computed from the same lists that the arguments are
# encoded by.
_BLESSING: Final = "(address,uint64,address,uint64,uint64,bytes32,uint64)"
_TRANSMIT: Final = ["bytes32[3]", "bytes", "bytes32[]", "bytes32[]", "bytes32"]
_BLESS: Final = [_BLESSING, "(bytes32,bytes32)[]"]
_SEND: Final = ["uint64", OUTGOING_MESSAGE]
_EXECUTE: Final = [EXECUTION_REPORT]
_MANUALLY_EXECUTE: Final = [EXECUTION_REPORT, "(uint256,uint32[])[]"]


def _selector(name: str, types: Sequence[str]) -> bytes:
    return keccak(f"{name}({','.join(types)})".encode())[:4]


CCIP_SEND: Final = _selector("ccipSend", _SEND)
GET_FEE: Final = _selector("getFee", _SEND)
TRANSMIT: Final = _selector("transmit", _TRANSMIT)
BLESS: Final = _selector("bless", _BLESS)
EXECUTE: Final = _selector("execute", _EXECUTE)
MANUALLY_EXECUTE: Final = _selector("manuallyExecute", _MANUALLY_EXECUTE)


def ccip_send_call(destination: ChainSelector, message: OutgoingMessage) -> bytes:
    """Router.ccipSend: pays the fee, moves the tokens, returns the message id."""
    return CCIP_SEND + encode_values(_SEND, [destination, outgoing_values(message)])


def get_fee_call(destination: ChainSelector, message: OutgoingMessage) -> bytes:
    """Router.getFee: refuses what ccipSend would refuse."""
    return GET_FEE + encode_values(_SEND, [destination, outgoing_values(message)])


def transmit_call(context: Sequence[bytes], report: bytes, signatures: Sequence[bytes]) -> bytes:
    """CommitStore.transmit with `signatures` of 65 bytes each: r ‖ s ‖ v, v in {0, 1} or {27, 28}.

    The contract counts the bytes of this call: nothing may follow it. At most 32 signatures have a place for
    v.
    """
    if len(signatures) > 32 or any(len(signature) != 65 for signature in signatures):
        raise CannotEncode("at most 32 signatures of 65 bytes", context={"signatures": len(signatures)})
    recovery = bytes(signature[64] - 27 if signature[64] >= 27 else signature[64] for signature in signatures)
    rs = [signature[:32] for signature in signatures]
    ss = [signature[32:64] for signature in signatures]
    return TRANSMIT + encode_values(_TRANSMIT, [tuple(context), report, rs, ss, recovery.ljust(32, b"\0")])


def bless_call(blessing: Blessing, signatures: Sequence[tuple[bytes, bytes]]) -> bytes:
    """RMN.bless with compact signatures (r, vs). Anyone may send it, with any subset of the votes."""
    statement = (
        blessing.commit_store,
        blessing.source_chain_selector,
        blessing.on_ramp,
        blessing.first,
        blessing.last,
        blessing.root,
        blessing.epoch,
    )
    return BLESS + encode_values(_BLESS, [statement, list(signatures)])


def execute_call(report: ExecutionReport) -> bytes:
    """OffRamp.execute, for registered executors."""
    return EXECUTE + encode_execution_report(report)


def manually_execute_call(report: ExecutionReport, overrides: Sequence[GasLimitOverride] = ()) -> bytes:
    """OffRamp.manuallyExecute, open to all after the window or a FAILURE. No overrides: gas as sent."""
    if not overrides:
        overrides = [GasLimitOverride(0, (0,) * len(message.token_amounts)) for message in report.messages]
    if len(overrides) != len(report.messages):
        raise BadInput(
            "one gas override per message",
            context={"messages": len(report.messages), "overrides": len(overrides)},
        )
    gas = [(override.receiver_gas_limit, override.token_gas_overrides) for override in overrides]
    return MANUALLY_EXECUTE + encode_values(_MANUALLY_EXECUTE, [execution_report_values(report), gas])
