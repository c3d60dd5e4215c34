"""How much gas a receiver needs: measured by calling it as the destination's Router would.

Tokens that travel along are put into the receiver's balance for the measurement, where the token keeps balances in
one of the usual places; nothing is sent.
"""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from hexbytes import HexBytes

from ccip_py.chains.evm.reverts import explain
from ccip_py.errors import BadInput, Refused
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.lane import Lane
from ccip_py.sdk.book import Book
from ccip_py.sdk.evm import Function, as_address, call_request, read
from ccip_py.sdk.flow import Call, Failure, Flow, ask
from ccip_py.sdk.send import BALANCE_OF

ANY_MESSAGE = "(bytes32,uint64,bytes,bytes,(address,uint256)[])"
CCIP_RECEIVE = Function("ccipReceive", (ANY_MESSAGE,))
SUPPORTS = Function("supportsInterface", ("bytes4",), ("bool",))
RECEIVER_INTERFACE = bytes.fromhex("85572ffb")
BASE_GAS = 21_000  # of a transaction, which the measurement includes and the message does not pay
MARGIN_PERCENT = 10
USUAL_SLOTS = range(16)
OZ_ERC20_STORAGE = 0x52C63247E1F47DB19D5CE0460030C497F067CA4CEBF71BA98EEADABE20BACE00

Arrival = tuple[Address, int]  # token on the destination, amount there


def receives(chain: ChainSelector, receiver: Address) -> Flow[bool]:
    """Whether the Router would call it: it has code, and says that it is a receiver (ERC-165)."""
    code, says = yield from ask(
        chain,
        Call("eth_getCode", (checksum(receiver), "latest")),
        call_request(receiver, SUPPORTS.calldata(RECEIVER_INTERFACE)),
    )
    return code != "0x" and not isinstance(says, Failure) and says != "0x" and bool(int(says, 16))


def estimate(
    book: Book, lane: Lane, sender: Address, receiver: Address, data: bytes, arrivals: tuple[Arrival, ...]
) -> Flow[int]:
    """Gas for `ccipReceive`, a tenth more than measured; 0 if it would not be called. BadInput if it reverts."""
    if not (yield from receives(lane.destination, receiver)):
        return 0
    calldata, request, overrides = yield from _as_the_router(book, lane, sender, receiver, data, arrivals)
    (answer,) = yield from ask(
        lane.destination, Call("eth_estimateGas", (request, "latest", *([overrides] if overrides else [])))
    )
    if isinstance(answer, Failure):
        if not answer.data and "revert" not in answer.message.lower():
            raise Refused(f"the node refused: {answer.message}", context={"code": answer.code})
        raise BadInput(
            f"the receiver reverts: {explain(answer.data)}",
            code="RECEIVER_REVERTS",
            context={"receiver": checksum(receiver)},
            hint="whatever gas it gets, the message would be delivered and FAIL",
        )
    intrinsic = BASE_GAS + sum(16 if byte else 4 for byte in calldata)
    return max(0, int(answer, 16) - intrinsic) * (100 + MARGIN_PERCENT) // 100


def refuses(
    book: Book,
    lane: Lane,
    sender: Address,
    receiver: Address,
    data: bytes,
    arrivals: tuple[Arrival, ...],
    gas_limit: int,
) -> Flow[str | None]:
    """Why the receiver would revert with that gas limit; None if it would not."""
    calldata, request, overrides = yield from _as_the_router(book, lane, sender, receiver, data, arrivals)
    intrinsic = BASE_GAS + sum(16 if byte else 4 for byte in calldata)
    # The transaction must also cover the floor price of calldata, which the inner call never pays.
    request["gas"] = hex(max(intrinsic + gas_limit, BASE_GAS + 40 * len(calldata)))
    (answer,) = yield from ask(
        lane.destination, Call("eth_call", (request, "latest", *([overrides] if overrides else [])))
    )
    if not isinstance(answer, Failure):
        return None
    return (
        str(explain(answer.data))
        if answer.data
        else f"it needs more than {gas_limit:,} gas ({answer.message})"
    )


def _as_the_router(
    book: Book, lane: Lane, sender: Address, receiver: Address, data: bytes, arrivals: tuple[Arrival, ...]
) -> Flow[tuple[bytes, dict[str, Any], dict[str, Any]]]:
    message = (
        bytes(32),
        lane.source,
        encode(["address"], [sender]),
        data,
        [(checksum(token), amount) for token, amount in arrivals],
    )
    calldata = CCIP_RECEIVE.calldata(message)
    overrides: dict[str, Any] = {}
    for token, amount in arrivals:
        (held,) = yield from read(lane.destination, token, BALANCE_OF, receiver)
        overrides[checksum(token)] = {"stateDiff": _balances(receiver, held + amount)}
    router = checksum(book.router(lane.destination))
    return (
        calldata,
        {"from": router, "to": checksum(receiver), "data": HexBytes(calldata).to_0x_hex()},
        overrides,
    )


def _balances(holder: Address, amount: int) -> dict[str, str]:
    """Every storage slot where an ERC-20 might keep this balance. Those that are not it are never read."""
    places = (
        keccak(encode(["address", "uint256"], [holder, slot])) for slot in (*USUAL_SLOTS, OZ_ERC20_STORAGE)
    )
    return {"0x" + place.hex(): "0x" + amount.to_bytes(32, "big").hex() for place in places}


def arrivals_of(tokens: tuple[tuple[str, int, int | None, int], ...]) -> tuple[Arrival, ...]:
    """What arrives of (remote token, amount sent, decimals there, decimals here): rounded down, as pools do."""
    return tuple(
        (as_address(t), _scaled(n, here, there)) for t, n, there, here in tokens if there is not None
    )


def _scaled(amount: int, here: int, there: int) -> int:
    unit = int(10 ** abs(there - here))
    return amount * unit if there >= here else amount // unit
