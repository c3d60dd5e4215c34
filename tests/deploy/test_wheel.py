"""The wheel stands alone: in an empty environment, without Node, a compiler or this checkout, a network comes up.

Dependencies are not downloaded. They are linked from the environment that runs the tests, one by one: those that the
wheel declares, those that these declare, and nothing else. So a dependency that is used and not declared is missed
here as it would be by whoever installs the wheel.
"""

import configparser
import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ccip_py.deploy.compile import ROOT
from ccip_py.deploy.devnet import ACCOUNTS, CHAIN_IDS
from ccip_py.deploy.solc import find_solc, read_settings
from ccip_py.devnet.anvil import Anvil, AnvilOptions, find_anvil
from ccip_py.protocol.journey import Stage
from ccip_py.testing.compiler import compile_solidity

pytestmark = pytest.mark.slow

BUILD = ["pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
INSTALL = ["install", "--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
JOURNEY = Path(__file__).parent / "journey_from_a_wheel.py"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built where an earlier build has left a module that is gone by now."""
    left = ROOT / "build" / "lib" / "ccip_py" / "gone.py"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.touch()
    dist = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", *BUILD, "--quiet", "--wheel-dir", str(dist), str(ROOT)])
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment that holds the wheel and what it declares."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    run([sys.executable, "-m", "pip", "--python", str(python), *INSTALL, str(wheel)])
    purelib = Path(run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip())
    for name in sorted(closure("ccip_py")):
        link(name, purelib)
    return folder


def run(command: list[str], **settings: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **settings)
    assert done.returncode == 0, f"{command} says:\n{done.stdout}\n{done.stderr}"
    return str(done.stdout)


def closure(package: str) -> set[str]:
    """Every distribution that the package needs here, itself left out."""
    needed: set[str] = set()
    todo = [(package, "")]
    seen = set(todo)
    while todo:
        name, extra = todo.pop()
        for text in importlib.metadata.requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                dependency = canonicalize_name(requirement.name)
                needed.add(dependency)
                new = {(dependency, each) for each in ("", *requirement.extras)} - seen
                seen |= new
                todo += new
    return needed


def link(name: str, purelib: Path) -> None:
    """Make one installed distribution visible in another environment."""
    files = importlib.metadata.files(name)
    assert files, f"{name} is not installed"
    for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
        place = Path(sysconfig.get_path("purelib")) / top
        if place.suffix != ".pth" and not (purelib / top).exists():
            (purelib / top).symlink_to(place)


@pytest.fixture(scope="module")
def two_chains() -> Iterator[list[str]]:
    """Two chains that mine each transaction at once, and a block a second besides, as finality needs."""
    options = [
        AnvilOptions(chain_id=chain_id, accounts=ACCOUNTS, block_time=1, mixed_mining=True)
        for chain_id in CHAIN_IDS[:2]
    ]
    with Anvil(options[0]) as a, Anvil(options[1]) as b:
        yield [a.url, b.url]


def test_the_wheel_holds_the_package_and_the_contracts_that_applications_import(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        artifact = json.loads(archive.read("ccip_py/deploy/artifacts/Router.json"))

    assert {name.split("/")[0] for name in names} == {"ccip_py", "ccip_py-0.1.0.dist-info"}
    kinds = {Path(name).suffix for name in names if name.startswith("ccip_py/")}
    assert kinds == {".py", ".json", ".typed", ".sol"}
    assert "ccip_py/deploy/artifacts/solidity/ccip/apps/CrossChainApp.sol" in names
    assert "ccip_py/py.typed" in names
    assert set(artifact) == {
        "contractName",
        "sourceName",
        "abi",
        "bytecode",
        "deployedBytecode",
        "compiler",
    }


def test_every_module_of_the_checkout_is_in_the_wheel_and_no_other(wheel: Path) -> None:
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "ccip_py").rglob("*.py")}
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.endswith(".py")}

    assert packed == here


def test_no_wheel_without_the_contracts_of_these_sources(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    monkeypatch.setattr("ccip_py.deploy.compile.is_fresh", lambda: False)

    with pytest.raises(SystemExit, match="missing or old"):
        importlib.import_module("build_backend").build_wheel(str(tmp_path))


def test_every_command_of_the_wheel_starts(wheel: Path, installed: Path) -> None:
    commands = configparser.ConfigParser()
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        commands.read_string(archive.read(name).decode())

    assert "ccip-risk" in commands["console_scripts"]
    for command in commands["console_scripts"]:
        assert "usage" in run([str(installed / "bin" / command), "--help"], env=bare(installed)).lower()


OUTSIDERS_TEST = """
from pathlib import Path

import pytest
from ccip_py.testing import MessageFailed, Stage

@pytest.mark.parametrize("how", ["source", "foundry", "hardhat"])
def test_it_arrives(ccip, how):
    here = Path(__file__).parent
    compiled = ccip.compile(here / "src" / "Letters.sol")["Letters"]
    artifact = {
        "source": compiled,
        "foundry": here / "out" / "Letters.sol" / "Letters.json",
        "hardhat": here / "artifacts" / "contracts" / "Letters.sol" / "Letters.json",
    }[how]
    letters = ccip.deploy("b", artifact, ccip.router("b"))

    ccip.run_until(ccip.send("a", "b", letters, data=b"hi"), Stage.EXECUTED)
    assert letters.last() == b"hi"

    with pytest.raises(MessageFailed, match=r"Empty\\(\\)"):
        ccip.run_until(ccip.send("a", "b", letters))
"""
LETTERS = """
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {CCIPReceiver} from "ccip/receivers/CCIPReceiver.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";

contract Letters is CCIPReceiver {
    error Empty();

    bytes public last;

    constructor(address router) CCIPReceiver(router) {}

    function _ccipReceive(Client.Any2EVMMessage memory message) internal override {
        require(message.data.length != 0, Empty());
        last = message.data;
    }
}
"""


@pytest.fixture
def outsiders(tmp_path: Path) -> Path:
    """A project of somebody who has pip, Foundry's anvil and a compiler, and no checkout: with its contract as source, as
    Foundry builds it, and as Hardhat does."""
    source = tmp_path / "src" / "Letters.sol"
    source.parent.mkdir()
    source.write_text(LETTERS)
    (tmp_path / "test_letters.py").write_text(OUTSIDERS_TEST)
    built = compile_solidity(source, tmp_path / "cache", tmp_path)["Letters"]
    code, deployed = (f"0x{each.hex()}" for each in (built.bytecode, built.deployed_bytecode))
    foundry = {"abi": built.abi, "bytecode": {"object": code}, "deployedBytecode": {"object": deployed}}
    hardhat = {
        "contractName": "Letters",
        "sourceName": "contracts/Letters.sol",
        "abi": built.abi,
        "bytecode": code,
        "deployedBytecode": deployed,
    }
    for folder, artifact in (("out", foundry), ("artifacts/contracts", hardhat)):
        place = tmp_path / folder / "Letters.sol" / "Letters.json"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(artifact))
    return tmp_path


def test_a_project_elsewhere_tests_its_contracts_with_the_wheel(installed: Path, outsiders: Path) -> None:
    purelib = next((installed / "lib").glob("python3*")) / "site-packages"
    for name in ("pytest", *closure("pytest")):
        link(name, purelib)
    tools = {"CCIP_ANVIL": str(find_anvil()), "CCIP_SOLC": str(find_solc(ROOT, read_settings(ROOT).version))}

    said = run(
        [str(installed / "bin" / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        env={**bare(installed), **tools, "PATH": f"{installed / 'bin'}:{os.environ['PATH']}"},
        cwd=outsiders,
        timeout=300,
    )

    assert "3 passed" in said


def bare(installed: Path) -> dict[str, str]:
    """An environment in which nothing is found but the wheel's own commands."""
    return {"PATH": str(installed / "bin"), "HOME": str(installed), "LANG": os.environ.get("LANG", "C")}


def test_a_network_is_deployed_and_a_message_arrives_from_the_wheel_alone(
    installed: Path, two_chains: list[str], tmp_path: Path
) -> None:
    said = run(
        [str(installed / "bin" / "python"), "-I", str(JOURNEY), *two_chains],
        env=bare(installed),
        cwd=tmp_path,
        timeout=300,
    )

    journey = json.loads(said.splitlines()[-1])
    assert journey["stages"] == [
        stage.name for stage in (Stage.SENT, Stage.COMMITTED, Stage.BLESSED, Stage.EXECUTED)
    ]
    assert Path(journey["package"]).is_relative_to(installed)
    assert journey["tools"] == {"node": None, "solc": None, "anvil": None, "forge": None}
    assert [place for place in journey["modules"] if not Path(place).is_relative_to(installed)] == []
