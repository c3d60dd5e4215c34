"""The compiled contracts on a chain of their own, to be asked what they make of given values."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ccip_py.deploy import artifacts
from ccip_py.deploy.abi import call_data, creation_data, result
from ccip_py.deploy.artifacts import Artifact
from ccip_py.deploy.compile import ROOT, compile_contracts
from ccip_py.deploy.devnet import CHAIN_IDS
from ccip_py.deploy.keys import dev_address
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address

SOURCES = "tests/vectors/harness"
COMPILED = ROOT / "build" / "vectors"
HARNESS = Address(bytes.fromhex("cc" * 20))
DEPLOYER = 0


class Contracts:
    """Deploys with the same account from the same start, so that addresses are the same every time."""

    def __init__(self, chain: Anvil, harness: Artifact) -> None:
        self.chain = chain
        chain.automine(False)  # blocks are mined here, so that a receipt is there when it is asked for
        self._harness = harness
        chain.rpc("anvil_setCode", checksum(HARNESS), "0x" + harness.deployed_bytecode.hex())

    def ask(self, function: str, *arguments: Any) -> Any:
        """What the harness answers."""
        return self._call(HARNESS, self._harness, function, arguments)

    def fees(self, cases: Sequence[Mapping[str, Any]]) -> list[int]:
        """What a FeeQuoter asks in each case."""
        return [self.ask("fee", case) for case in cases]

    def view(self, to: Address, contract: str, function: str, *arguments: Any) -> Any:
        """What a deployed contract answers."""
        return self._call(to, artifacts.load(contract), function, arguments)

    def call(self, sender: Address, to: Address, data: bytes) -> None:
        """Simulate a transaction; Refused if it reverts."""
        request = {"from": checksum(sender), "to": checksum(to), "data": "0x" + data.hex()}
        self.chain.rpc("eth_call", request, "latest")

    def deploy(self, contract: str, *arguments: Any) -> Address:
        """Where the new contract is."""
        receipt = self._send(None, creation_data(artifacts.load(contract), arguments))
        return Address(bytes.fromhex(receipt["contractAddress"][2:]))

    def act(self, to: Address, contract: str, function: str, *arguments: Any) -> None:
        """Call a deployed contract in a transaction, as its owner."""
        self._send(to, call_data(artifacts.load(contract), function, arguments))

    def _send(self, to: Address | None, data: bytes) -> dict[str, Any]:
        request = {"from": checksum(dev_address(DEPLOYER)), "data": "0x" + data.hex()}
        target = {} if to is None else {"to": checksum(to)}
        sent = self.chain.rpc("eth_sendTransaction", {**request, **target})
        self.chain.mine()
        receipt: dict[str, Any] = self.chain.rpc("eth_getTransactionReceipt", sent)
        assert int(receipt["status"], 16) == 1
        return receipt

    def _call(self, to: Address, artifact: Artifact, function: str, arguments: Sequence[Any]) -> Any:
        data = call_data(artifact, function, arguments)
        answer = self.chain.rpc("eth_call", {"to": checksum(to), "data": "0x" + data.hex()}, "latest")
        return result(artifact, function, len(arguments), bytes.fromhex(answer[2:]))


@contextmanager
def contracts(folder: Path = COMPILED) -> Iterator[Contracts]:
    """Compile the harness if it is not, start a chain, end it afterwards."""
    compile_contracts(ROOT, folder, sources=SOURCES)
    with Anvil(AnvilOptions(chain_id=CHAIN_IDS[0], gas_limit=10**9)) as chain:
        yield Contracts(chain, artifacts.load("VectorHarness", folder))
