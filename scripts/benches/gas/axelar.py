"""Axelar's published contracts, the cheapest other protocol: Amplifier gateway and gas service, from their packages.

A message of the same 32 bytes is paid for in native, approved by 3 of 4 verifiers and executed by a receiver that
does nothing else. Only what can be compared is given: Axelar quotes no fee on chain, and has neither roots nor an
independent blessing nor a curse, so sending and the whole way are what is set beside ours. The whole destination is
one approval (of one message, or of 32 in one transaction) and one execution (alone, or 32 by a multicall).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from eth_abi.abi import encode

from ccip_py.protocol.keccak import keccak

from .figures import BATCH, Measured, Operation
from .node import Node, gas_of
from .ours import CHAIN_IDS
from .parts import DATA, function, signed
from .scenario import SAMPLES
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
        return Measured("Axelar", _Network(node, gateway, gas_service).run(), REFUSED, _NOTE)


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
        code = _bytecode(package, "AxelarAmplifierGateway")
        logic = node.deploy(user, code, types, [15, _DOMAIN, 0])
        setup = encode(["address", f"{_SET}[]"], [user, [self.set]])
        proxy = _bytecode(package, "AxelarAmplifierGatewayProxy")
        return node.deploy(user, proxy, ["address", "address", "bytes"], [logic, user, setup])

    def _gas_service(self, package: Path) -> str:
        node, user = self.node, self.user
        proxy = node.deploy(user, _bytecode(package, "AxelarGasServiceProxy"))
        logic = node.deploy(user, _bytecode(package, "AxelarGasService"), ["address"], [user])
        node.send(user, proxy, function("init(address,address,bytes)", logic, user, b""))
        return proxy

    def run(self) -> dict[Operation, int]:
        """The figures. Raises if anything is refused that should not be, or the other way round."""
        self._refusals()
        sent = [self._send() for _ in range(SAMPLES + 1)][1:]
        alone = [self._approve([one]) + self._execute(one) for one in self._commands(SAMPLES)]
        many = self._commands(BATCH)
        approved = self._approve(many)
        targets = [self.application] * BATCH
        calls = function("run(address[],bytes[])", targets, [each.execution for each in many])
        executed = gas_of(self.node.send(self.user, self.batch, calls))
        share = round((approved + executed) / BATCH)
        return {
            Operation.SEND_NATIVE: round(median(sent)),
            Operation.EXECUTE: round(median(alone)),
            Operation.EXECUTE_BATCH: share,
            Operation.END_TO_END: round(median(sent)) + share,
        }

    def _refusals(self) -> None:
        (first,) = self._commands(1)
        self._approve([first], signers=(*self.verifiers[:2], STRANGER), succeeds=False)
        self._approve([first], signers=self.verifiers[:2], succeeds=False)
        self._execute(first, succeeds=False)
        self._approve([first])
        self._execute(first)
        self._execute(first, succeeds=False)

    def _send(self) -> int:
        data = function("send(string,string,bytes)", DESTINATION, self.application, DATA)
        return gas_of(self.node.send(self.user, self.application, data, PAYMENT))

    def _commands(self, count: int) -> list[_Command]:
        made = []
        for _ in range(count):
            self.count += 1
            identifier = f"0x{keccak(str(self.count).encode()).hex()}-3"
            message = (SOURCE, identifier, self.application, self.application, keccak(DATA))
            command = keccak(f"{SOURCE}_{identifier}".encode())
            call = function("execute(bytes32,string,string,bytes)", command, SOURCE, self.application, DATA)
            made.append(_Command(message, call))
        return made

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


def _bytecode(package: Path, name: str) -> bytes:
    """Creation code from a package's Hardhat artifacts."""
    for path in sorted((package / "artifacts").rglob(f"{name}.json")):
        code = str(json.loads(path.read_text(encoding="utf-8")).get("bytecode", "0x"))
        if len(code) > 2:
            return bytes.fromhex(code[2:])
    raise FileNotFoundError(f"{package}/artifacts has no bytecode of {name}: is the package unpacked there?")
