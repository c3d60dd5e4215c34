"""One Anvil chain that mines a block per transaction, and the few calls a measurement needs.

Every transaction is sent from an account that Anvil itself signs for, and must end with the status that is
expected of it: a figure of something that failed is no figure.
"""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from ccip_py.devnet.anvil import START_SECONDS, find_anvil
from ccip_py.devnet.process import GuardedProcess
from ccip_py.protocol.codec.evm.messages import encode_values

GAS = 150_000_000
CALL_SECONDS = 120.0
HARDFORK = "prague"
_LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")


class Reverted(AssertionError):
    """A transaction failed that should not have, or the other way round."""


class Node:
    """A chain. Use it as a context manager: the process ends with it."""

    def __init__(self, chain_id: int, anvil: Path | None = None) -> None:
        self.chain_id = chain_id
        arguments = [
            str(anvil or find_anvil()),
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--chain-id",
            str(chain_id),
        ]
        arguments += ["--accounts", "30", "--hardfork", HARDFORK, "--gas-limit", str(2 * GAS)]
        arguments += ["--code-size-limit", "100000"]  # a few published contracts were built for other chains
        self._process = GuardedProcess(arguments)
        line = self._process.wait_for_line(lambda text: bool(_LISTENING.search(text)), START_SECONDS)
        listening = _LISTENING.search(line or "")
        if listening is None:
            raise RuntimeError(f"Anvil did not listen: {line}")
        self.url = f"http://127.0.0.1:{listening.group(1)}"
        self._client = httpx.Client(base_url=self.url, timeout=CALL_SECONDS)
        self.accounts: list[str] = self.rpc("eth_accounts")

    def __enter__(self) -> "Node":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._process.stop()

    def rpc(self, method: str, *params: object) -> Any:
        """The result of one JSON-RPC call."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self._client.post("/", json=request).json()
        if "error" in answer:
            raise Reverted(f"{method}: {answer['error']}")
        return answer["result"]

    def send(self, sender: str, to: str | None, data: bytes, value: int = 0, *, succeeds: bool = True) -> Any:
        """The receipt of a mined transaction."""
        transaction = {"from": sender, "data": "0x" + data.hex(), "value": hex(value), "gas": hex(GAS)}
        if to is not None:
            transaction["to"] = to
        receipt = self._receipt(self.rpc("eth_sendTransaction", transaction))
        if (receipt["status"] == "0x1") is not succeeds:
            raise Reverted(f"status {receipt['status']}: {self._reason(transaction)}")
        return receipt

    def call(self, to: str, data: bytes) -> bytes:
        """What a view answers now."""
        return bytes.fromhex(self.rpc("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest")[2:])

    def deploy(
        self, sender: str, code: bytes, types: Sequence[str] = (), values: Sequence[object] = ()
    ) -> str:
        """The address of a new contract."""
        receipt = self.send(sender, None, code + encode_values(list(types), list(values)))
        return str(receipt["contractAddress"])

    def trace(self, transaction: str) -> Any:
        """The calls of a mined transaction, with the gas of each."""
        return self.rpc("debug_traceTransaction", transaction, {"tracer": "callTracer"})

    def _receipt(self, transaction: str) -> Any:
        """It can trail the hash by a moment."""
        deadline = time.monotonic() + CALL_SECONDS
        while time.monotonic() < deadline:
            receipt = self.rpc("eth_getTransactionReceipt", transaction)
            if receipt is not None:
                return receipt
        raise TimeoutError(f"no receipt of {transaction} within {CALL_SECONDS:.0f} s")

    def _reason(self, transaction: dict[str, str]) -> str:
        try:
            self.rpc("eth_call", transaction, "latest")
        except Reverted as refused:
            return str(refused)[:400]
        return "no reason"


def gas_of(receipt: Any) -> int:
    """What the transaction used."""
    return int(receipt["gasUsed"], 16)
