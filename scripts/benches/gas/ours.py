"""Our own lane, deployed as `scripts/deploy` deploys it, driven one transaction at a time.

Steady state: allowances are infinite, balances are not zero, rate limits are off, and the bit map of execution states
is in a word that was written before.
"""

from collections.abc import Sequence
from pathlib import Path

from ccip_py.chains.deployment import Deployment
from ccip_py.deploy import artifacts
from ccip_py.deploy.devnet import BLESSERS, BURN_MINT, COMMITTERS, EXECUTORS, USERS, devnet_config
from ccip_py.deploy.network import deploy_network
from ccip_py.protocol.blessing import Blessing
from ccip_py.protocol.codec.evm import calls
from ccip_py.protocol.digests import bless_digest, report_context, report_digest, rmn_domain
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.message import Message
from ccip_py.protocol.report import GasPrice, PriceUpdates, TokenPrice

from . import parts
from .breakdown import frames, text
from .figures import Measured, Operation
from .node import Node
from .parts import hexed
from .scenario import REFUSED, Done, Scenario
from .solidity import RECEIVERS, compiled

CHAIN_IDS = (31337, 1337)
QUORUM = 3
SENDER, HOLDER, RELAYER, DEPLOYER = USERS


def measure(anvil: Path | None = None) -> tuple[Measured, dict[Operation, str]]:
    """Our figures, and a breakdown of each by call."""
    with Node(CHAIN_IDS[0], anvil) as source, Node(CHAIN_IDS[1], anvil) as destination:
        deployment = deploy_network(devnet_config((source.url, destination.url), limits=None))
        noop = destination.deploy(destination.accounts[DEPLOYER], compiled(RECEIVERS)["Noop"])
        scenario = Scenario(OurLane(source, destination, deployment, noop))
        figures = scenario.run()
        names, selectors = _names(deployment, noop), _selectors()
        traces = {
            operation: text(frames(done.node.trace(done.receipt["transactionHash"]), names, selectors))
            for operation, done in scenario.last.items()
        }
    note = f"this checkout, devnet configuration; {QUORUM} of 4 committers sign, {QUORUM} of 4 monitors bless"
    return Measured("ours", figures, REFUSED, note), traces


class OurLane:
    """One lane from the first chain to the second, and who drives it."""

    def __init__(self, source: Node, destination: Node, deployment: Deployment, noop: str) -> None:
        self.source, self.destination, self.noop = source, destination, noop
        self.here, self.there = deployment.chains
        self.lane = deployment.lane(self.here.selector, self.there.selector)
        self.token = self.here.token(BURN_MINT).address
        self.epoch = 1
        approval = parts.function("approve(address,uint256)", self.here.router, parts.FOREVER)
        for token in (self.here.link, self.token):
            source.send(source.accounts[SENDER], hexed(token), approval)

    def send(self, *, native: bool, token: bool) -> tuple[Done, Message]:
        """From the first user, to the receiver or to the second user's account."""
        message = parts.outgoing(
            self.destination.accounts[HOLDER] if token else self.noop,
            None if native else self.here.link,
            self.token if token else None,
        )
        user, router = self.source.accounts[SENDER], hexed(self.here.router)
        return parts.send(self.source, user, router, self.there.selector, message)

    def commit(self, messages: Sequence[Message], *, priced: bool, forged: bool) -> Done:
        """Three committers sign; `forged`: one of them is somebody else."""
        self.epoch += 1
        prices = PriceUpdates(
            (TokenPrice(self.there.link, 15 * 10**18 + self.epoch),),
            (GasPrice(self.here.selector, 4 * 10**13 + self.epoch),),
        )
        report = parts.commit_report(messages, prices if priced else PriceUpdates())
        context = report_context(self.lane.config_digest, self.epoch, 1)
        signers = [*COMMITTERS[: QUORUM - 1], SENDER if forged else COMMITTERS[QUORUM - 1]]
        signatures = parts.signed(signers, report_digest(report, context))
        data = calls.transmit_call(context, report, signatures)
        sender, store = self.destination.accounts[COMMITTERS[0]], hexed(self.lane.commit_store)
        return Done(self.destination, self.destination.send(sender, store, data, succeeds=not forged))

    def bless(self, messages: Sequence[Message]) -> Sequence[Done]:
        """Three votes of monitors, relayed by a stranger in one transaction."""
        blessing = Blessing(
            commit_store=self.lane.commit_store,
            source_chain_selector=self.here.selector,
            on_ramp=self.lane.on_ramp,
            first=messages[0].sequence_number,
            last=messages[-1].sequence_number,
            root=parts.root_of(messages),
            epoch=0,
        )
        digest = bless_digest(rmn_domain(self.destination.chain_id, self.there.rmn), blessing, 1)
        votes = [_compact(signature) for signature in parts.signed(BLESSERS[:QUORUM], digest)]
        relayer, rmn = self.destination.accounts[RELAYER], hexed(self.there.rmn)
        return [
            Done(self.destination, self.destination.send(relayer, rmn, calls.bless_call(blessing, votes)))
        ]

    def execute(self, messages: Sequence[Message], *, blessed: bool) -> tuple[Done, int]:
        """By the registered executor."""
        executor, ramp = self.destination.accounts[EXECUTORS[0]], hexed(self.lane.off_ramp)
        data = calls.execute_call(parts.whole(messages))
        receipt = self.destination.send(executor, ramp, data, succeeds=blessed)
        return Done(self.destination, receipt), parts.successes(receipt)


def _compact(signature: bytes) -> tuple[bytes, bytes]:
    """As EIP-2098 has it: the parity is the highest bit of s."""
    s = bytearray(signature[32:64])
    s[0] |= (signature[64] - 27) << 7
    return signature[:32], bytes(s)


def _names(deployment: Deployment, noop: str) -> dict[str, str]:
    """Address → contract, for traces."""
    names = {noop.lower(): "receiver", "0x" + "00" * 19 + "01": "ecrecover"}
    for chain in deployment.chains:
        shared = (
            "router",
            "fee_quoter",
            "rmn",
            "rmn_proxy",
            "token_admin_registry",
            "wrapped_native",
            "link",
        )
        names |= {hexed(getattr(chain, contract)): contract for contract in shared}
        names |= {hexed(token.address): token.symbol for token in chain.tokens}
        names |= {hexed(token.pool): f"{token.symbol} pool" for token in chain.tokens}
    for lane in deployment.lanes:
        names |= {hexed(getattr(lane, ramp)): ramp for ramp in ("on_ramp", "commit_store", "off_ramp")}
    return names


def _selectors() -> dict[str, str]:
    """Selector → function, of every contract of ours."""
    functions = (
        (entry["name"], ",".join(map(parts.kind, entry["inputs"])))
        for name in artifacts.names()
        for entry in artifacts.load(name).abi
        if entry["type"] == "function"
    )
    return {keccak(f"{name}({types})".encode())[:4].hex(): name for name, types in functions}
