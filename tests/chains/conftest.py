"""One Anvil for the session, the same chain for every test, and two contracts small enough to read as bytes."""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import coincurve
import httpx
import pytest

from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import FinalityRecord
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak

EPOCH = 2  # slots: finalized is four blocks below latest
EMITTER = bytes.fromhex(
    # answers a bare selector with its counter + 1; else counts, and logs what follows the first word under it
    "3660041460225760016000540160005560203603806020600037600035906000a1005b60005460010160005260206000f3"
)
REVERTER = bytes.fromhex("3660006000373660" + "00fd")  # reverts with its call data


class Anvil:
    """A running Anvil, asked without the code under test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.automine = True
        self.reorgs = 0
        self._client = httpx.Client(trust_env=False, timeout=20)

    def __call__(self, method: str, *params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self._client.post(self.url, json=body).json()
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def close(self) -> None:
        self._client.close()

    @property
    def height(self) -> int:
        return int(self("eth_blockNumber"), 16)

    def mine(self, blocks: int = 1) -> None:
        self("anvil_mine", hex(blocks))

    def reorg(self, depth: int, *transactions: tuple[Any, int]) -> None:
        """Replace the last blocks. Their miner changes, or an empty block might get the hash it had."""
        self.reorgs += 1
        self("anvil_setCoinbase", f"0x{self.reorgs:040x}")
        self("anvil_reorg", depth, [list(transaction) for transaction in transactions])

    def install(self, code: bytes, at: int) -> Address:
        address = Address(at.to_bytes(20, "big"))
        self("anvil_setCode", "0x" + address.hex(), "0x" + code.hex())
        return address

    def emit(self, emitter: Address, topic: bytes, data: bytes = b"") -> None:
        """One log, mined when this returns while Anvil mines by itself."""
        sender = self("eth_accounts")[9]
        call = {"from": sender, "to": "0x" + emitter.hex(), "data": "0x" + (topic + data).hex()}
        sent = self("eth_sendTransaction", {**call, "gas": hex(1_000_000)})
        while self.automine and self("eth_getTransactionReceipt", sent) is None:
            pass

    def hold(self) -> None:
        """Stop mining by itself."""
        self("evm_setAutomine", False)
        self.automine = False


def anvil_binary() -> str:
    here = Path(__file__).resolve().parents[2] / "node_modules/@foundry-rs"
    packaged = sorted(here.glob("anvil-*/bin/anvil"))
    found = os.environ.get("ANVIL") or shutil.which("anvil") or (str(packaged[0]) if packaged else None)
    return found or pytest.skip("there is no Anvil: run scripts/setup")


def start_anvil(*arguments: str) -> tuple[subprocess.Popen[bytes], Anvil]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [anvil_binary(), "--port", str(port), "--slots-in-an-epoch", str(EPOCH), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    for line in process.stdout:
        if b"Listening on" in line:
            break
    else:
        raise RuntimeError("Anvil did not start")
    threading.Thread(target=process.stdout.read, daemon=True).start()
    return process, Anvil(f"http://127.0.0.1:{port}")


@pytest.fixture(scope="session")
def running_anvil() -> Iterator[Anvil]:
    process, anvil = start_anvil("--chain-id", "31337")
    yield anvil
    anvil.close()
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture
def anvil(running_anvil: Anvil) -> Iterator[Anvil]:
    """The session's Anvil, mining by itself, put back afterwards."""
    before = running_anvil("evm_snapshot")
    yield running_anvil
    running_anvil("evm_setAutomine", True)
    running_anvil.automine = True
    running_anvil("anvil_dropAllTransactions")
    running_anvil("evm_revert", before)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def rpc(anvil: Anvil) -> Any:
    async with Rpc(anvil.url, chain_id=31337, pause=0) as rpc:
        yield rpc


class Store:
    """A FinalityStore in memory, which outlives the readers of a test."""

    def __init__(self) -> None:
        self.records: dict[int, FinalityRecord] = {}
        self.began: dict[int, str] = {}

    def genesis(self, chain: int) -> str:
        return self.began.get(chain, "")

    def pin_genesis(self, chain: int, block_hash: str) -> None:
        self.began[chain] = block_hash

    def load(self, chain: int) -> FinalityRecord | None:
        return self.records.get(chain)

    def save(self, chain: int, record: FinalityRecord) -> None:
        self.records[chain] = record


@pytest.fixture
def store() -> Store:
    return Store()


class Key:
    """A key that signs."""

    def __init__(self, secret: bytes) -> None:
        self._key = coincurve.PrivateKey(secret)
        self.address = Address(keccak(self._key.public_key.format(compressed=False)[1:])[12:])

    def sign_digest(self, digest: bytes) -> bytes:
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])


@pytest.fixture
def key(anvil: Anvil) -> Key:
    """A funded key that nobody has used."""
    key = Key(bytes(31) + b"\x07")
    anvil("anvil_setBalance", "0x" + key.address.hex(), hex(10**20))
    return key


Respond = Callable[[list[dict[str, Any]]], tuple[int, bytes]]


class FakeNode:
    """An HTTP server that answers JSON-RPC batches as the test says. Unset: chain 31337 at block 5."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.respond: Respond = self.honest
        self.answers: dict[str, Any] = {"eth_chainId": hex(31337), "eth_blockNumber": "0x5"}
        node = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                calls = json.loads(self.rfile.read(int(self.headers["content-length"])))
                node.headers.append({name.lower(): value for name, value in self.headers.items()})
                node.asked += [call["method"] for call in calls]
                status, body = node.respond(calls)
                with suppress(OSError):  # the asker may have given up
                    self.send_response(status)
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def honest(self, calls: list[dict[str, Any]]) -> tuple[int, bytes]:
        return 200, json.dumps([self.reply(call) for call in calls]).encode()

    def reply(self, call: dict[str, Any]) -> dict[str, Any]:
        answer = self.answers.get(call["method"])
        answer = answer(*call["params"]) if callable(answer) else answer
        head = {"jsonrpc": "2.0", "id": call["id"]}
        return {**head, "error": answer["error"]} if _is_error(answer) else {**head, "result": answer}

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _is_error(answer: Any) -> bool:
    return isinstance(answer, dict) and set(answer) == {"error"}


@pytest.fixture
def make_node() -> Iterator[Callable[[], FakeNode]]:
    nodes: list[FakeNode] = []

    def make() -> FakeNode:
        nodes.append(FakeNode())
        return nodes[-1]

    yield make
    for node in nodes:
        node.close()


@pytest.fixture
def node(make_node: Callable[[], FakeNode]) -> FakeNode:
    return make_node()


@pytest.fixture
def emitter(anvil: Anvil) -> Address:
    """A contract that logs what it is told and counts."""
    return anvil.install(EMITTER, 0xE111)


@pytest.fixture
def reverter(anvil: Anvil) -> Address:
    """A contract that reverts with its call data."""
    return anvil.install(REVERTER, 0xDEAD)
