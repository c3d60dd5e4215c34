"""Hyperlane's published contracts, from their npm package, wired as on its mainnet.

Sending passes a fee hook, then by route a pausable, a Merkle tree and a gas paymaster, which is quoted and paid in
native. Arriving, two modules must agree: one that is routed to by origin, where either of two multisigs will do, and
one that can be paused. Three of four validators sign, and their signatures are checked for each message.
"""

from collections.abc import Sequence
from pathlib import Path

from ccip_py.protocol.keccak import keccak

from .figures import Measured
from .node import Node, gas_of
from .ours import CHAIN_IDS
from .package import padded
from .parts import DATA, function, personal, signed
from .peer import figures, from_factories
from .solidity import RECEIVERS, compiled

HERE, THERE = 1001, 2002  # Hyperlane's ids of chains
VALIDATORS, QUORUM, STRANGER = (20, 21, 22, 23), 3, 25
ADMIN, BENEFICIARY = 9, 8
DEPTH = 32
REFUSED = ("a message with a stranger's signature", "replay of a message")
_NOTE = "wired as its mainnet, published bytecode; 3 of 4 validators, checked for each message; fee quoted and paid"
_DISPATCHED = "0x" + keccak(b"Dispatch(address,uint32,bytes32,bytes)").hex()
_MADE = "0x" + keccak(b"ModuleDeployed(address)").hex()
_EMPTY = [bytes(32)]
for _ in range(DEPTH):
    _EMPTY.append(keccak(_EMPTY[-1] * 2))


def measure(package: Path, anvil: Path | None = None) -> Measured:
    """The figures of Hyperlane. The package unpacked: @hyperlane-xyz/core."""
    with Node(CHAIN_IDS[0], anvil) as node:
        return Measured("Hyperlane", figures(_Mail(node, package)), REFUSED, _NOTE)


class _Tree:
    """The Merkle tree of messages, appended to like the contract's."""

    def __init__(self) -> None:
        self.count = 0
        self._branch = [bytes(32)] * DEPTH

    def append(self, leaf: bytes) -> bytes:
        """The root with the leaf in it."""
        self.count += 1
        size, node = self.count, leaf
        for level in range(DEPTH):
            if size & 1:
                self._branch[level] = node
                break
            node, size = keccak(self._branch[level] + node), size >> 1
        root = bytes(32)
        for level in range(DEPTH):
            left = self.count >> level & 1
            root = keccak(self._branch[level] + root if left else root + _EMPTY[level])
        return root


class _Mail:
    """A mailbox at each end (one chain is both: nothing reads its id), hooks at ours, security modules at the other."""

    def __init__(self, node: Node, package: Path) -> None:
        self.node, self.user = node, node.accounts[0]
        self._factories = package / "dist" / "typechain" / "factories"
        self._tree = _Tree()
        own = compiled(RECEIVERS)
        self.receiver, self.batch = (node.deploy(self.user, own[name]) for name in ("MailReceiver", "Batch"))
        self.mailbox, self.inbox = self._mailbox(HERE), self._mailbox(THERE)
        self.hook = self._deploy("MerkleTreeHook", ["address"], self.mailbox)
        init = "initialize(address,address,address,address)"
        module = self._modules()
        node.send(self.user, self.mailbox, function(init, self.user, module, self._route(), self._fee()))
        node.send(self.user, self.inbox, function(init, self.user, module, self.hook, self.hook))

    def send(self) -> tuple[int, tuple[bytes, bytes]]:
        """Quote, then dispatch. The message is its bytes, and the root that validators sign once it is in the tree."""
        arguments = (THERE, padded(self.receiver), DATA)
        quote = self.node.call(self.mailbox, function("quoteDispatch(uint32,bytes32,bytes)", *arguments))
        data = function("dispatch(uint32,bytes32,bytes)", *arguments)
        receipt = self.node.send(self.user, self.mailbox, data, int.from_bytes(quote, "big"))
        log = next(log for log in receipt["logs"] if log["topics"][0] == _DISPATCHED)
        raw = bytes.fromhex(log["data"][2:])
        message = raw[64 : 64 + int.from_bytes(raw[32:64], "big")]
        root = self._tree.append(keccak(message))
        if root != self.node.call(self.hook, function("root()")):
            raise AssertionError("our tree of messages is not the contract's")
        return gas_of(receipt), (message, root + (self._tree.count - 1).to_bytes(4, "big"))

    def deliver(self, messages: Sequence[tuple[bytes, bytes]]) -> int:
        """Each is verified by itself; many in a multicall."""
        calls = [self._process(*message) for message in messages]
        if len(calls) == 1:
            return gas_of(self.node.send(self.user, self.inbox, calls[0]))
        data = function("run(address[],bytes[])", [self.inbox] * len(calls), calls)
        return gas_of(self.node.send(self.user, self.batch, data))

    def refuse(self, message: tuple[bytes, bytes]) -> None:
        """A stranger's signature, and a replay."""
        strangers = (*VALIDATORS[: QUORUM - 1], STRANGER)
        self.node.send(self.user, self.inbox, self._process(*message, strangers), succeeds=False)
        self.deliver([message])
        self.node.send(self.user, self.inbox, self._process(*message), succeeds=False)

    def _process(
        self, message: bytes, checkpoint: bytes, signers: Sequence[int] = VALIDATORS[:QUORUM]
    ) -> bytes:
        """With the metadata of the multisig by message id, inside that of both aggregations."""
        domain = keccak(HERE.to_bytes(4, "big") + padded(self.hook) + b"HYPERLANE")
        digest = personal(keccak(domain + checkpoint + keccak(message)))
        inner = padded(self.hook) + checkpoint + b"".join(signed(signers, digest))
        return function("process(bytes,bytes)", _aggregated(_aggregated(inner, None), b""), message)

    # Wiring

    def _deploy(self, name: str, types: Sequence[str] = (), *values: object) -> str:
        return self.node.deploy(self.user, from_factories(self._factories, name), types, values)

    def _proxied(self, logic: str, init: bytes = b"") -> str:
        types = ["address", "address", "bytes"]
        admin = self.node.accounts[ADMIN]
        return self._deploy("TransparentUpgradeableProxy", types, logic, admin, init)

    def _mailbox(self, domain: int) -> str:
        return self._proxied(self._deploy("Mailbox", ["uint32"], domain))

    def _set(self, factory: str, members: Sequence[str], threshold: int | None = None) -> str:
        """A static set of members, from one of the factories of such sets."""
        types = "(address[])" if threshold is None else "(address[],uint8)"
        arguments = (members,) if threshold is None else (members, threshold)
        maker = self._deploy(factory)
        self.node.send(self.user, maker, function(f"deploy{types}", *arguments))
        return "0x" + self.node.call(maker, function(f"getAddress{types}", *arguments))[-20:].hex()

    def _modules(self) -> str:
        validators = [self.node.accounts[index] for index in VALIDATORS]
        kinds = ("StaticMessageIdMultisigIsmFactory", "StaticMerkleRootMultisigIsmFactory")
        multisigs = [self._set(kind, validators, QUORUM) for kind in kinds]
        either = self._set("StaticAggregationIsmFactory", multisigs, 1)
        maker = self._deploy("DomainRoutingIsmFactory")
        make = function("deploy(address,uint32[],address[])", self.user, [HERE], [either])
        logs = self.node.send(self.user, maker, make)["logs"]
        routing = "0x" + next(log["data"] for log in logs if log["topics"][0] == _MADE)[-40:]
        pausable = self._deploy("PausableIsm", ["address"], self.user)
        return self._set("StaticAggregationIsmFactory", [routing, pausable], 2)

    def _fee(self) -> str:
        types = ["uint256", "uint256", "address", "address"]
        return self._deploy("ProtocolFee", types, 10**18, 0, self.node.accounts[BENEFICIARY], self.user)

    def _route(self) -> str:
        init = function("initialize(address,address)", self.user, self.node.accounts[BENEFICIARY])
        paymaster = self._proxied(self._deploy("InterchainGasPaymaster"), init)
        oracle = self._deploy("StorageGasOracle")
        prices = "setRemoteGasDataConfigs((uint32,uint128,uint128)[])"
        self.node.send(self.user, oracle, function(prices, [(THERE, 10**10, 10**9)]))
        overhead = "setDestinationGasConfigs((uint32,(address,uint96))[])"
        self.node.send(self.user, paymaster, function(overhead, [(THERE, (oracle, 100_000))]))
        hooks = [self._deploy("PausableHook"), self.hook, paymaster]
        together = self._set("StaticAggregationHookFactory", hooks)
        types = ["address", "address", "address"]
        route = self._deploy("FallbackDomainRoutingHook", types, self.mailbox, self.user, self.hook)
        self.node.send(self.user, route, function("setHook(uint32,address)", THERE, together))
        return route


def _aggregated(*parts: bytes | None) -> bytes:
    """Where each module's metadata begins and ends, then all of it. None: the module is not asked."""
    at, head, tail = 8 * len(parts), b"", b""
    for part in parts:
        size = len(part or b"")
        head += bytes(8) if part is None else at.to_bytes(4, "big") + (at + size).to_bytes(4, "big")
        tail += part or b""
        at += size
    return head + tail
