"""Applications as a project of their own: compiled with the import paths of production's packages, run on our network.

The project holds no source of ours. Its settings point production's package names at the files here that offer the
same interface, as an application's build would point them at an npm package.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ccip_py.deploy import artifacts
from ccip_py.deploy.abi import call_data, creation_data, result
from ccip_py.deploy.compile import ROOT, compile_contracts
from ccip_py.devnet.network import Network, Options, start_network
from ccip_py.protocol.ids import Address
from ccip_py.sdk.evm import as_address, call_request, succeeded, transact
from ccip_py.sdk.flow import ask
from ccip_py.sdk.types import Transaction

SOURCES = Path(__file__).parent / "contracts"
COMPILED = ROOT / "build" / "applications"  # kept: compiling takes a while, and nothing is compiled twice
PACKAGE = "@chainlink/contracts-ccip/contracts"
REMAPPINGS = (
    f"{PACKAGE}/interfaces/IRouterClient.sol=ours/interfaces/IRouterClient.sol",
    f"{PACKAGE}/libraries/Client.sol=ours/types/Client.sol",
    f"{PACKAGE}/applications/CCIPReceiver.sol=ours/receivers/CCIPReceiver.sol",
    "@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/",
)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the applications' artifacts."""
    project = tmp_path_factory.mktemp("project")
    for name, place in {
        "contracts": SOURCES,
        "ours": ROOT / "contracts",
        "node_modules": ROOT / "node_modules",
        "scripts": ROOT / "scripts",
    }.items():
        (project / name).symlink_to(place)
    settings = (ROOT / "foundry.toml").read_text(encoding="utf-8")
    lines = "".join(f'"{each}", ' for each in REMAPPINGS)
    settings, replaced = re.subn(
        r"remappings = \[.*?\]", f"remappings = [{lines}]", settings, flags=re.DOTALL
    )
    assert replaced == 1
    (project / "foundry.toml").write_text(settings, encoding="utf-8")
    compile_contracts(project, COMPILED)
    return COMPILED


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    with start_network(Options(block_times=(1, 1), epochs=(1, 1), permissionless_window=3_600)) as running:
        yield running
        running.check()


@dataclass(frozen=True, slots=True)
class Application:
    """One deployed contract, and its owner's hands on it."""

    network: Network
    chain: str
    artifact: artifacts.Artifact
    address: Address

    def act(self, function: str, *arguments: Any) -> Transaction:
        """Call it in a transaction, as its owner."""
        data = call_data(self.artifact, function, arguments)
        flow = transact(self.network.chain(self.chain).selector, self.network.user, self.address, data)
        return self.network.ccip.driver.run(flow)[0]

    def view(self, function: str, *arguments: Any) -> Any:
        """Call a view; the value, or a dict of several by name."""
        data = call_data(self.artifact, function, arguments)

        def flow() -> Any:
            (answer,) = yield from ask(
                self.network.chain(self.chain).selector, call_request(self.address, data)
            )
            return bytes.fromhex(succeeded(answer)[2:])

        return result(self.artifact, function, len(arguments), self.network.ccip.driver.run(flow()))

    def pay(self, token: Address, amount: int) -> None:
        """Give it tokens of the user's."""
        artifact = artifacts.load("BurnMintERC20")
        data = call_data(artifact, "transfer", (self.address, amount))
        flow = transact(self.network.chain(self.chain).selector, self.network.user, token, data)
        self.network.ccip.driver.run(flow)


@pytest.fixture(scope="session")
def put(network: Network, compiled: Path) -> Any:
    """Deploy an application's contract on a chain: `put("a", "Messenger", router, link)`."""

    def deploy(chain: str, contract: str, *arguments: Any) -> Application:
        artifact = artifacts.load(contract, compiled)
        flow = transact(network.chain(chain).selector, network.user, None, creation_data(artifact, arguments))
        _, receipt = network.ccip.driver.run(flow)
        return Application(network, chain, artifact, as_address(receipt["contractAddress"]))

    return deploy
