"""Wormhole's published core bridge, from its npm package: a message is published, and pulled in by its receiver.

The receiver hands a signed message (a VAA) to the core bridge, which checks 3 of 4 guardians' signatures; that the
emitter is the right one and that nothing comes twice is left to the receiver, which does that and nothing else. Nobody
is paid for delivering, on chain or off it.
"""

from collections.abc import Sequence
from pathlib import Path

from ccip_py.protocol.keccak import keccak

from .figures import Measured
from .node import Node, gas_of
from .ours import CHAIN_IDS
from .package import padded
from .parts import DATA, function, signed
from .peer import figures, from_factories
from .solidity import RECEIVERS, compiled

HERE = 2  # of Wormhole's ids of chains
GUARDIANS, QUORUM, STRANGER = (20, 21, 22, 23), 3, 25
GOVERNANCE = bytes(31) + b"\x04"
TIME = 1_700_000_000
REFUSED = ("a message signed by 2 of 4", "a message with a stranger's signature", "replay of a message")
_NOTE = (
    "core bridge, published bytecode; 3 of 4 guardians, checked for each message; delivery is not paid for"
)


def measure(package: Path, anvil: Path | None = None) -> Measured:
    """The figures of Wormhole. The package unpacked: @certusone/wormhole-sdk."""
    with Node(CHAIN_IDS[0], anvil) as node:
        return Measured("Wormhole", figures(_Bridge(node, package)), REFUSED, _NOTE)


class _Bridge:
    """A core bridge, which is both ends, and a receiver."""

    def __init__(self, node: Node, package: Path) -> None:
        self.node, self.user = node, node.accounts[0]
        folder = package / "lib" / "cjs" / "ethers-contracts" / "factories"
        logic, setup = (
            node.deploy(self.user, from_factories(folder, name)) for name in ("Implementation", "Setup")
        )
        guardians = [node.accounts[index] for index in GUARDIANS]
        arguments = (logic, guardians, HERE, 1, GOVERNANCE, node.chain_id)
        init = function("setup(address,address[],uint16,uint16,bytes32,uint256)", *arguments)
        code = from_factories(folder, "Wormhole")
        self.core = node.deploy(self.user, code, ["address", "bytes"], [setup, init])
        own, emitter = compiled(RECEIVERS), padded(self.user)
        types = ["address", "uint16", "bytes32"]
        self.receiver = node.deploy(self.user, own["VaaReceiver"], types, [self.core, HERE, emitter])
        self.batch = node.deploy(self.user, own["Batch"])
        self.sequence = 0

    def send(self) -> tuple[int, bytes]:
        """Publish. The message is what guardians will sign."""
        data = function("publishMessage(uint32,bytes,uint8)", 0, DATA, 1)
        gas = gas_of(self.node.send(self.user, self.core, data))
        sequence, self.sequence = self.sequence, self.sequence + 1
        times = (TIME + sequence).to_bytes(4, "big") + bytes(4)
        origin = HERE.to_bytes(2, "big") + padded(self.user) + sequence.to_bytes(8, "big")
        return gas, times + origin + b"\x01" + DATA

    def deliver(self, messages: Sequence[bytes]) -> int:
        """The receiver verifies each by itself; many in a multicall."""
        calls = [self._receive(message) for message in messages]
        if len(calls) == 1:
            return gas_of(self.node.send(self.user, self.receiver, calls[0]))
        data = function("run(address[],bytes[])", [self.receiver] * len(calls), calls)
        return gas_of(self.node.send(self.user, self.batch, data))

    def refuse(self, message: bytes) -> None:
        """Too few signatures, a stranger's, and a replay."""
        for signers in (GUARDIANS[: QUORUM - 1], (*GUARDIANS[: QUORUM - 1], STRANGER)):
            self.node.send(self.user, self.receiver, self._receive(message, signers), succeeds=False)
        self.deliver([message])
        self.node.send(self.user, self.receiver, self._receive(message), succeeds=False)

    def _receive(self, message: bytes, signers: Sequence[int] = GUARDIANS[:QUORUM]) -> bytes:
        signatures = signed(signers, keccak(keccak(message)))
        listed = b"".join(
            bytes([place]) + signature[:64] + bytes([signature[64] - 27])
            for place, signature in enumerate(signatures)
        )
        vaa = b"\x01" + bytes(4) + bytes([len(signatures)]) + listed + message
        return function("receiveMessage(bytes)", vaa)
