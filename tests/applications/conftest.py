"""Applications as a project of their own: compiled with the import paths of production's packages, run on our network.

The project holds no source of ours. Its settings point production's package names at the files here that offer the
same interface, as an application's build would point them at an npm package.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ccip_py.deploy import artifacts
from ccip_py.deploy.compile import ROOT, compile_contracts
from ccip_py.testing import Sandbox
from ccip_py.testing.contracts import Contract

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
        r"remappings = \[.*?\]", f"remappings = [{lines}]", settings, count=1, flags=re.DOTALL
    )
    assert replaced == 1
    (project / "foundry.toml").write_text(settings, encoding="utf-8")
    compile_contracts(project, COMPILED)
    return COMPILED


@pytest.fixture
def put(ccip: Sandbox, compiled: Path) -> Callable[..., Contract]:
    """Deploy an application's contract on a chain: `put("a", "Messenger")`. All of them want the Router and LINK."""

    def deploy(chain: str, contract: str) -> Contract:
        link = ccip.token(chain, "LINK")
        return ccip.deploy(chain, artifacts.load(contract, compiled), ccip.router(chain), link)

    return deploy
