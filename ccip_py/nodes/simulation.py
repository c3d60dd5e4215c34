"""What would happen to a batch if it were executed now, asked of the node without sending anything.

Two things can go wrong. The transaction may revert: then one of its messages is poisonous. Or the tokens of a message
cannot be delivered: that is recorded as a FAILURE and reverts nothing, so it must be seen before; the message waits,
since a limit refills and liquidity returns. Whether its receiver would fail is nobody's business but the sender's.

`eth_simulateV1` tells both at once, in the order of the batch: it returns the events of a transaction that was not sent.
Nodes that do not know it are asked by `eth_call`: once for the batch, and once for each message with tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ccip_py.chains.evm.blocks import BadBlock, to_bytes
from ccip_py.chains.evm.caller import function
from ccip_py.chains.evm.endpoint import Request, RpcRefused, UnknownBlock
from ccip_py.chains.evm.reverts import Revert, explain
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.errors import CannotEncode
from ccip_py.protocol.codec.evm import EXECUTION_STATE_CHANGED, decode_execution_state_changed
from ccip_py.protocol.codec.evm.messages import MESSAGE, message_values
from ccip_py.protocol.ids import Address, MessageId
from ccip_py.protocol.message import ExecutionState, Message

from .root_book import RECEIVER_ERROR
from .token_data import TokenData

SINGLE = f"executeSingleMessage({MESSAGE},bytes[],uint32[])"
UNKNOWN_METHOD = -32601

Outcome = Revert | Mapping[MessageId, Revert]
"""Why the transaction would revert; or the messages whose tokens could not be delivered in it, and why."""


@dataclass(slots=True)
class Simulator:
    """Asks one chain about one OffRamp."""

    rpc: Rpc
    off_ramp: Address
    whole: bool = True  # until the node says that it does not know eth_simulateV1

    async def confirmed(
        self, executor: Address, call: bytes, gas: int, messages: Sequence[Message], token_data: TokenData
    ) -> Outcome:
        """As `outcome`; but what speaks against a message has to be heard twice. A node that is just taking in a block may
        mix the state of one block with the time of the one before, in which limits were filled in the future."""
        first = await self.outcome(executor, call, gas, messages, token_data)
        return await self.outcome(executor, call, gas, messages, token_data) if first else first

    async def outcome(
        self, executor: Address, call: bytes, gas: int, messages: Sequence[Message], token_data: TokenData
    ) -> Outcome:
        """Of an `execute` call with these messages, if that executor sent it now."""
        fields = _fields(executor, self.off_ramp, call, gas)
        if self.whole:
            found = await self._simulated(fields)
            if found is not None:
                return found
        revert = await self._revert(fields)
        return revert or await self._failing_token_steps(messages, gas, token_data)

    async def _simulated(self, fields: Mapping[str, str]) -> Outcome | None:
        """None if this node cannot tell."""
        [answer] = await self.rpc.try_batch(
            [("eth_simulateV1", ({"blockStateCalls": [{"calls": [fields]}]}, "latest"))]
        )
        if isinstance(answer, UnknownBlock):
            raise answer
        if isinstance(answer, RpcRefused):
            self.whole = answer.number != UNKNOWN_METHOD
            return None
        try:
            [result] = answer[0]["calls"]
            if result["status"] != "0x1":
                return explain(to_bytes(result["returnData"]))
            return dict(_failures(result["logs"], self.off_ramp))
        except (KeyError, IndexError, TypeError, ValueError, CannotEncode, BadBlock):
            return None

    async def _revert(self, fields: Mapping[str, str]) -> Revert | None:
        [answer] = await self.rpc.try_batch([("eth_call", (fields, "latest"))])
        if isinstance(answer, UnknownBlock):
            raise answer
        return explain(answer.data or b"") if isinstance(answer, RpcRefused) else None

    async def _failing_token_steps(
        self, messages: Sequence[Message], gas: int, token_data: TokenData
    ) -> Mapping[MessageId, Revert]:
        """One exchange for all of them. The OffRamp accepts this call from itself only, and eth_call lets anybody speak
        as anybody."""
        with_tokens = [message for message in messages if message.token_amounts]
        asked: list[Request] = [
            ("eth_call", (_fields(self.off_ramp, self.off_ramp, _single(each, token_data), gas), "latest"))
            for each in with_tokens
        ]
        failing: dict[MessageId, Revert] = {}
        for message, answer in zip(with_tokens, await self.rpc.try_batch(asked), strict=True):
            if isinstance(answer, UnknownBlock):
                raise answer
            data = (answer.data or b"") if isinstance(answer, RpcRefused) else None
            if data is not None and data[:4] != RECEIVER_ERROR:
                failing[message.message_id] = explain(data)
        return failing


def _failures(logs: Sequence[Mapping[str, Any]], off_ramp: Address) -> list[tuple[MessageId, Revert]]:
    """Messages that would be recorded as failed, and not for their receivers' sake."""
    failures = []
    for log in logs:
        topics = [to_bytes(topic) for topic in log["topics"]]
        if topics[:1] != [EXECUTION_STATE_CHANGED] or to_bytes(log["address"]) != off_ramp:
            continue
        event = decode_execution_state_changed(topics, to_bytes(log["data"]))
        if event.state is ExecutionState.FAILURE and event.return_data[:4] != RECEIVER_ERROR:
            failures.append((event.message_id, explain(event.return_data)))
    return failures


def _single(message: Message, token_data: TokenData) -> bytes:
    count = len(message.token_amounts)
    given = token_data.get(message.message_id, (b"",) * count)
    return function(SINGLE, message_values(message), given, (0,) * count)


def _fields(sender: Address, to: Address, data: bytes, gas: int) -> dict[str, str]:
    return {
        "from": "0x" + sender.hex(),
        "to": "0x" + to.hex(),
        "data": "0x" + data.hex(),
        "gas": hex(gas),
    }
