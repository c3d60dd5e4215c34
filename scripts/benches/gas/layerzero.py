"""LayerZero v2's published contracts, from their two npm packages: endpoint, message libraries, two DVNs, executor.

Sending is quoted and paid in native, to both DVNs and to the executor. Arriving takes four steps: each DVN states
under its own signer's signature that it saw the message, anybody commits what both stated, and the executor has it
received. Each step of 32 messages is one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eth_abi.abi import decode

from ccip_py.protocol.keccak import keccak

from .figures import Measured
from .node import Node, gas_of
from .ours import CHAIN_IDS
from .package import padded
from .parts import DATA, RECEIVER_GAS, function, personal, signed
from .peer import figures, from_artifacts
from .solidity import RECEIVERS, compiled

HERE, THERE = 30501, 30502  # ids of endpoints
ADMIN = 9
SIGNERS, STRANGER = (20, 21), 25  # one for each DVN
CONFIRMATIONS = 15
FOREVER = 2**40
OPTIONS = bytes.fromhex("000301001101") + RECEIVER_GAS.to_bytes(16, "big")  # type 3: gas for lzReceive
ADMIN_ROLE = keccak(b"ADMIN_ROLE")
REFUSED = (
    "a statement with a stranger's signature",
    "a message that one DVN of two saw",
    "replay of a message",
)
_NOTE = (
    "endpoint, ULN 302, published bytecode; two DVNs with one signer each; fees quoted and paid; "
    "a delivery is two statements, a commit and an execution"
)
_SENT = "0x" + keccak(b"PacketSent(bytes,bytes,address)").hex()
_PARAMETERS = "(uint32,bytes32,bytes,bytes,bool)"
_ULN = "(uint64,uint8,uint8,uint8,address[],address[])"
_PROXY = ("address", "address", "bytes")


def measure(protocol: Path, libraries: Path, anvil: Path | None = None) -> Measured:
    """The figures of LayerZero. Both packages unpacked: lz-evm-protocol-v2, lz-evm-messagelib-v2."""
    with Node(CHAIN_IDS[0], anvil) as node:
        return Measured("LayerZero", figures(_Network(node, (libraries, protocol))), REFUSED, _NOTE)


@dataclass(frozen=True, slots=True)
class _Packet:
    """A message as it crosses: 81 bytes of header, its id, its bytes."""

    encoded: bytes

    @property
    def header(self) -> bytes:
        return self.encoded[:81]

    @property
    def payload_hash(self) -> bytes:
        return keccak(self.encoded[81:])


@dataclass(frozen=True, slots=True)
class _Dvn:
    """One of the two that must have seen a message."""

    address: str
    id: int
    signer: int


class _Network:
    """Two endpoints on one chain (nothing reads its id), and everybody who serves them."""

    def __init__(self, node: Node, packages: Sequence[Path]) -> None:
        self.node, self.user, self._packages = node, node.accounts[0], packages
        own = compiled(RECEIVERS)
        types = ["uint32", "address"]
        self.endpoint, self.other = (
            self._deploy("EndpointV2", types, each, self.user) for each in (HERE, THERE)
        )
        types = ["address", "uint256", "uint256"]
        self.sending = self._deploy("SendUln302", types, self.endpoint, 200_000, 10**17)
        self.receiving = self._deploy("ReceiveUln302", ["address"], self.other)
        self.feed = self._prices()
        self.executor = self._executor(self.endpoint, self.sending)
        self.executes = self._executor(self.other, self.receiving)
        self._price_executor()
        made = [self._dvn(501 + place, signer) for place, signer in enumerate(SIGNERS)]
        self.dvns = sorted(made, key=lambda dvn: int(dvn.address, 16))
        self._connect()
        self.receiver = node.deploy(self.user, own["LzReceiver"], ["address"], [self.other])
        self.batch = node.deploy(self.user, own["Batch"])
        self._call(self.executes, "grantRole(bytes32,address)", ADMIN_ROLE, self.batch)

    def send(self) -> tuple[int, _Packet]:
        """Quote, then send."""
        parameters = (THERE, padded(self.receiver), DATA, OPTIONS, False)
        quote = function(f"quote({_PARAMETERS},address)", parameters, self.user)
        fee = int.from_bytes(self.node.call(self.endpoint, quote)[:32], "big")
        data = function(f"send({_PARAMETERS},address)", parameters, self.user)
        receipt = self.node.send(self.user, self.endpoint, data, fee)
        log = next(log for log in receipt["logs"] if log["topics"][0] == _SENT)
        encoded, _, _ = decode(["bytes", "bytes", "address"], bytes.fromhex(log["data"][2:]))
        return gas_of(receipt), _Packet(encoded)

    def deliver(self, messages: Sequence[_Packet]) -> int:
        """Both statements, the commit and the execution."""
        gas = sum(self._state(dvn, messages) for dvn in self.dvns)
        gas += self._run([(self.receiving, self._commit(message)) for message in messages])
        return gas + self._run([(self.executes, self._execute(message)) for message in messages])

    def refuse(self, message: _Packet) -> None:
        """A stranger's signature, one DVN of two, and a replay."""
        first, second = self.dvns
        self._state(first, [message], signer=STRANGER, succeeds=False)
        self._state(first, [message])
        self.node.send(self.user, self.receiving, self._commit(message), succeeds=False)
        self._state(second, [message])
        self._run([(self.receiving, self._commit(message))])
        self._run([(self.executes, self._execute(message))])
        self._state(first, [message])
        self._state(second, [message])
        self.node.send(self.user, self.receiving, self._commit(message), succeeds=False)

    def _state(
        self, dvn: _Dvn, messages: Sequence[_Packet], signer: int | None = None, *, succeeds: bool = True
    ) -> int:
        statements = []
        for message in messages:
            seen = (message.header, message.payload_hash, CONFIRMATIONS)
            data = function("verify(bytes,bytes32,uint64)", *seen)
            target = bytes.fromhex(self.receiving[2:])
            said = dvn.id.to_bytes(4, "big") + target + FOREVER.to_bytes(32, "big") + data
            (signature,) = signed([dvn.signer if signer is None else signer], personal(keccak(said)))
            statements.append((dvn.id, self.receiving, data, FOREVER, signature))
        data = function("execute((uint32,address,bytes,uint256,bytes)[])", statements)
        before = self._seen(dvn, messages[0])
        receipt = self.node.send(self.user, dvn.address, data)  # a statement that is not good is passed over
        if (self._seen(dvn, messages[0]) != before) is not succeeds:
            raise AssertionError("a statement was refused, or should have been")
        return gas_of(receipt)

    def _seen(self, dvn: _Dvn, message: _Packet) -> bytes:
        lookup = function(
            "hashLookup(bytes32,bytes32,address)", keccak(message.header), message.payload_hash, dvn.address
        )
        return self.node.call(self.receiving, lookup)

    def _commit(self, message: _Packet) -> bytes:
        return function("commitVerification(bytes,bytes32)", message.header, message.payload_hash)

    def _execute(self, message: _Packet) -> bytes:
        origin = (HERE, padded(self.user), int.from_bytes(message.encoded[1:9], "big"))
        guid, body = message.encoded[81:113], message.encoded[113:]
        order = (self.receiver, origin, guid, body, b"", RECEIVER_GAS)
        types = "(address,(uint32,bytes32,uint64),bytes32,bytes,bytes,uint256)"
        return function(f"execute302({types})", order)

    def _run(self, calls: Sequence[tuple[str, bytes]]) -> int:
        if len(calls) == 1:
            return gas_of(self.node.send(self.user, *calls[0]))
        targets, payloads = zip(*calls, strict=True)
        data = function("run(address[],bytes[])", targets, payloads)
        return gas_of(self.node.send(self.user, self.batch, data))

    # Wiring

    def _deploy(self, name: str, types: Sequence[str] = (), *values: object) -> str:
        return self.node.deploy(self.user, from_artifacts(self._packages, name), types, values)

    def _proxied(self, name: str, init: bytes) -> str:
        admin = self.node.accounts[ADMIN]
        return self._deploy("TransparentUpgradeableProxy", _PROXY, self._deploy(name), admin, init)

    def _call(self, to: str, signature: str, *values: object) -> None:
        self.node.send(self.user, to, function(signature, *values))

    def _prices(self) -> str:
        feed = self._proxied("PriceFeed", function("initialize(address)", self.user))
        price = (THERE % 30_000, (10**20, 10**9, 16))  # by the id of the first version
        self._call(feed, "setPrice((uint32,(uint128,uint64,uint32))[])", [price])
        self._call(feed, "setNativeTokenPriceUSD(uint128)", 3000 * 10**20)
        return feed

    def _executor(self, endpoint: str, library: str) -> str:
        values = (endpoint, endpoint, [library], self.feed, self.user, [self.user])
        types = "(address,address,address[],address,address,address[])"
        return self._proxied("Executor", function(f"initialize{types}", *values))

    def _price_executor(self) -> None:
        library = self._deploy("ExecutorFeeLib", ["uint32", "uint256"], HERE, 10**18)
        self._call(self.executor, "setWorkerFeeLib(address)", library)
        cost = (THERE, 80_000, 0, 12_000, 0, 10**18)
        self._call(self.executor, "setDstConfig((uint32,uint64,uint64,uint16,uint128,uint128)[])", [cost])

    def _dvn(self, number: int, signer: int) -> _Dvn:
        types = ["uint32", "uint32", "address[]", "address", "address[]", "uint64", "address[]"]
        signers = [self.node.accounts[signer]]
        values = (HERE, number, [self.sending], self.feed, signers, 1, [self.user])
        dvn = self._deploy("DVN", types, *values)
        library = self._deploy("DVNFeeLib", ["uint32", "uint256"], HERE, 10**18)
        self._call(dvn, "setWorkerFeeLib(address)", library)
        self._call(dvn, "setDstConfig((uint32,uint64,uint16,uint128)[])", [(THERE, 100_000, 12_000, 0)])
        return _Dvn(dvn, number, signer)

    def _connect(self) -> None:
        uln = (CONFIRMATIONS, 2, 0, 0, [dvn.address for dvn in self.dvns], [])
        for library, remote in ((self.sending, THERE), (self.receiving, HERE)):
            self._call(library, f"setDefaultUlnConfigs((uint32,{_ULN})[])", [(remote, uln)])
        limits = (THERE, (10_000, self.executor))
        self._call(self.sending, "setDefaultExecutorConfigs((uint32,(uint32,address))[])", [limits])
        self._call(self.sending, "setTreasury(address)", self._deploy("Treasury"))
        self._call(self.endpoint, "registerLibrary(address)", self.sending)
        self._call(self.other, "registerLibrary(address)", self.receiving)
        self._call(self.endpoint, "setDefaultSendLibrary(uint32,address)", THERE, self.sending)
        self._call(self.other, "setDefaultReceiveLibrary(uint32,address,uint256)", HERE, self.receiving, 0)
