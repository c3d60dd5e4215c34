"""Several transactions tried one after the other, without signing any.

`eth_simulateV1` lets each see what those before it did: a send behind its approval. Many nodes know it, not all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hexbytes import HexBytes

from ccip_py.chains.evm.reverts import refusal
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.sdk.flow import Call, Flow, ask

ToTry = tuple[Address, bytes, int]
"""To whom, calldata, and wei."""


def rehearse(chain: ChainSelector, sender: str, batch: Sequence[ToTry]) -> Flow[bool]:
    """Whether all of them would pass now; False if this node cannot tell. What would revert is raised by name."""
    calls = [
        {"from": sender, "to": checksum(to), "data": "0x" + data.hex(), "value": hex(value)}
        for to, data, value in batch
    ]
    (answer,) = yield from ask(
        chain, Call("eth_simulateV1", ({"blockStateCalls": [{"calls": calls}]}, "latest"))
    )
    outcomes = _outcomes(answer, len(calls))
    for passed, data in outcomes:
        if not passed:
            raise refusal(data)
    return bool(outcomes)


def _outcomes(answer: Any, count: int) -> list[tuple[bool, bytes]]:
    """Whether each passed, and what it returned; nothing if the answer does not say it of all."""
    try:
        found = [
            (call["status"] == "0x1", bytes(HexBytes(call["returnData"]))) for call in answer[0]["calls"]
        ]
    except (KeyError, IndexError, TypeError, ValueError):  # a Failure, or what a strange node makes of it
        return []
    return found if len(found) == count else []
