"""Contract calls and transactions of an EVM chain, as flows.

A `Function` is written as its Solidity signature, so that what is called can be read in the call. Reverts come back
as ContractRefused with the error's name and values, whichever of our contracts raised it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from eth_abi.abi import decode, encode
from hexbytes import HexBytes

from ccip_py.chains.evm.reverts import refusal
from ccip_py.errors import CcipError, EndpointDown, NotYet, Refused
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.protocol.keccak import keccak
from ccip_py.sdk.flow import Call, Failure, Flow, Pause, ask
from ccip_py.sdk.types import Transaction

FIRST_PAUSE_S, LONGEST_PAUSE_S = (
    0.01,
    0.32,
)  # between two looks for a receipt: a local chain has it in a few ms
RECEIPT_TIMEOUT_S = 60.0
GAS_MARGIN_PERCENT = 20  # what an estimate may be short of when the chain moves before the transaction lands


class Signer(Protocol):
    """An eth-account account, or anything that signs like one."""

    @property
    def address(self) -> Any: ...

    def sign_transaction(self, transaction_dict: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a contract, by name and ABI types."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...] = ()

    @property
    def selector(self) -> bytes:
        """The four bytes that name it in calldata."""
        return keccak(f"{self.name}({','.join(self.inputs)})".encode())[:4]

    def calldata(self, *arguments: Any) -> bytes:
        """Selector and encoded arguments."""
        return self.selector + encode(self.inputs, arguments)

    def result(self, data: bytes) -> tuple[Any, ...]:
        """The decoded return values."""
        return decode(self.outputs, data)


def as_address(value: str | bytes) -> Address:
    """20 bytes, from whatever form an address came in."""
    return Address(bytes(HexBytes(value)))


def succeeded(answer: Any) -> Any:
    """The answer, or the error that its failure stands for."""
    if not isinstance(answer, Failure):
        return answer
    if answer.data or "revert" in answer.message.lower():
        raise refusal(answer.data)
    raise Refused(f"the node refused: {answer.message}", context={"code": answer.code})


def call_request(to: Address, data: bytes, *, block: str = "latest", sender: str | None = None) -> Call:
    """An eth_call."""
    fields = {"to": checksum(to), "data": "0x" + data.hex()}
    return Call("eth_call", ({**fields, "from": sender} if sender else fields, block))


def read(chain: ChainSelector, to: Address, function: Function, *arguments: Any) -> Flow[tuple[Any, ...]]:
    """Call a view and decode what it returns."""
    (answer,) = yield from ask(chain, call_request(to, function.calldata(*arguments)))
    data = bytes(HexBytes(succeeded(answer)))
    if not data and function.outputs:
        raise Refused(
            f"nothing at {checksum(to)} answers {function.name}",
            hint="is this the right chain and the right address?",
        )
    return function.result(data)


def read_many(
    chain: ChainSelector, reads: list[tuple[Address, Function, tuple[Any, ...]]]
) -> Flow[list[tuple[Any, ...]]]:
    """Several views in one request."""
    if not reads:
        return []
    answers = yield from ask(chain, *(call_request(to, f.calldata(*args)) for to, f, args in reads))
    return [
        function.result(bytes(HexBytes(succeeded(answer))))
        for (_, function, _), answer in zip(reads, answers, strict=True)
    ]


def transact(
    chain: ChainSelector,
    signer: Signer,
    to: Address | None,
    data: bytes,
    *,
    value: int = 0,
    timeout: float = RECEIPT_TIMEOUT_S,
) -> Flow[tuple[Transaction, dict[str, Any]]]:
    """Simulate, sign, send, and wait until it is mined; the transaction and its raw receipt. `to` None creates.

    Nothing is signed if the simulation reverts: the revert is raised by name instead.
    """
    target = {} if to is None else {"to": checksum(to)}
    request = {"from": signer.address, **target, "data": "0x" + data.hex(), "value": hex(value)}
    estimate, nonce, block, tip, chain_id, balance = yield from ask(
        chain,
        Call("eth_estimateGas", (request,)),
        Call("eth_getTransactionCount", (signer.address, "pending")),
        Call("eth_getBlockByNumber", ("latest", False)),
        Call("eth_maxPriorityFeePerGas"),
        Call("eth_chainId"),
        Call("eth_getBalance", (signer.address, "latest")),
    )
    gas = int(succeeded(estimate), 16) * (100 + GAS_MARGIN_PERCENT) // 100
    left = int(succeeded(balance), 16) - value
    signed = signer.sign_transaction(
        {
            "type": 2,
            "chainId": int(succeeded(chain_id), 16),
            "nonce": int(succeeded(nonce), 16),
            **target,
            "data": "0x" + data.hex(),
            "value": value,
            "gas": gas,
            **_price(succeeded(block), int(succeeded(tip), 16), affordable=left // gas),
        }
    )
    (sent,) = yield from ask(
        chain, Call("eth_sendRawTransaction", (HexBytes(signed.raw_transaction).to_0x_hex(),))
    )
    succeeded(sent)
    return (yield from receipt_of(chain, HexBytes(signed.hash), request, timeout))


def _price(block: dict[str, Any], tip: int, *, affordable: int) -> dict[str, int]:
    """Good for six full blocks. Where gas may be free, who cannot afford the usual tip offers none."""
    base_fee = int(block.get("baseFeePerGas", "0x0"), 16)
    priority = 0 if base_fee == 0 and affordable < tip else tip
    return {"maxPriorityFeePerGas": priority, "maxFeePerGas": 2 * base_fee + priority}


def receipt_of(
    chain: ChainSelector, transaction: HexBytes, request: dict[str, Any], timeout: float = RECEIPT_TIMEOUT_S
) -> Flow[tuple[Transaction, dict[str, Any]]]:
    """Wait for a transaction that was sent; a reverted one raises the revert of the same call."""
    waited, pause = 0.0, FIRST_PAUSE_S
    while True:
        (receipt,) = yield from ask(chain, Call("eth_getTransactionReceipt", (transaction.to_0x_hex(),)))
        if isinstance(receipt, dict):
            break
        if waited >= timeout:
            raise NotYet(
                "the transaction was sent but is not mined yet",
                context={"transaction": bytes(transaction), "waited_s": int(waited)},
                hint="look again later: sending it a second time could send the message twice",
            )
        yield Pause(pause)
        waited, pause = waited + pause, min(2 * pause, LONGEST_PAUSE_S)
    if int(receipt["status"], 16) != 1:
        (again,) = yield from ask(chain, Call("eth_call", (request, receipt["blockNumber"])))
        raise _failure(again, transaction)
    mined = yield from mined_transaction(chain, receipt)
    return mined, receipt


def _failure(again: Any, transaction: HexBytes) -> CcipError:
    if isinstance(again, Failure) and again.data:
        return refusal(again.data)
    return Refused(
        "the transaction was mined but reverted",
        context={"transaction": bytes(transaction)},
        hint="out of gas?",
    )


def mined_transaction(chain: ChainSelector, receipt: dict[str, Any]) -> Flow[Transaction]:
    """What a receipt says, with its block's time."""
    (block,) = yield from ask(chain, Call("eth_getBlockByHash", (receipt["blockHash"], False)))
    if not isinstance(block, dict):
        raise EndpointDown("the block of a receipt is gone", hint="the chain reorganised; look again")
    return Transaction(
        chain,
        HexBytes(receipt["transactionHash"]),
        int(receipt["blockNumber"], 16),
        int(block["timestamp"], 16),
        int(receipt["gasUsed"], 16),
    )
