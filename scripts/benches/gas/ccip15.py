"""The published contracts of CCIP 1.5, from an unpacked npm package: only its abi/ and bytecode/ are read.

The lane is driven with the same messages, transactions and helper contracts as ours, so that what differs in the
figures is the contracts. What differs besides, because it is theirs: 2 of 4 committers sign a commit, and each of
two risk voters sends a transaction of its own.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ccip_py.deploy import artifacts
from ccip_py.protocol.codec.evm import calls
from ccip_py.protocol.codec.evm.messages import encode_values
from ccip_py.protocol.codec.evm.reports import encode_execution_report
from ccip_py.protocol.digests import report_context, report_digest
from ccip_py.protocol.message import Message
from ccip_py.protocol.report import GasPrice, PriceUpdates, TokenPrice
from ccip_py.protocol.selectors import selector_of

from . import parts
from .figures import Measured
from .node import Node
from .ours import CHAIN_IDS
from .package import Contract, Package, padded
from .parts import raw
from .scenario import REFUSED, Done, Scenario
from .solidity import RECEIVERS, compiled

ZERO = "0x" + "00" * 20
QUORUM = 2
HOLDER = 8
VOTERS = (11, 12)
SIGNERS = (20, 21, 22, 23)
TRANSMITTERS = (1, 2, 3, 4)  # other addresses than the signers
STRANGER = 25
VERSIONS: Mapping[str, str] = {
    "evm_2_evm_onramp": "v1_5_0",
    "evm_2_evm_offramp": "v1_5_0",
    "commit_store": "v1_5_0",
    "rmn_contract": "v1_5_0",
    "rmn_proxy_contract": "v1_0_0",
    "price_registry": "v1_2_0",
    "router": "v1_2_0",
    "token_admin_registry": "v1_5_0",
    "burn_mint_token_pool": "v1_5_1",
    "factory_burn_mint_erc20": "v1_5_1",
}


def measure(package: Path, anvil: Path | None = None) -> Measured:
    """The figures of CCIP 1.5."""
    with Node(CHAIN_IDS[0], anvil) as source, Node(CHAIN_IDS[1], anvil) as destination:
        figures = Scenario(PublishedLane(Package(package, VERSIONS), source, destination)).run()
    note = f"published bytecode; {QUORUM} of 4 committers sign, {len(VOTERS)} risk voters send a transaction each"
    return Measured("CCIP 1.5", figures, REFUSED, note)


class Side:
    """What one chain has, whatever lanes there are."""

    def __init__(self, package: Package, node: Node, wrapped_native: bytes) -> None:
        self.node, self.selector = node, selector_of(node.chain_id)
        accounts = node.accounts
        voters = [(accounts[voter], accounts[voter + 3], 1, 1) for voter in (*VOTERS, VOTERS[-1] + 1)]
        self.rmn = package.deploy(node, "rmn_contract", (voters, 2, 2))
        self.proxy = package.deploy(node, "rmn_proxy_contract", self.rmn.address)
        self.weth = node.deploy(accounts[0], wrapped_native)
        self.link, self.token = (
            package.deploy(node, "factory_burn_mint_erc20", name, name, 18, 0, 0, accounts[0])
            for name in ("LINK", "BM")
        )
        self.router = package.deploy(node, "router", self.weth, self.proxy.address)
        self.registry = package.deploy(node, "token_admin_registry")
        self.prices = package.deploy(
            node, "price_registry", [accounts[0]], [self.link.address, self.weth], 90_000_000
        )
        self.pool = package.deploy(
            node, "burn_mint_token_pool", self.token.address, 18, [], self.proxy.address, self.router.address
        )
        self.registry.send("proposeAdministrator", self.token.address, accounts[0])
        self.registry.send("acceptAdminRole", self.token.address)
        self.registry.send("setPool", self.token.address, self.pool.address)
        self.token.send("grantMintAndBurnRoles", self.pool.address)
        for token in (self.link, self.token):
            token.send("grantMintAndBurnRoles", accounts[0])
            token.send("mint", accounts[0], 10**27)
            token.send("approve", self.router.address, parts.FOREVER)

    def meet(self, other: "Side") -> None:
        """Price the other chain, and let the pool serve it."""
        prices = [(self.link.address, 20 * 10**18), (self.weth, 3_000 * 10**18)]
        self.prices.send("updatePrices", (prices, [(other.selector, 2 * 10**13)]))
        off = (False, 0, 0)
        chain = (other.selector, [padded(other.pool.address)], padded(other.token.address), off, off)
        self.pool.send("applyChainUpdates", [], [chain])


class PublishedLane:
    """A lane of the published contracts, deployed and configured."""

    def __init__(self, package: Package, source: Node, destination: Node) -> None:
        wrapped = artifacts.load("WrappedNative").bytecode  # the same as on our lane
        self.source, self.destination = source, destination
        self.here = here = Side(package, source, wrapped)
        self.there = there = Side(package, destination, wrapped)
        here.meet(there)
        there.meet(here)
        self.noop = destination.deploy(destination.accounts[0], compiled(RECEIVERS)["Noop"])
        self.on_ramp = _on_ramp(package, here, there)
        static = (there.selector, here.selector, self.on_ramp.address, there.proxy.address)
        self.store = package.deploy(destination, "commit_store", static)
        self.off_ramp = package.deploy(
            destination,
            "evm_2_evm_offramp",
            (
                self.store.address,
                there.selector,
                here.selector,
                self.on_ramp.address,
                ZERO,
                there.proxy.address,
                there.registry.address,
            ),
            (False, 0, 0),
        )
        there.prices.send("applyPriceUpdatersUpdates", [self.store.address], [])
        here.router.send("applyRampUpdates", [(there.selector, self.on_ramp.address)], [], [])
        there.router.send("applyRampUpdates", [], [], [(here.selector, self.off_ramp.address)])
        self.epoch = 1
        self._configure()

    def _configure(self) -> None:
        signers, transmitters = (
            [self.destination.accounts[each] for each in group] for group in (SIGNERS, TRANSMITTERS)
        )
        prices, router = self.there.prices.address, self.there.router.address
        of_store = encode_values(["address"], [prices])
        types = ["uint32", "uint32", "uint16", "address", "address"]
        of_ramp = encode_values(types, [28_800, 30_000, 10, router, prices])
        self.store.send("setOCR2Config", signers, transmitters, 1, of_store, 1, b"")
        self.off_ramp.send("setOCR2Config", signers, transmitters, 1, of_ramp, 1, b"")
        self.digests = [
            self.destination.call(each.address, each.data("latestConfigDetails"))[64:96]
            for each in (self.store, self.off_ramp)
        ]

    def send(self, *, native: bool, token: bool) -> tuple[Done, Message]:
        """From the first account, to the receiver or to an account."""
        message = parts.outgoing(
            self.destination.accounts[HOLDER] if token else self.noop,
            None if native else raw(self.here.link.address),
            raw(self.here.token.address) if token else None,
        )
        user, router = self.source.accounts[0], self.here.router.address
        return parts.send(self.source, user, router, self.there.selector, message)

    def commit(self, messages: Sequence[Message], *, priced: bool, forged: bool) -> Done:
        """f + 1 = 2 committers sign; `forged`: one of them is somebody else."""
        self.epoch += 1
        prices = PriceUpdates(
            (TokenPrice(raw(self.there.link.address), 15 * 10**18 + self.epoch),),
            (GasPrice(self.here.selector, 4 * 10**13 + self.epoch),),
        )
        report = parts.commit_report(messages, prices if priced else PriceUpdates())
        context = report_context(self.digests[0], self.epoch, 1)
        signers = [SIGNERS[0], STRANGER if forged else SIGNERS[1]]
        data = calls.transmit_call(context, report, parts.signed(signers, report_digest(report, context)))
        return self._transmit(self.store, data, succeeds=not forged)

    def bless(self, messages: Sequence[Message]) -> Sequence[Done]:
        """A transaction of each voter."""
        tagged = [(self.store.address, parts.root_of(messages))]
        voters = [self.destination.accounts[voter] for voter in VOTERS]
        return [
            Done(self.destination, self.there.rmn.send("voteToBless", tagged, sender=voter))
            for voter in voters
        ]

    def execute(self, messages: Sequence[Message], *, blessed: bool) -> tuple[Done, int]:
        """As a transmitter sends it, without signatures."""
        self.epoch += 1
        report = encode_execution_report(parts.whole(messages))
        data = calls.transmit_call(report_context(self.digests[1], self.epoch, 1), report, [])
        done = self._transmit(self.off_ramp, data, succeeds=blessed)
        return done, parts.successes(done.receipt)

    def _transmit(self, contract: "Contract", data: bytes, *, succeeds: bool) -> Done:
        sender = self.destination.accounts[TRANSMITTERS[0]]
        receipt = self.destination.send(sender, contract.address, data, succeeds=succeeds)
        return Done(self.destination, receipt)


def _on_ramp(package: Package, here: Side, there: Side) -> Contract:
    return package.deploy(
        here.node,
        "evm_2_evm_onramp",
        (
            here.link.address,
            here.selector,
            there.selector,
            200_000,
            10**27,
            ZERO,
            here.proxy.address,
            here.registry.address,
        ),
        (
            here.router.address,
            10,
            350_000,
            16,
            100,
            16,
            1,
            here.prices.address,
            30_000,
            3_000_000,
            25,
            90_000,
            False,
        ),
        (False, 0, 0),
        [
            (here.link.address, 10, 11 * 10**17, 9 * 10**17, True),
            (here.weth, 10, 11 * 10**17, 10**18, True),
        ],
        [],
        [],
    )
