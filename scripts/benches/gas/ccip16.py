"""The published contracts of CCIP 1.6, from an unpacked npm package.

One OffRamp takes commits and executions of all sources; the risk network's signatures travel inside the commit, so
a root that is not blessed is refused there, and a blessing has no transaction of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_abi.abi import decode

from ccip_py.deploy import artifacts
from ccip_py.deploy.keys import dev_address
from ccip_py.protocol import merkle
from ccip_py.protocol.codec.evm import calls
from ccip_py.protocol.codec.evm.messages import encode_values
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.selectors import selector_of

from . import parts
from .figures import Measured
from .node import Node
from .ours import CHAIN_IDS
from .package import Package, padded
from .parts import hexed, kind, raw
from .scenario import REFUSED, Done, Scenario
from .solidity import RECEIVERS, compiled

ZERO = "0x" + "00" * 20
HOLDER, STRANGER = 8, 29
SIGNERS = (20, 21, 22, 23)
TRANSMITTERS = (1, 2, 3, 4)
BLESSERS = (25, 26, 27)  # by index: their addresses must ascend, see `_ordered`
COMMITS, BLESSINGS = 2, 2  # signatures: f + 1 of 4, and fSign + 1 of 3
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SUCCESS = 2
EVM_FAMILY = bytes.fromhex("2812d52c")
VERSIONS: Mapping[str, str] = {
    "onramp": "v1_6_0",
    "offramp": "v1_6_0",
    "fee_quoter": "v1_6_3",
    "nonce_manager": "v1_6_0",
    "rmn_remote": "v1_6_0",
    "rmn_proxy_contract": "v1_0_0",
    "router": "v1_2_0",
    "token_admin_registry": "v1_5_0",
    "burn_mint_token_pool": "v1_6_1",
    "factory_burn_mint_erc20": "v1_6_2",
}
PRICES = "((address,uint224)[],(uint64,uint224)[])"
ROOT = "(uint64,bytes,uint64,uint64,bytes32)"
COMMIT = f"({PRICES},{ROOT}[],{ROOT}[],(bytes32,bytes32)[])"
TOKEN = "(bytes,address,uint32,bytes,uint256)"
MESSAGE = f"((bytes32,uint64,uint64,uint64,uint64),bytes,bytes,address,uint256,{TOKEN}[])"
EXECUTE = f"(uint64,{MESSAGE}[],bytes[][],bytes32[],uint256)"
CHANGED = keccak(b"ExecutionStateChanged(uint64,uint64,bytes32,bytes32,uint8,bytes,uint256)").hex()
SENT = "CCIPMessageSent"


def measure(package: Path, anvil: Path | None = None) -> Measured:
    """The figures of CCIP 1.6."""
    with Node(CHAIN_IDS[0], anvil) as source, Node(CHAIN_IDS[1], anvil) as destination:
        figures = Scenario(Lane16(Package(package, VERSIONS), source, destination)).run()
    note = f"published bytecode; {COMMITS} of 4 sign a commit, which carries {BLESSINGS} of 3 risk signatures"
    return Measured("CCIP 1.6", figures, REFUSED, note)


@dataclass(frozen=True, slots=True)
class Message16:
    """A message as the destination executes it."""

    number: int
    values: tuple[Any, ...]
    leaf: bytes


class Side:
    """What one chain has but its ramps."""

    def __init__(self, package: Package, node: Node, remote_chain: int) -> None:
        self.node, self.selector = node, selector_of(node.chain_id)
        me, remote = node.accounts[0], selector_of(remote_chain)
        self.rmn = package.deploy(node, "rmn_remote", self.selector, ZERO)
        self.proxy = package.deploy(node, "rmn_proxy_contract", self.rmn.address)
        self.weth = node.deploy(me, artifacts.load("WrappedNative").bytecode)  # the same as on our lane
        self.link, self.token = (
            package.deploy(node, "factory_burn_mint_erc20", name, name, 18, 0, 0, me)
            for name in ("LINK", "BM")
        )
        self.router = package.deploy(node, "router", self.weth, self.proxy.address)
        self.registry = package.deploy(node, "token_admin_registry")
        self.nonces = package.deploy(node, "nonce_manager", [])
        fees = (True, 10, 30_000, 3_000_000, 350_000, 16, 40, 3_000, 100, 16, 1, EVM_FAMILY, False, 25)
        self.quoter = package.deploy(
            node,
            "fee_quoter",
            (2 * 10**23, self.link.address, 90_000_000),
            [me],
            [self.link.address, self.weth],
            [],
            [],
            [(self.link.address, 9 * 10**17), (self.weth, 10**18)],
            [(remote, (*fees, 90_000, 200_000, 11 * 10**17, 0, 10))],
        )
        prices = [(self.link.address, 20 * 10**18), (self.weth, 3_000 * 10**18)]
        self.quoter.send("updatePrices", (prices, [(remote, 2 * 10**13)]))
        arguments: tuple[Any, ...] = (self.token.address, 18, [], self.proxy.address, self.router.address)
        self.pool = package.deploy(node, "burn_mint_token_pool", *arguments)
        self.registry.send("proposeAdministrator", self.token.address, me)
        self.registry.send("acceptAdminRole", self.token.address)
        self.registry.send("setPool", self.token.address, self.pool.address)
        self.token.send("grantMintAndBurnRoles", self.pool.address)
        for token in (self.link, self.token):
            token.send("grantMintAndBurnRoles", me)
            token.send("mint", me, 10**27)
            token.send("approve", self.router.address, parts.FOREVER)


class Lane16:
    """A lane of the published contracts, deployed and configured."""

    def __init__(self, package: Package, source: Node, destination: Node) -> None:
        self.source, self.destination = source, destination
        self.here = here = Side(package, source, destination.chain_id)
        self.there = there = Side(package, destination, source.chain_id)
        off = (False, 0, 0)
        for side, other in ((here, there), (there, here)):
            remote = (other.selector, [padded(other.pool.address)], padded(other.token.address), off, off)
            side.pool.send("applyChainUpdates", [], [remote])
        self.noop = destination.deploy(destination.accounts[0], compiled(RECEIVERS)["Noop"])
        self.on_ramp = package.deploy(
            source,
            "onramp",
            (here.selector, here.proxy.address, here.nonces.address, here.registry.address),
            (here.quoter.address, False, ZERO, source.accounts[9], ZERO),
            [(there.selector, here.router.address, False)],
        )
        self.off_ramp = package.deploy(
            destination,
            "offramp",
            (there.selector, 5_000, there.proxy.address, there.registry.address, there.nonces.address),
            (there.quoter.address, 28_800, ZERO),
            [(there.router.address, here.selector, True, False, padded(self.on_ramp.address))],
        )
        self.sequence, self.root = 0, keccak(b"risk configuration")
        self.lane_hash = keccak(
            encode_values(
                ["bytes32", "uint64", "uint64", "bytes32"],
                [
                    keccak(b"Any2EVMMessageHashV1"),
                    here.selector,
                    there.selector,
                    keccak(padded(self.on_ramp.address)),
                ],
            )
        )
        self._connect()

    def _connect(self) -> None:
        here, there = self.here, self.there
        here.nonces.send("applyAuthorizedCallerUpdates", ([self.on_ramp.address], []))
        there.nonces.send("applyAuthorizedCallerUpdates", ([self.off_ramp.address], []))
        there.quoter.send("applyAuthorizedCallerUpdates", ([self.off_ramp.address], []))
        here.router.send("applyRampUpdates", [(there.selector, self.on_ramp.address)], [], [])
        there.router.send("applyRampUpdates", [], [], [(here.selector, self.off_ramp.address)])
        accounts = self.destination.accounts
        blessers = [(accounts[index], place) for place, index in enumerate(_ordered(BLESSERS))]
        there.rmn.send("setConfig", (self.root, blessers, BLESSINGS - 1))
        signers, transmitters = ([accounts[each] for each in group] for group in (SIGNERS, TRANSMITTERS))
        self.digests = [keccak(b"commit"), keccak(b"execute")]
        plugins = [(0, True, signers), (1, False, [])]
        configs = [
            (digest, kind_, 1, checked, members, transmitters)
            for digest, (kind_, checked, members) in zip(self.digests, plugins, strict=True)
        ]
        self.off_ramp.send("setOCR3Configs", configs)

    def send(self, *, native: bool, token: bool) -> tuple[Done, Message16]:
        """As on the other lanes."""
        message = parts.outgoing(
            self.destination.accounts[HOLDER] if token else self.noop,
            None if native else raw(self.here.link.address),
            raw(self.here.token.address) if token else None,
        )
        router, value = self.here.router.address, 0
        if native:
            quote = calls.get_fee_call(self.there.selector, message)
            value = int.from_bytes(self.source.call(router, quote), "big")
        data = calls.ccip_send_call(self.there.selector, message)
        receipt = self.source.send(self.source.accounts[0], router, data, value)
        log = next(log for log in receipt["logs"] if log["address"].lower() == self.on_ramp.address.lower())
        event = next(entry for entry in self.on_ramp.abi if entry.get("name") == SENT)
        sent = decode([kind(event["inputs"][-1])], bytes.fromhex(log["data"][2:]))[0]
        return Done(self.source, receipt), self._arriving(sent)

    def _arriving(self, sent: tuple[Any, ...]) -> Message16:
        header, sender, data, receiver, extra_args, _, _, _, tokens = sent
        gas_limit, _ = decode(["uint256", "bool"], extra_args[4:])
        arriving = [
            (padded(pool), hexed(token[-20:]), decode(["uint32"], gas)[0], extra, amount)
            for pool, token, extra, amount, gas in tokens
        ]
        values = (header, padded(sender), data, hexed(receiver[-20:]), gas_limit, arriving)
        fields = encode_values(
            ["bytes32", "address", "uint64", "uint256", "uint64"],
            [header[0], values[3], header[3], gas_limit, header[4]],
        )
        leaf = encode_values(
            ["bytes32"] * 6,
            [
                bytes(32),
                self.lane_hash,
                keccak(fields),
                keccak(padded(sender)),
                keccak(data),
                keccak(encode_values([f"{TOKEN}[]"], [arriving])),
            ],
        )
        return Message16(header[3], values, keccak(leaf))

    def commit(self, messages: Sequence[Message16], *, priced: bool, forged: bool) -> Done:
        """Two committers sign, and two risk nodes inside; `forged`: one committer is somebody else."""
        return self._commit(messages, priced=priced, forged=forged, blessed=True)

    def _commit(self, messages: Sequence[Message16], *, priced: bool, forged: bool, blessed: bool) -> Done:
        self.sequence += 1
        root = (
            self.here.selector,
            padded(self.on_ramp.address),
            messages[0].number,
            messages[-1].number,
            merkle.root([message.leaf for message in messages]),
        )
        tokens = [(self.there.link.address, 15 * 10**18 + self.sequence)]
        prices = (tokens, [(self.here.selector, 4 * 10**13 + self.sequence)]) if priced else ([], [])
        votes = self._blessing(root) if blessed else []
        values = (prices, [root], [], votes) if blessed else (prices, [], [root], [])
        report = encode_values([COMMIT], [values])
        context = (self.digests[0], self.sequence.to_bytes(32, "big"))
        digest = keccak(keccak(report) + b"".join(context))
        signatures = parts.signed([SIGNERS[0], STRANGER if forged else SIGNERS[1]], digest)
        parities = bytes(signature[64] - 27 for signature in signatures).ljust(32, b"\0")
        rs, ss = ([signature[at : at + 32] for signature in signatures] for at in (0, 32))
        data = self.off_ramp.data("commit", context, report, rs, ss, parities)
        return self._transmit(data, succeeds=blessed and not forged)

    def _blessing(self, root: tuple[Any, ...]) -> list[tuple[bytes, bytes]]:
        there = self.there
        report = (
            there.node.chain_id,
            there.selector,
            there.rmn.address,
            self.off_ramp.address,
            self.root,
            [root],
        )
        types = ["bytes32", f"(uint256,uint64,address,address,bytes32,{ROOT}[])"]
        digest = keccak(encode_values(types, [keccak(b"RMN_V1_6_ANY2EVM_REPORT"), report]))
        signatures = parts.signed(_ordered(BLESSERS)[:BLESSINGS], digest)
        return [(signature[:32], _even(signature)) for signature in signatures]

    def bless(self, messages: Sequence[Message16]) -> Sequence[Done]:
        """Done inside the commit."""
        return []

    def execute(self, messages: Sequence[Message16], *, blessed: bool) -> tuple[Done, int]:
        """By a transmitter. `not blessed`: it is the commit that has to refuse, here of the message that comes next."""
        if not blessed:
            _, following = self.send(native=False, token=False)
            refused = self._commit([following], priced=False, forged=False, blessed=False)
            self._commit([following], priced=False, forged=False, blessed=True)
            return refused, 0
        leaves = [message.leaf for message in messages]
        proof = merkle.prove(leaves, range(len(leaves)))
        tokens = [[b""] * len(message.values[5]) for message in messages]
        values = [message.values for message in messages]
        report = (self.here.selector, values, tokens, list(proof.hashes), proof.flag_bits)
        self.sequence += 1
        context = (self.digests[1], self.sequence.to_bytes(32, "big"))
        data = self.off_ramp.data("execute", context, encode_values([f"{EXECUTE}[]"], [[report]]))
        done = self._transmit(data, succeeds=True)
        logs = [log for log in done.receipt["logs"] if log["topics"][0] == "0x" + CHANGED]
        states = [int(log["data"][66:130], 16) for log in logs]
        return done, states.count(SUCCESS)

    def _transmit(self, data: bytes, *, succeeds: bool) -> Done:
        sender = self.destination.accounts[TRANSMITTERS[0]]
        receipt = self.destination.send(sender, self.off_ramp.address, data, succeeds=succeeds)
        return Done(self.destination, receipt)


def _ordered(accounts: Sequence[int]) -> list[int]:
    """By address, as the contract wants signatures."""
    return sorted(accounts, key=dev_address)


def _even(signature: bytes) -> bytes:
    """The s that goes with v = 27, which is the only parity the contract knows."""
    s = int.from_bytes(signature[32:64], "big")
    return (s if signature[64] == 27 else CURVE_ORDER - s).to_bytes(32, "big")
