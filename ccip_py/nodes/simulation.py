"""What would happen to messages if they were executed now, asked of the node by eth_call.

Two questions, since a token step that fails is recorded as a FAILURE and reverts nothing:
- of a batch: would the transaction revert? Then one of its messages is poisonous.
- of each message with tokens: would its token step fail? Then it waits: a limit refills, liquidity returns. Whether its
  receiver would fail is nobody's business but the sender's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ccip_py.chains.evm.caller import function
from ccip_py.chains.evm.endpoint import Request, RpcRefused, UnknownBlock
from ccip_py.chains.evm.reverts import Revert, explain
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.protocol.codec.evm import execute_call
from ccip_py.protocol.codec.evm.messages import MESSAGE, message_values
from ccip_py.protocol.ids import Address, MessageId
from ccip_py.protocol.message import Message
from ccip_py.protocol.report import ExecutionReport

from .root_book import RECEIVER_ERROR
from .token_data import TokenData

SINGLE = f"executeSingleMessage({MESSAGE},bytes[],uint32[])"


async def batch_revert(
    rpc: Rpc, off_ramp: Address, executor: Address, report: ExecutionReport, gas: int
) -> Revert | None:
    """Why the transaction would revert now, or None if it would not."""
    call = _call(executor, off_ramp, execute_call(report), gas)
    answer = (await rpc.try_batch([call]))[0]
    if isinstance(answer, UnknownBlock):
        raise answer
    if isinstance(answer, RpcRefused):
        return explain(answer.data or b"")
    return None


async def failing_token_steps(
    rpc: Rpc, off_ramp: Address, messages: Sequence[Message], gas: int, token_data: TokenData
) -> dict[MessageId, Revert]:
    """The messages whose tokens could not be delivered now, and why. One exchange for all of them.

    The OffRamp accepts this call from itself only, and eth_call lets anybody speak as anybody.
    """
    with_tokens = [message for message in messages if message.token_amounts]
    calls = [_call(off_ramp, off_ramp, _single_call(message, token_data), gas) for message in with_tokens]
    if not calls:
        return {}
    failing: dict[MessageId, Revert] = {}
    for message, answer in zip(with_tokens, await rpc.try_batch(calls), strict=True):
        if isinstance(answer, UnknownBlock):
            raise answer
        data = (answer.data or b"") if isinstance(answer, RpcRefused) else None
        if data is not None and data[:4] != RECEIVER_ERROR:
            failing[message.message_id] = explain(data)
    return failing


def _single_call(message: Message, token_data: TokenData) -> bytes:
    count = len(message.token_amounts)
    given = token_data.get(message.message_id, (b"",) * count)
    return function(SINGLE, message_values(message), given, (0,) * count)


def _call(sender: Address, to: Address, data: bytes, gas: int) -> Request:
    fields: dict[str, Any] = {
        "from": "0x" + sender.hex(),
        "to": "0x" + to.hex(),
        "data": "0x" + data.hex(),
        "gas": hex(gas),
    }
    return "eth_call", (fields, "latest")
