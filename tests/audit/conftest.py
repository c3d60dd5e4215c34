"""A network with a past: some of everything delivered, one message failed, some waiting at each stage.

Violations are staged on its real chains and taken back afterwards. What the contracts refuse is staged by making
them say it all the same: their code is exchanged for one transaction by code that emits whatever it is told.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ccip_py.audit.deployment import load_sites
from ccip_py.audit.history import Finding, History
from ccip_py.audit.reading import read_history
from ccip_py.audit.verdict import Verdict, judge
from ccip_py.audit.words import put, signature
from ccip_py.chains.deployment import dump_deployment
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.types import SentMessage
from ccip_py.testing.sandbox import Sandbox, open_sandbox

UNIT = 10**18


@dataclass(frozen=True)
class Past:
    """What happened before the tests."""

    network: Sandbox
    executed: SentMessage  # data, a→b
    tokens: SentMessage  # BMT, a→b
    failed: SentMessage
    committed: SentMessage  # and never blessed
    ordered: tuple[SentMessage, SentMessage]  # of one sender, final, never committed


@pytest.fixture(scope="session")
def past() -> Iterator[Past]:
    with open_sandbox() as network:
        yield _live(network)


def _live(ccip: Sandbox) -> Past:
    inbox, greedy = (
        ccip.deploy("b", "Inbox", ccip.router("b")),
        ccip.deploy("b", "GreedyInbox", ccip.router("b")),
    )
    ann, bob = ccip.account("ann"), ccip.account("bob")
    executed = ccip.send("a", "b", inbox, data=b"hello")
    tokens = ccip.send("a", "b", ccip.user, tokens=[("BMT", 3 * UNIT)], fee_token="LINK")
    failed = ccip.send("a", "b", greedy, data=b"feed me", gas_limit=100_000, sender=ann, out_of_order=False)
    ccip.send("b", "a", ccip.user, tokens=[("LRT", 2 * UNIT), ("BMT", UNIT)])
    ccip.deliver()
    committed = ccip.send("a", "b", inbox, data=b"nobody blesses me")
    ccip.run_until(committed, Stage.COMMITTED)
    ordered = tuple(
        ccip.send("a", "b", inbox, data=b"wait", sender=bob, out_of_order=False) for _ in range(2)
    )
    ccip.mine(8)
    return Past(ccip, executed, tokens, failed, committed, (ordered[0], ordered[1]))


class Scene:
    """The chains, for as long as one test plays with them."""

    def __init__(self, past: Past) -> None:
        self.past = past
        self.network = past.network.network
        self.deployment = json.loads(dump_deployment(self.network.deployment))

    def history(self) -> History:
        return read_history(load_sites(self.deployment))

    def verdict(self) -> Verdict:
        return judge(self.history())

    def caught(self, invariant: str, *transactions: str) -> Finding:
        """The violation of that invariant that names all these transactions."""
        violations = [v for v in self.verdict().violations if v.invariant == invariant]
        naming = [v for v in violations if set(transactions) <= set(v.transactions)]
        assert naming, f"{invariant} was not found broken by {transactions}, but: {violations}"
        return naming[0]

    def act(self, chain: str, account: bytes, to: bytes, data: bytes, value: int = 0) -> str:
        """A transaction from any account at all; its hash."""
        anvil, sender = self.network.anvils[chain], "0x" + account.hex()
        anvil.set_balance(sender, 10 * UNIT)
        anvil.rpc("anvil_impersonateAccount", sender)
        call = {"from": sender, "to": "0x" + to.hex(), "data": "0x" + data.hex(), "gas": hex(5_000_000)}
        call["value"] = hex(value)
        hash_ = anvil.rpc("eth_sendTransaction", call)
        while (receipt := anvil.rpc("eth_getTransactionReceipt", hash_)) is None:
            pass
        assert receipt["status"] == "0x1"
        return str(hash_)

    def forge(self, chain: str, contract: bytes, event: str, *topics: bytes, data: bytes = b"") -> str:
        """Make a contract say something; its hash. Its code is put back."""
        anvil, address = self.network.anvils[chain], "0x" + contract.hex()
        code = anvil.rpc("eth_getCode", address, "latest")
        words = [signature(event), *topics]
        anvil.rpc("anvil_setCode", address, "0x" + emitter(len(words)).hex())
        hash_ = self.act(chain, bytes(19) + b"\x01", contract, b"".join(words) + data)
        anvil.rpc("anvil_setCode", address, code)
        return hash_


def emitter(topics: int) -> bytes:
    """Code that emits its calldata: so many topics, the rest as data."""
    before = bytes([0x60, 32 * topics])  # PUSH1
    size = before + bytes([0x36, 0x03])  # CALLDATASIZE SUB
    copy = size + before + bytes([0x5F, 0x37])  # PUSH0 CALLDATACOPY
    pushed = b"".join(bytes([0x60, 32 * i, 0x35]) for i in reversed(range(topics)))  # PUSH1 CALLDATALOAD
    return copy + pushed + size + bytes([0x5F, 0xA0 + topics, 0x00])  # PUSH0 LOGn STOP


@pytest.fixture
def scene(past: Past) -> Iterator[Scene]:
    snapshots = {name: anvil.snapshot() for name, anvil in past.network.network.anvils.items()}
    yield Scene(past)
    for name, anvil in past.network.network.anvils.items():
        anvil.revert(snapshots[name])


def topic(value: int | bytes) -> bytes:
    """A number or an address as a topic."""
    return put(value)
