"""What faults make of a question and of its answer. Pure: the proxy asks and passes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ccip_py.testing.fault_kinds import (
    DropLogs,
    DuplicateLogs,
    Fault,
    ForgeLogs,
    ForkedFrom,
    Json,
    RangeLimit,
    ReorderLogs,
    WrongChain,
)

_RECEIPTS = ("eth_getTransactionReceipt", "eth_getBlockReceipts")
_AT_A_BLOCK = {  # which parameter names the block
    "eth_getBlockReceipts": 0,
    "eth_call": 1,
    "eth_estimateGas": 1,
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getStorageAt": 2,
    "eth_getTransactionCount": 1,
}
TAGS = ("latest", "pending", "safe", "finalized")


def changed(method: str, result: Any, faults: Iterable[Fault], told: dict[str, str]) -> Any:
    """The answer as these faults would have it. `told` takes the hashes that were invented → the true ones."""
    for fault in faults:
        if isinstance(fault, ForkedFrom):
            result = _relabelled(result, fault.block, told)
        elif isinstance(fault, WrongChain) and method in ("eth_chainId", "net_version"):
            result = hex(fault.chain_id) if method == "eth_chainId" else str(fault.chain_id)
        elif method == "eth_getLogs":
            result = _changed_logs(result, fault)
        elif method in _RECEIPTS and isinstance(fault, DropLogs | ForgeLogs):
            for receipt in result if isinstance(result, list) else [result]:
                receipt["logs"] = _changed_logs(receipt["logs"], fault)
    return result


def _changed_logs(logs: list[Json], fault: Fault) -> list[Json]:
    match fault:
        case DropLogs(matching):
            return [log for log in logs if not matching(log)]
        case DuplicateLogs():
            return [log for log in logs for _ in range(2)]
        case ReorderLogs():
            return logs[::-1]
        case ForgeLogs(forge, matching):
            return [_forged(log, forge) if matching(log) else log for log in logs]
        case _:
            return logs


def _forged(log: Json, forge: Callable[[bytes], bytes]) -> Json:
    return {**log, "data": "0x" + forge(bytes.fromhex(log["data"][2:])).hex()}


def span(call: Json) -> int:
    """How many blocks an eth_getLogs call covers, 0 for any other call or where a tag leaves it open."""
    if call["method"] != "eth_getLogs":
        return 0
    first, last = call["params"][0].get("fromBlock", ""), call["params"][0].get("toBlock", "")
    if not (str(first).startswith("0x") and str(last).startswith("0x")):
        return 0
    return int(last, 16) - int(first, 16) + 1


def too_wide(call: Json, limit: RangeLimit) -> Json | None:
    """The refusal of a question about too many blocks."""
    if span(call) <= limit.blocks:
        return None
    return refusal(call, -32005, f"query exceeds max block range {limit.blocks}")


def refusal(call: Json, code: int, message: str) -> Json:
    """A node's own error."""
    return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": code, "message": message}}


# A replica that is behind


def as_of(call: Json, head: int) -> Json | None:
    """The question as it is answered by who knows nothing above `head`; None where that is nothing at all."""
    method, params = str(call["method"]), call.get("params", [])
    if method != "eth_getLogs" or "blockHash" in params[0]:
        return {**call, "params": [_known(each, head) for each in params]}
    bounds = {name: hex(_bound(params[0].get(name), head)) for name in ("fromBlock", "toBlock")}
    if int(bounds["fromBlock"], 16) > head:
        return None
    bounds["toBlock"] = hex(min(head, int(bounds["toBlock"], 16)))
    return {**call, "params": [{**params[0], **bounds}]}


def block_asked(call: Json) -> str | Json:
    """The block whose state or receipts are asked: a number, a tag or {"blockHash": …}; empty if none is named."""
    place, parameters = _AT_A_BLOCK.get(str(call["method"])), call.get("params", [])
    if place is None or place >= len(parameters):
        return ""
    asked: str | Json = parameters[place]
    return asked


def is_newer(result: Any, head: int) -> bool:
    """Whether an answer is about a block that is not there yet."""
    if isinstance(result, list):
        return any(is_newer(each, head) for each in result)
    if not isinstance(result, dict):
        return False
    number = result.get("blockNumber") or (result.get("number") if "parentHash" in result else None)
    return number is not None and int(number, 16) > head


def _known(parameter: Any, head: int) -> Any:
    return hex(head) if parameter in ("latest", "pending") else parameter


def _bound(stated: Any, head: int) -> int:
    return int(stated, 16) if isinstance(stated, str) and stated.startswith("0x") else head


# An endpoint on another branch


def with_true_hashes(parameters: Any, told: dict[str, str]) -> Any:
    """The question of somebody who was told other hashes, so that it can be answered at all."""
    if isinstance(parameters, str):
        return told.get(parameters, parameters)
    if isinstance(parameters, list):
        return [with_true_hashes(each, told) for each in parameters]
    if isinstance(parameters, dict):
        return {name: with_true_hashes(each, told) for name, each in parameters.items()}
    return parameters


def _relabelled(value: Any, first: int, told: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_relabelled(each, first, told) for each in value]
    if not isinstance(value, dict):
        return value
    value = {name: _relabelled(each, first, told) for name, each in value.items()}
    if value.get("parentHash") and value.get("number"):
        number = int(value["number"], 16)
        _flip(value, "hash", told, number >= first)
        _flip(value, "parentHash", told, number - 1 >= first)
    elif value.get("blockNumber"):
        _flip(value, "blockHash", told, int(value["blockNumber"], 16) >= first)
    return value


def _flip(value: Json, name: str, told: dict[str, str], wanted: bool) -> None:
    if wanted and value.get(name):
        true = str(value[name])
        value[name] = "0x" + format(int(true[2:4], 16) ^ 0xFF, "02x") + true[4:]
        told[value[name]] = true
