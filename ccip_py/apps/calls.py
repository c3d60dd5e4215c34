"""Calls between the parts of an application, as flows: find them, look at them, push them.

Promise: what is reported is what the two contracts say in their views; nothing is remembered in between. Trust: the
endpoints. One that lags shows an earlier stage, never a later one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi.abi import decode
from hexbytes import HexBytes

from ccip_py.apps.typed import calldata, function_of, returned
from ccip_py.apps.types import CallStage, CallStatus, Outcome, Part, RemoteCall
from ccip_py.chains.evm.reverts import explain
from ccip_py.errors import BadInput, ContractRefused, NotYet
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import ChainSelector
from ccip_py.protocol.keccak import keccak
from ccip_py.sdk.evm import (
    Function,
    Signer,
    as_address,
    call_request,
    read,
    succeeded,
    transact,
)
from ccip_py.sdk.flow import Call, Flow, ask
from ccip_py.sdk.logs import Log, find_logs, head, topic
from ccip_py.sdk.types import Transaction

Parts = Mapping[ChainSelector, Part]

CALL_SENT = keccak(b"CallSent(bytes32,uint64,bytes32,address,bytes4,uint64)")
CALLS = Function("calls", ("bytes32",), ("address", "uint64", "uint8", "bytes4", "uint64"))
DECISIONS = Function("decisions", ("uint64", "address", "bytes32"), ("uint8", "bytes"))
CANCEL = Function("cancel", ("bytes32", "uint32", "uint32"))
SEND_REPLY = Function("sendReply", ("uint64", "address", "bytes32", "uint32"))
PEERS = Function("peers", ("uint64",), ("address",))
SET_PEER = Function("setPeer", ("uint64", "address"))
FEE_MARGIN_PERCENT = 10  # what is offered above the fee, in case it rises meanwhile; the rest comes back


def introduce(
    pairs: Sequence[tuple[ChainSelector, ChainSelector]], parts: Parts, signer: Signer
) -> Flow[int]:
    """Make the parts on both chains of each pair peers, where they are not yet; how many transactions that took."""
    done = 0
    for one, other in pairs:
        for here, there in ((one, other), (other, one)):
            contract, peer = as_address(parts[here].address), as_address(parts[there].address)
            (known,) = yield from read(here, contract, PEERS, there)
            if as_address(known) != peer:
                data = SET_PEER.calldata(there, checksum(peer))
                yield from transact(here, signer, contract, data)
                done += 1
    return done


def push(call: RemoteCall, parts: Parts, signer: Signer, gas: tuple[int, int]) -> Flow[Transaction | None]:
    """Do for a call what anyone may: send a decision that has not arrived, cancel what is overdue. None if neither."""
    status = yield from look(call, parts)
    if status.stage is CallStage.DECIDED:
        return (yield from send_reply(call, signer, gas[1]))
    if status.stage is CallStage.OPEN and status.overdue:
        return (yield from cancel(call, signer, *gas))
    return None


def act(
    chain: ChainSelector,
    part: Part,
    function: str,
    arguments: Sequence[Any],
    signer: Signer,
    value: int,
) -> Flow[HexBytes]:
    """A transaction to one part; its hash, once it is mined."""
    data = calldata(part.abi, function, arguments)
    transaction, _ = yield from transact(chain, signer, as_address(part.address), data, value=value)
    return transaction.hash


def sent_in(chain: ChainSelector, transaction: HexBytes, parts: Parts) -> Flow[tuple[RemoteCall, ...]]:
    """Every call that the part on `chain` made in a transaction, in order."""
    (receipt,) = yield from ask(chain, Call("eth_getTransactionReceipt", (transaction.to_0x_hex(),)))
    if succeeded(receipt) is None:
        raise NotYet(
            "the transaction is not mined, or was reorganised away",
            context={"transaction": bytes(transaction)},
            hint="look again when it has a receipt",
        )
    block = int(receipt["blockNumber"], 16)
    found = yield from sent_between(chain, block, block, parts)
    return tuple(call for call in found if call.transaction == transaction)


def sent_since(chain: ChainSelector, first: int, parts: Parts) -> Flow[tuple[RemoteCall, ...]]:
    """Every call that the part on `chain` made from that block on."""
    latest = yield from head(chain)
    return (yield from sent_between(chain, first, latest, parts))


def sent_between(chain: ChainSelector, first: int, last: int, parts: Parts) -> Flow[tuple[RemoteCall, ...]]:
    """The same up to the block `last`."""
    origin = as_address(parts[chain].address)
    logs = yield from find_logs(chain, origin, [topic(CALL_SENT)], first, last)
    return tuple(_remote_call(chain, log, parts) for log in logs)


def _remote_call(chain: ChainSelector, log: Log, parts: Parts) -> RemoteCall:
    _, call_id, remote, message_id = log.topics
    peer, selector, deadline = decode(("address", "bytes4", "uint64"), log.data)
    destination = ChainSelector(int.from_bytes(remote, "big"))
    entry = function_of(parts[destination].abi, selector) if destination in parts else None
    return RemoteCall(
        call_id=HexBytes(call_id),
        origin=chain,
        caller=checksum(log.emitter),
        remote=destination,
        peer=checksum(as_address(peer)),
        function=str(entry["name"]) if entry else "0x" + selector.hex(),
        deadline=deadline,
        message_id=HexBytes(message_id),
        transaction=log.transaction,
        block=log.block,
    )


def look(call: RemoteCall, parts: Parts) -> Flow[CallStatus]:
    """A call as both chains show it now."""
    peer, remote, known, selector, deadline = yield from read(
        call.origin, as_address(call.caller), CALLS, call.call_id
    )
    if int(peer, 16) == 0:
        raise NotYet(
            "the origin does not know this call: its transaction was reorganised away, or the endpoint lags",
            context={"call_id": bytes(call.call_id)},
            hint="look again; if it stays so, the call was never made",
        )
    decided, data = yield from read(
        ChainSelector(remote), as_address(peer), DECISIONS, call.origin, call.caller, call.call_id
    )
    outcome = Outcome(decided)
    stage = CallStage.SETTLED if known else CallStage.DECIDED if decided else CallStage.OPEN
    if known and not decided:
        raise NotYet("the remote's endpoint lags behind the origin's", hint="look again")
    return CallStatus(
        call=call,
        stage=stage,
        outcome=outcome,
        result=_result(call, parts, selector, data) if outcome is Outcome.SUCCEEDED else None,
        error=str(explain(data)) if outcome is Outcome.FAILED else "",
        overdue=not known and (yield from _time(call.origin)) > deadline,
    )


def _result(call: RemoteCall, parts: Parts, selector: bytes, data: bytes) -> Any:
    entry = function_of(parts[call.remote].abi, selector) if call.remote in parts else None
    return HexBytes(data) if entry is None else returned(entry, data)


def _time(chain: ChainSelector) -> Flow[int]:
    (block,) = yield from ask(chain, Call("eth_getBlockByNumber", ("latest", False)))
    return int(succeeded(block)["timestamp"], 16)


def cancel(call: RemoteCall, signer: Signer, gas_limit: int, reply_gas_limit: int) -> Flow[Transaction]:
    """Ask the remote not to run an overdue call, and for its decision in any case."""
    data = CANCEL.calldata(call.call_id, gas_limit, reply_gas_limit)
    return (yield from _pay_for(call.origin, call.caller, data, signer))


def send_reply(call: RemoteCall, signer: Signer, reply_gas_limit: int) -> Flow[Transaction]:
    """Send the remote's decision to the origin, again or at last."""
    data = SEND_REPLY.calldata(call.origin, call.caller, call.call_id, reply_gas_limit)
    return (yield from _pay_for(call.remote, call.peer, data, signer))


def _pay_for(chain: ChainSelector, contract: str, data: bytes, signer: Signer) -> Flow[Transaction]:
    """The contract says what it costs, when it is offered nothing."""
    to = as_address(contract)
    (answer,) = yield from ask(chain, call_request(to, data, sender=str(signer.address)))
    fee = 0
    try:
        succeeded(answer)
    except ContractRefused as refused:
        if refused.error != "FeeNotCovered":
            raise
        fee = int(str(refused.values["fee"]))
    value = fee * (100 + FEE_MARGIN_PERCENT) // 100
    transaction, _ = yield from transact(chain, signer, to, data, value=value)
    return transaction


def only(calls: Sequence[RemoteCall], function: str) -> RemoteCall:
    """The one call of a transaction that was to make one."""
    if len(calls) != 1:
        raise BadInput(
            f"{function} made {len(calls)} remote calls, not one",
            hint="use `act`, which returns them all",
        )
    return calls[0]
