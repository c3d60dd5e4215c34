"""Axelar's published contracts, the cheapest other protocol: Amplifier gateway and gas service, from their packages.

A message of the same 32 bytes is paid for in native, approved by 3 of 4 verifiers and executed by a receiver that
does nothing else. Axelar quotes no fee on chain. The whole destination is one approval (of one message, or of 32 in one
transaction) and one execution (alone, or 32 by a multicall).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eth_abi.abi import encode

from ccip_py.protocol.keccak import keccak

from .figures import Measured
from .node import Node, gas_of
from .ours import CHAIN_IDS
from .parts import DATA, function, signed
from .peer import figures, from_artifacts
from .solidity import RECEIVERS, compiled

SOURCE, DESTINATION = "ethereum", "avalanche"
VERIFIERS, QUORUM, STRANGER = (20, 21, 22, 23), 3, 25
PAYMENT = 10**9  # wei for delivery: the amount does not change the gas
REFUSED = (
    "approval with a stranger's signature",
    "approval by 2 of 4",
    "execution of an unapproved message",
    "replay of a message",
)
_DOMAIN = keccak(b"bench")
_MESSAGES = "(string,string,string,address,bytes32)[]"
_SET = "((address,uint128)[],uint128,bytes32)"

Message = tuple[str, str, str, str, bytes]  # chain, id, sender, receiver, hash of the payload


def measure(gateway: Path, gas_service: Path, anvil: Path | None = None) -> Measured:
    """The figures of Axelar. Both packages unpacked: axelar-gmp-sdk-solidity, axelar-cgp-solidity."""
    with Node(CHAIN_IDS[0], anvil) as node:
        return Measured("Axelar", figures(_Network(node, gateway, gas_service)), REFUSED, _NOTE)


_NOTE = (
    "Amplifier gateway, published bytecode; 3 of 4 verifiers, fee in native and not quoted on chain; "
    "executing one message is its approval and its execution"
)


@dataclass(frozen=True, slots=True)
class _Command:
    """A message as the gateway knows it, and the call that executes it."""

    message: Message
    execution: bytes


class _Network:
    """A gateway, a gas service, and an application on both ends (one chain serves as both: nothing reads its id)."""

    def __init__(self, node: Node, gateway: Path, gas_service: Path) -> None:
        self.node = node
        self.user = node.accounts[0]
        own = compiled(RECEIVERS)
        accounts = sorted(VERIFIERS, key=lambda index: int(node.accounts[index], 16))
        self.verifiers = tuple(accounts)
        members = [(node.accounts[index], 1) for index in accounts]
        self.set = (members, QUORUM, keccak(b"nonce"))
        self.gateway = self._gateway(gateway)
        self.service = self._gas_service(gas_service)
        ends = ["address", "address"], [self.gateway, self.service]
        self.application = node.deploy(self.user, own["PeerApplication"], *ends)
        self.batch = node.deploy(self.user, own["Batch"])
        self.count = 0

    def _gateway(self, package: Path) -> str:
        node, user = self.node, self.user
        types = ["uint256", "bytes32", "uint256"]
        code = from_artifacts([package], "AxelarAmplifierGateway")
        logic = node.deploy(user, code, types, [15, _DOMAIN, 0])
        setup = encode(["address", f"{_SET}[]"], [user, [self.set]])
        proxy = from_artifacts([package], "AxelarAmplifierGatewayProxy")
        return node.deploy(user, proxy, ["address", "address", "bytes"], [logic, user, setup])

    def _gas_service(self, package: Path) -> str:
        node, user = self.node, self.user
        proxy = node.deploy(user, from_artifacts([package], "AxelarGasServiceProxy"))
        logic = node.deploy(user, from_artifacts([package], "AxelarGasService"), ["address"], [user])
        node.send(user, proxy, function("init(address,address,bytes)", logic, user, b""))
        return proxy

    def send(self) -> tuple[int, "_Command"]:
        """Pay the gas service and call the gateway. What arrives is of the same shape as what was sent."""
        data = function("send(string,string,bytes)", DESTINATION, self.application, DATA)
        return gas_of(self.node.send(self.user, self.application, data, PAYMENT)), self._command()

    def deliver(self, messages: Sequence["_Command"]) -> int:
        """One approval of all, and one execution, of many by a multicall."""
        approved = self._approve(messages)
        if len(messages) == 1:
            return approved + self._execute(messages[0])
        targets = [self.application] * len(messages)
        calls = function("run(address[],bytes[])", targets, [each.execution for each in messages])
        return approved + gas_of(self.node.send(self.user, self.batch, calls))

    def refuse(self, message: "_Command") -> None:
        """Strangers' signatures, too few, no approval, and a replay."""
        self._approve([message], signers=(*self.verifiers[:2], STRANGER), succeeds=False)
        self._approve([message], signers=self.verifiers[:2], succeeds=False)
        self._execute(message, succeeds=False)
        self.deliver([message])
        self._execute(message, succeeds=False)

    def _command(self) -> "_Command":
        self.count += 1
        identifier = f"0x{keccak(str(self.count).encode()).hex()}-3"
        message = (SOURCE, identifier, self.application, self.application, keccak(DATA))
        command = keccak(f"{SOURCE}_{identifier}".encode())
        call = function("execute(bytes32,string,string,bytes)", command, SOURCE, self.application, DATA)
        return _Command(message, call)

    def _approve(
        self, commands: Sequence[_Command], *, signers: Sequence[int] = (), succeeds: bool = True
    ) -> int:
        messages = [each.message for each in commands]
        data_hash = keccak(encode(["uint8", _MESSAGES], [0, messages]))
        digest = keccak(
            b"\x19Ethereum Signed Message:\n96" + _DOMAIN + keccak(encode([_SET], [self.set])) + data_hash
        )
        proof = (self.set, signed(signers or self.verifiers[:QUORUM], digest))
        types = [_MESSAGES, f"({_SET},bytes[])"]
        data = keccak(f"approveMessages({','.join(types)})".encode())[:4] + encode(types, [messages, proof])
        return gas_of(self.node.send(self.user, self.gateway, data, succeeds=succeeds))

    def _execute(self, command: _Command, *, succeeds: bool = True) -> int:
        return gas_of(self.node.send(self.user, self.application, command.execution, succeeds=succeeds))
