"""Send many transactions of one key to one chain, in order, without waiting for one before the next.

Nonces are counted here, so nobody else may use the key meanwhile. Gas limits are computed, not estimated: a step may
depend on steps that are sent but not mined. They are generous, because a limit that is not used costs nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio

from ccip_py.chains.evm import transactions
from ccip_py.chains.evm.endpoint import RpcRefused
from ccip_py.chains.evm.reverts import refusal
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.evm.transactions import Signer, Transaction
from ccip_py.errors import ContractRefused, EndpointDown, Refused
from ccip_py.protocol.ids import Address

PATIENCE_S = 180.0  # without any new receipt, until we give up
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.5
_BASE_FEE_ROOM = 4  # full blocks raise the base fee by an eighth each; a dozen of them fit


@dataclass(frozen=True, slots=True)
class Wanted:
    """One transaction before it has a nonce."""

    what: str  # for messages
    contract: str  # whose errors to expect
    to: Address | None  # None creates a contract
    data: bytes
    gas: int


@dataclass(frozen=True, slots=True)
class Signed:
    """One transaction that can be sent."""

    wanted: Wanted
    raw: bytes
    hash: str


def creation_gas(data: bytes) -> int:
    """Enough to create a contract: its code is stored at 200 gas a byte, its constructor sets some storage."""
    return 1_500_000 + 260 * len(data)


def call_gas(data: bytes) -> int:
    """Enough for a setting: at most two storage slots per word of arguments, and some work."""
    return 300_000 + 1_500 * len(data)


async def sign(rpc: Rpc, chain_id: int, signer: Signer, wanted: Sequence[Wanted], nonce: int) -> list[Signed]:
    """Sign all with consecutive nonces from `nonce` on, at today's price of gas."""
    priority, most = await _price(rpc, signer)
    signed = []
    for place, one in enumerate(wanted):
        transaction = Transaction(chain_id, nonce + place, priority, most, one.gas, one.to, 0, one.data)
        done = transactions.sign(transaction, signer)
        signed.append(Signed(one, done.raw, "0x" + done.hash.hex()))
    return signed


async def _price(rpc: Rpc, signer: Signer) -> tuple[int, int]:
    """Tip and most to be paid for a unit of gas. Who owns nothing offers nothing, where the chain lets gas be free."""
    block, tip, balance = await rpc.batch(
        [
            ("eth_getBlockByNumber", ("latest", False)),
            ("eth_maxPriorityFeePerGas", ()),
            ("eth_getBalance", ("0x" + signer.address.hex(), "latest")),
        ]
    )
    base_fee, priority = base_fee_of(block), int(tip, 16)
    if base_fee == 0 and int(balance, 16) == 0:
        priority = 0
    return priority, base_fee * _BASE_FEE_ROOM + priority


def base_fee_of(block: Mapping[str, Any]) -> int:
    """Wei for a unit of gas; 0 on private chains that ask for nothing, whether or not they say so."""
    return int(block.get("baseFeePerGas", "0x0"), 16)


async def send(
    rpc: Rpc, transactions: Sequence[Signed], patience_s: float = PATIENCE_S
) -> list[Mapping[str, Any]]:
    """Send all, wait for all, and return the receipts; ContractRefused for the first that reverted."""
    for one in transactions:
        try:
            await rpc.call("eth_sendRawTransaction", "0x" + one.raw.hex())
        except RpcRefused as refused:
            # An endpoint that took it but did not say so in time is asked again, and then knows it already.
            if await rpc.call("eth_getTransactionByHash", one.hash) is None:
                raise Refused(f"{one.wanted.what}: {refused.reason}", code="NOT_SENT") from refused
    receipts = await _receipts(rpc, [one.hash for one in transactions], patience_s)
    for one, receipt in zip(transactions, receipts, strict=True):
        if int(receipt["status"], 16) != 1:
            raise await _why(rpc, one, receipt)
    return receipts


async def _receipts(rpc: Rpc, hashes: Sequence[str], patience_s: float) -> list[Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    pause, give_up = _FIRST_PAUSE, anyio.current_time() + patience_s
    while True:
        missing = [one for one in hashes if one not in found]
        if not missing:
            return [found[one] for one in hashes]
        answers = await rpc.batch([("eth_getTransactionReceipt", (one,)) for one in missing])
        new = {one: answer for one, answer in zip(missing, answers, strict=True) if answer is not None}
        if new:
            found |= new
            pause, give_up = _FIRST_PAUSE, anyio.current_time() + patience_s
        elif anyio.current_time() > give_up:
            raise EndpointDown(
                f"{len(missing)} transactions are not mined after {patience_s:g} s",
                context={"first": missing[0]},
                hint="check that the chain produces blocks; they may still be mined, and a deployment goes on from here",
            )
        else:
            await anyio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


async def _why(rpc: Rpc, one: Signed, receipt: Mapping[str, Any]) -> ContractRefused:
    """Ask again what was refused, before the block it was refused in, and name the error."""
    question = {"from": receipt["from"], "data": "0x" + one.wanted.data.hex(), "gas": hex(one.wanted.gas)}
    if one.wanted.to is not None:
        question["to"] = "0x" + one.wanted.to.hex()
    try:
        await rpc.call("eth_call", question, receipt["blockNumber"])
    except RpcRefused as refused:
        named = refusal(refused.data or b"", one.wanted.contract)
        return ContractRefused(
            named.contract, named.error, named.values, hint=f"in the step: {one.wanted.what}"
        )
    return ContractRefused(
        one.wanted.contract, "out of gas, or refused only then", hint=f"in the step: {one.wanted.what}"
    )
