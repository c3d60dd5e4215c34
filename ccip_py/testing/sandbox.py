"""What a test holds in its hand: one network, and everything a test may want to do to it.

with open_sandbox() as ccip:                             without pytest: a script, a notebook, a shell
    inbox = ccip.deploy("b", "Inbox", ccip.router("b"))
    sent = ccip.send("a", "b", inbox, data=b"hi")
    ccip.run_until(sent, Stage.EXECUTED)
    assert inbox.lastData() == b"hi"
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from ccip_py.chains.deployment import ChainDeployment, LaneDeployment
from ccip_py.deploy import admin
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.artifacts import Artifact
from ccip_py.deploy.keys import party
from ccip_py.devnet.byzantine import Forgery
from ccip_py.devnet.delivery import MessageFailed, Stuck, is_cursed
from ccip_py.devnet.stepped import SteppedNetwork, SteppedOptions, stepped_network
from ccip_py.errors import BadInput
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.keccak import keccak
from ccip_py.sdk.client import Ccip, MessageOptions
from ccip_py.sdk.evm import Signer
from ccip_py.sdk.types import Fee, SentMessage, StageReached, Transaction
from ccip_py.testing.adversary import Faults, commit_forged, execute_forged, lie
from ccip_py.testing.compiler import Compiled, compile_solidity
from ccip_py.testing.contracts import Contract, deploy, load_artifact, shipped
from ccip_py.testing.expect import Reverts
from ccip_py.testing.faults import Fault, FaultProxy
from ccip_py.testing.journeys import messages_since, tell

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

__all__ = ["MessageFailed", "Sandbox", "Stage", "Stuck", "open_sandbox"]

GAS_LIMIT = 200_000
COINS = 10_000 * 10**18


class Sandbox:
    """A network to play with. Chains are "a" and "b", with more of them also "c", "d" and so on."""

    def __init__(self, network: SteppedNetwork, cache: Path, project: Path | None = None) -> None:
        self.network = network
        self._cache, self._project = cache, project
        self._faults = Faults(network)
        self._since = {name: anvil.block_number() for name, anvil in network.anvils.items()}

    def __repr__(self) -> str:
        return f"<a network of the chains {', '.join(self.chains)}>"

    # --- What there is ---

    @property
    def sdk(self) -> Ccip:
        """The client that applications use."""
        return self.network.ccip

    @property
    def chains(self) -> tuple[str, ...]:
        """The chains' names."""
        return tuple(self.network.anvils)

    @property
    def user(self) -> LocalAccount:
        """An account with coins, LINK and every token; what sends if nobody else is named."""
        return self.network.user

    @property
    def stranger(self) -> LocalAccount:
        """Another such account, for whoever is not supposed to be asked."""
        return self.network.stranger

    def chain(self, name: str) -> ChainDeployment:
        """Selector, chain id, RPC URL and addresses of a chain."""
        return self.network.chain(name)

    def lane(self, source: str, destination: str) -> LaneDeployment:
        """The contracts of a lane."""
        return self.network.lane(source, destination)

    def url(self, chain: str) -> str:
        """Where the chain answers JSON-RPC, for any other tool."""
        return self.network.anvils[self.chain(chain).name].url

    def router(self, chain: str) -> str:
        """The Router's address: what applications need to know of CCIP."""
        return checksum(self.chain(chain).router)

    def selector(self, chain: str) -> int:
        """The chain's selector."""
        return self.chain(chain).selector

    def token(self, chain: str, symbol: str = "BMT") -> Contract:
        """A token: "BMT" (burned here, minted there), "LRT" (locked here, released there), or "LINK"."""
        place = self.chain(chain)
        address = place.link if symbol == "LINK" else place.token(symbol).address
        return self.at(chain, "BurnMintERC20", checksum(address))

    # --- Accounts and contracts ---

    def _by(self, sender: Signer | None) -> Signer:
        return sender or self.network.signer

    def account(self, name: str, *, coins: int = COINS) -> LocalAccount:
        """An account of that name, the same one each time, with coins on every chain."""
        from eth_account import Account  # takes a third of a network's start: only for tests that ask

        account: LocalAccount = Account.from_key(keccak(b"ccip_py sandbox account " + name.encode()))
        for anvil in self.network.anvils.values():
            anvil.set_balance(account.address, coins)
        return account

    def balance(self, chain: str, who: Any, token: str | None = None) -> int:
        """Smallest units of a token, or wei."""
        address = str(getattr(who, "address", who))
        if token is not None:
            return int(self.token(chain, token).balanceOf(address))
        anvil = self.network.anvils[self.chain(chain).name]
        return int(anvil.rpc("eth_getBalance", address, "latest"), 16)

    def deploy(
        self, chain: str, what: str | Path | Artifact, *arguments: Any, sender: Signer | None = None
    ) -> Contract:
        """Deploy a contract: one that comes with ccip_py by name, an artifact, or a path to one."""
        driver, selector = self.sdk.driver, self.chain(chain).selector
        return deploy(driver, selector, self._artifact(what), arguments, self._by(sender))

    def at(self, chain: str, what: str | Path | Artifact, address: str) -> Contract:
        """A contract that is there already."""
        place = Address(bytes.fromhex(address[2:]))
        return Contract(
            self.sdk.driver, self.chain(chain).selector, self._artifact(what), place, self._by(None)
        )

    def compile(self, source: str | Path) -> Compiled:
        """Contracts by name, out of Solidity text, a file or a folder."""
        return compile_solidity(source, self._cache, self._project)

    def load(self, path: str | Path) -> Artifact:
        """An artifact of Foundry's or Hardhat's."""
        return load_artifact(self._project / path if self._project else path)

    def _artifact(self, what: str | Path | Artifact) -> Artifact:
        if isinstance(what, Artifact):
            return what
        return self.load(what) if isinstance(what, Path) or what.endswith(".json") else shipped(what)

    # --- Messages ---

    def send(
        self,
        source: str,
        destination: str,
        receiver: Any,
        *,
        sender: Signer | None = None,
        **options: Unpack[MessageOptions],
    ) -> SentMessage:
        """Send data, tokens, or both; fee and approvals are seen to. Without a gas limit it is 200,000, or 0 for tokens
        alone. A contract may stand for its address."""
        alone = bool(options.get("tokens")) and not options.get("data")
        options.setdefault("gas_limit", 0 if alone else GAS_LIMIT)
        to = str(getattr(receiver, "address", receiver))
        return self.sdk.send(source, destination, to, signer=self._by(sender), **options)

    def get_fee(self, source: str, destination: str, receiver: Any, **options: Unpack[MessageOptions]) -> Fee:
        """What `send` with the same arguments would cost now."""
        options.setdefault("gas_limit", GAS_LIMIT)
        return self.sdk.get_fee(source, destination, str(getattr(receiver, "address", receiver)), **options)

    def run_until(self, sent: SentMessage, stage: Stage = Stage.EXECUTED) -> StageReached:
        """Let the network work until the message has come that far, and no further."""
        return self.network.run_until(sent, stage)

    def execute(self, sent: SentMessage) -> StageReached:
        """Let this message arrive now, and no other: for delays and for any order of arrival. EXECUTED or FAILED, or still
        BLESSED if its sender's earlier messages come first. One that FAILED is tried again, and refused if it fails."""
        return self.network.execute(sent)

    def waiting(self) -> list[SentMessage]:
        """The messages of this test that have not been executed, oldest first on each chain; FAILED ones among them."""
        return [sent for sent in self.messages() if self.stage(sent) is not Stage.EXECUTED]

    def step(self) -> bool:
        """One round of every node, without blocks in between; whether anything came of it."""
        return self.network.step()

    def stage(self, sent: SentMessage) -> Stage:
        """How far the message is, by what the chains prove."""
        return self.sdk.look(sent).stage

    def messages(self) -> list[SentMessage]:
        """Every message sent in this test, by anybody, oldest first on each chain."""
        return messages_since(self.sdk, self.network.deployment, self._since)

    def deliver(self, *, at_most: int = 100) -> list[SentMessage]:
        """Let every message come to its end, also those that receivers send meanwhile; all of them. Failures are ends."""
        done: dict[bytes, SentMessage] = {}
        while waiting := [sent for sent in self.messages() if bytes(sent.message_id) not in done]:
            for sent in waiting:
                if len(done) == at_most:
                    return list(done.values())
                self.network.run_to_end(sent)
                done[bytes(sent.message_id)] = sent
        return list(done.values())

    def manually_execute(
        self, sent: SentMessage, *, sender: Signer | None = None, gas_limit: int = 0
    ) -> Transaction:
        """Execute by hand what failed, or what nobody executed within the window."""
        return self.sdk.manually_execute(
            sent, signer=sender or self.network.strange_signer, gas_limit=gas_limit
        )

    # --- Time, and what goes wrong ---

    def mine(self, blocks: int = 1, chain: str | None = None) -> None:
        """Mine empty blocks on every chain, or on one."""
        self.network.mine(blocks, chain)

    def warp(self, seconds: int) -> None:
        """Let time pass on all chains together."""
        self.network.warp(seconds)

    def reorg(self, chain: str, depth: int) -> None:
        """Make the last blocks of a chain never have happened. What a test undoes must have happened in it."""
        place = self.chain(chain).name
        mine = self.network.anvils[place].block_number() - self._since[place]
        if depth > mine:
            raise BadInput(
                f"only {mine} blocks of {place} were mined in this test, and {depth} should go",
                hint=f'ccip.mine({depth - mine}, "{place}") at the start of the test',
            )
        self.network.reorg(chain, depth)

    def curse(self, on: str, subject: str) -> None:
        """The guardian stops all messages between the two chains on the chain `on`, at once."""
        guardian = admin.Console(self.chain(on), party(f"anvil:{roles.GUARDIAN}"))
        admin.curse(guardian, self.chain(subject).selector)

    def uncurse(self, on: str, subject: str) -> None:
        """The owner lifts the curse."""
        owner = admin.Console(self.chain(on), party(f"anvil:{roles.OWNER}"))
        admin.uncurse(owner, self.chain(subject).selector)

    def is_cursed(self, on: str, subject: str) -> bool:
        """Whether messages between the two are stopped on the chain `on`."""
        return is_cursed(self.network, on, subject)

    def fail_committer(self, *indices: int) -> None:
        """These of the four committers are down from now on; with two of them down, nothing is committed."""
        self.network.nodes.down.update(f"committer {index}" for index in indices)

    def fail_monitor(self, *indices: int) -> None:
        """These of the four risk monitors are down from now on; with two of them down, nothing is blessed."""
        self.network.nodes.down.update(f"monitor {index}" for index in indices)

    def fail_executor(self) -> None:
        """No executor works from now on."""
        self.network.nodes.down.update(self.network.nodes.executors)

    def recover(self) -> None:
        """Every node is up again, and goes on from its journal."""
        self.network.nodes.down.clear()

    def rpc_faults(self, chain: str, *faults: Fault, nodes: Sequence[str] | None = None) -> FaultProxy:
        """These nodes (None: all committers) reach the chain through an endpoint with these faults from now on. Change
        them with the proxy's `set` and `clear`. Faults are in `ccip_py.testing.faults`; nodes are named "committer 0",
        "monitor 3", "executor 0"."""
        return self._faults.put(chain, self.network.nodes.committers if nodes is None else nodes, faults)

    def lying_committers(self, *indices: int) -> None:
        """These of the four committers say from now on that every message goes to somebody else."""
        lie(self.network, self._faults, [f"committer {index}" for index in indices])

    def commit_forged(self, sent: SentMessage, token: str = "BMT", amount: int = 10**18) -> Forgery:
        """A corrupt quorum of committers signs that `sent` pays so many tokens to a thief, and it lands."""
        return commit_forged(self.network, sent, token, amount)

    def execute_forged(self, sent: SentMessage, forgery: Forgery) -> None:
        """The executor tries to execute what was forged; raises what the chain says to it."""
        execute_forged(self.network, sent, forgery)

    def watch(self) -> None:
        """Every risk monitor looks at everything, whether or not a message asks for it."""
        self.network.watch()

    def reverts(self, error: str, **values: Any) -> Reverts:
        """`with ccip.reverts("TooBig", given=101):` the block must be refused by a contract with that error, and with
        those values."""
        return Reverts(error, values)

    # --- Isolation and reporting ---

    def close(self) -> None:
        """Give back what this object took besides the network."""
        self._faults.clear()

    @contextmanager
    def isolated(self, finality: int | None = None, *, keep: bool = False) -> Iterator[None]:
        """Undo, at the end, all that happens in here: on all chains, in all nodes, and in their clocks. `keep` does not.
        `finality`: how many blocks must lie above a final one meanwhile."""
        before = None if keep else self.network.snapshot()
        self.network.use_finality(finality)
        self._since = {name: anvil.block_number() for name, anvil in self.network.anvils.items()}
        try:
            yield
        finally:
            self._faults.clear()
            if before is not None:
                self.network.revert(before)

    def report(self) -> str:
        """The journey of every message of this test, in words."""
        return tell(self.sdk, self.network, self.messages())


@contextmanager
def open_sandbox(
    *, chains: int = 2, cache: Path | None = None, project: Path | None = None
) -> Iterator[Sandbox]:
    """Start a network, hand it over, and take it down."""
    with stepped_network(SteppedOptions(chains=chains)) as network:
        sandbox = Sandbox(network, cache or default_cache(), project)
        try:
            yield sandbox
        finally:
            sandbox.close()


def default_cache() -> Path:
    """Where compiled sources are kept between runs."""
    return Path.home() / ".cache" / "ccip_py"
