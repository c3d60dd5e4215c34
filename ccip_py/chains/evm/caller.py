"""Calling views of contracts: what to call is a value, and many go to the node at once.

    next_seq = await caller.read(at, OnRamp(lane.on_ramp).expected_next())
    blessed = await caller.read_all(at, [CommitStore(lane.commit_store).is_blessed(root) for root in roots])

`at` is the block whose state is asked, by hash, so that all reads of one cycle see one state whichever replica
answers; "latest" only where no decision hangs on consistency.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from ccip_py.chains.evm.blocks import to_bytes
from ccip_py.chains.evm.endpoint import Request, RpcRefused, UnknownBlock
from ccip_py.chains.evm.reverts import refusal
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import Block
from ccip_py.errors import ContractRefused
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak

T = TypeVar("T")
At = Block | Literal["latest"]


@dataclass(frozen=True, slots=True)
class View(Generic[T]):
    """One call of one view: to whom, with what, and how to read the answer."""

    contract: str
    address: Address
    data: bytes
    outputs: tuple[str, ...]
    parse: Callable[..., T]

    def request(self, at: At) -> Request:
        """The JSON-RPC request."""
        where: Any = at if isinstance(at, str) else {"blockHash": "0x" + at.hash.hex()}
        return "eth_call", ({"to": "0x" + self.address.hex(), "data": "0x" + self.data.hex()}, where)

    def answer(self, raw: bytes) -> T:
        """The decoded return value."""
        try:
            return self.parse(*decode(self.outputs, raw))
        except (DecodingError, ValueError) as odd:
            why = "answered nothing: is it deployed there?" if not raw else "answered something else"
            raise ContractRefused(
                self.contract, "UnexpectedAnswer", {"address": self.address, "answer": raw[:64]}, hint=why
            ) from odd


def function(signature: str, *arguments: Any) -> bytes:
    """Call data for `signature`, such as "transfer(address,uint256)"; its types are the encoding."""
    selector = keccak(signature.encode())[:4]
    if not arguments:
        return selector
    return selector + encode(split_types(signature[signature.index("(") + 1 : -1]), arguments)


def split_types(types: str) -> list[str]:
    """Top-level types of a comma-separated list: tuples stay whole."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(types):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(types[start:place])
            start = place + 1
    return [*parts, types[start:]]


class Caller:
    """Reads views from one chain."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc

    async def read(self, at: At, view: View[T]) -> T:
        """One answer; ContractRefused with the contract's own words if it reverts."""
        return (await self.read_all(at, [view]))[0]

    async def read_all(self, at: At, views: Sequence[View[T]]) -> list[T]:
        """All answers in order, or the first refusal."""
        answers: list[T] = []
        for answer in await self.try_all(at, views):
            if isinstance(answer, ContractRefused):
                raise answer
            answers.append(answer)
        return answers

    async def try_all(self, at: At, views: Sequence[View[T]]) -> list[T | ContractRefused]:
        """All answers in order, with refusals of contracts in their places."""
        raws = await self.rpc.try_batch([view.request(at) for view in views])
        answers: list[T | ContractRefused] = []
        for view, raw in zip(views, raws, strict=True):
            answer = _understood(view, raw)
            answers.append(answer)
        return answers


def _understood(view: View[T], raw: Any) -> T | ContractRefused:
    if isinstance(raw, UnknownBlock):
        raise raw
    if isinstance(raw, RpcRefused):
        if raw.data is None:
            raise raw
        return refusal(raw.data, view.contract)
    try:
        return view.answer(to_bytes(raw))
    except ContractRefused as odd:
        return odd
