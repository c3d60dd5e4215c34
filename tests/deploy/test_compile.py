"""Artifacts are made of exactly the sources that are there, once, by exactly the compiler that is named."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ccip_py.deploy import artifacts
from ccip_py.deploy.artifacts import load, names
from ccip_py.deploy.compile import ROOT, compile_contracts, is_fresh
from ccip_py.deploy.solc import find_solc, read_settings
from ccip_py.errors import ConfigError

VERSION = "0.8.37"
FAKE = Path(__file__).with_name("fake_solc.py")


def make_solc(folder: Path, version: str = VERSION, name: str = "solc") -> Path:
    """The fake compiler, of a version, as a program."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!{sys.executable}\n" + FAKE.read_text())
    program.chmod(0o755)
    (folder / "version").write_text(version)
    return program


class Project:
    """A checkout with a compiler of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / "artifacts"
        (root / "foundry.toml").write_text((ROOT / "foundry.toml").read_text())
        self.solc = make_solc(root / "compiler")
        self.write("contracts/A.sol", "contract A {}")

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def compile(self) -> bool:
        """Whether it was all there already."""
        return compile_contracts(self.root, self.folder, str(self.solc)).fresh

    def requests(self) -> list[Any]:
        log = self.solc.with_name("requests")
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def artifacts(self) -> set[str]:
        return {path.name for path in self.folder.glob("*.json")} - {artifacts.MANIFEST}

    def sources(self) -> set[str]:
        """What applications may import."""
        place = self.folder / artifacts.SOLIDITY
        return {path.relative_to(place).as_posix() for path in place.rglob("*.sol")}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


# Ours


def test_the_shipped_artifacts_are_fresh() -> None:
    assert is_fresh(), "contracts changed since they were compiled: run scripts/setup"


@pytest.mark.parametrize("name", ["RMNProxy", "TokenAdminRegistry"])
def test_forge_builds_what_is_shipped(name: str, tmp_path: Path) -> None:
    """forge reads the same settings. Two contracts show it: the slow code generator would take a minute for all."""
    forge = os.environ.get("FORGE") or next(
        iter(sorted(ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge")))
    )
    environment = {**os.environ, "FOUNDRY_SOLC": str(find_solc(ROOT, read_settings(ROOT).version))}
    command = [forge, "build", "--root", ROOT, f"contracts/{name}.sol"]
    command += ["--out", tmp_path / "out", "--cache-path", tmp_path / "cache"]
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, env=environment)

    built = json.loads((tmp_path / "out" / f"{name}.sol" / f"{name}.json").read_text())

    assert bytes.fromhex(built["bytecode"]["object"].removeprefix("0x")) == load(name).bytecode


def test_contracts_fit_on_a_chain() -> None:
    """EIP-170: 24,576 bytes of runtime code, or nobody can deploy them."""
    too_large = {
        name: len(load(name).deployed_bytecode)
        for name in names()
        if len(load(name).deployed_bytecode) >= 24_576
    }

    assert too_large == {}


def test_an_artifact_that_is_not_there_says_how_to_make_it() -> None:
    with pytest.raises(ConfigError) as missing:
        load("NoSuchContract")

    assert "scripts/setup" in missing.value.hint


# Caching


def test_nothing_is_compiled_twice_for_the_same_content(project: Project) -> None:
    assert not project.compile()
    assert project.compile()

    assert len(project.requests()) == 1


@pytest.mark.parametrize(
    "what", ["source", "settings", "a lost file", "a changed file", "a lost source", "no manifest"]
)
def test_any_difference_is_compiled_again(project: Project, what: str) -> None:
    project.compile()
    toml = (project.root / "foundry.toml").read_text()
    {
        "source": lambda: project.write("contracts/A.sol", "contract A { uint256 public x; }"),
        "settings": lambda: project.write(
            "foundry.toml", toml.replace("optimizer_runs = 1_000_000", "optimizer_runs = 7")
        ),
        "a lost file": lambda: (project.folder / "A.json").unlink(),
        "a changed file": lambda: (project.folder / "A.json").write_text("{}"),
        "a lost source": lambda: (project.folder / artifacts.SOLIDITY / "ccip" / "A.sol").unlink(),
        "no manifest": lambda: (project.folder / artifacts.MANIFEST).unlink(),
    }[what]()

    assert not project.compile()
    assert project.compile()


def test_what_has_no_source_any_more_is_removed(project: Project) -> None:
    project.write("contracts/B.sol", "contract B {}")
    project.compile()
    assert project.artifacts() == {"A.json", "B.json"}

    (project.root / "contracts/B.sol").unlink()
    project.compile()

    assert project.artifacts() == {"A.json"}
    assert project.sources() == {"ccip/A.sol"}


def test_a_failed_compile_leaves_the_old_artifacts_alone(project: Project) -> None:
    project.compile()
    project.write("contracts/A.sol", "contract A { syntax error }")

    with pytest.raises(ConfigError, match="do not compile:\nParserError: no such word"):
        project.compile()

    assert project.artifacts() == {"A.json"}


def test_two_contracts_of_one_name_are_refused(project: Project) -> None:
    project.write("contracts/other/A.sol", "contract A {}")

    with pytest.raises(ConfigError, match="two contracts are named A"):
        project.compile()


# What the compiler is asked


def test_imports_are_followed_through_remappings_and_folders(project: Project) -> None:
    project.write(
        "contracts/A.sol",
        'import {B} from "./deep/B.sol";\nimport "@openzeppelin/contracts/C.sol";\ncontract A {}',
    )
    project.write(
        "contracts/deep/B.sol", '// import "./not-this.sol";\nimport * as D from "../D.sol";\ncontract B {}'
    )
    project.write("contracts/D.sol", "contract D {}")
    project.write("node_modules/@openzeppelin/contracts/C.sol", 'import "./E.sol";\ncontract C {}')
    project.write("node_modules/@openzeppelin/contracts/E.sol", "contract E {}")

    project.compile()

    [request] = project.requests()
    assert set(request["sources"]) == {
        "contracts/A.sol",
        "contracts/D.sol",
        "contracts/deep/B.sol",
        "node_modules/@openzeppelin/contracts/C.sol",
        "node_modules/@openzeppelin/contracts/E.sol",
    }
    assert project.artifacts() == {"A.json", "B.json", "D.json"}
    assert project.sources() == {
        "ccip/A.sol",
        "ccip/D.sol",
        "ccip/deep/B.sol",
        "@openzeppelin/contracts/C.sol",
        "@openzeppelin/contracts/E.sol",
    }


def test_an_import_that_is_not_there_is_named(project: Project) -> None:
    project.write("contracts/A.sol", 'import "@openzeppelin/contracts/C.sol";\ncontract A {}')

    with pytest.raises(ConfigError, match=r"import node_modules/@openzeppelin/contracts/C\.sol") as missing:
        project.compile()

    assert "npm ci" in missing.value.hint


def test_the_settings_are_those_of_foundry_toml(project: Project) -> None:
    project.compile()

    [request] = project.requests()
    settings = request["settings"]
    assert settings["evmVersion"] == "cancun"
    assert settings["optimizer"] == {"enabled": True, "runs": 1_000_000}
    assert settings["metadata"] == {"bytecodeHash": "none", "appendCBOR": False}
    assert settings["viaIR"] is True


def test_a_setting_that_is_missing_is_named(project: Project) -> None:
    toml = (project.root / "foundry.toml").read_text()
    project.write("foundry.toml", toml.replace("evm_version", "# evm_version"))

    with pytest.raises(ConfigError, match="does not set 'evm_version'"):
        project.compile()


# Which compiler


def test_an_explicit_compiler_wins(tmp_path: Path) -> None:
    chosen, on_path = make_solc(tmp_path / "chosen"), make_solc(tmp_path / "path")
    environment = {"PATH": str(on_path.parent), "SOLCX_BINARY_PATH": str(tmp_path)}

    assert find_solc(tmp_path, VERSION, str(chosen), environment) == chosen
    assert find_solc(tmp_path, VERSION, None, {**environment, "CCIP_SOLC": str(chosen)}) == chosen


def test_an_explicit_compiler_of_another_version_is_an_error(tmp_path: Path) -> None:
    wrong = make_solc(tmp_path, "0.8.30")

    with pytest.raises(ConfigError, match=r"is solc 0\.8\.30, foundry\.toml wants 0\.8\.37"):
        find_solc(tmp_path, VERSION, str(wrong), {})


def test_an_explicit_compiler_that_does_not_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a solc that runs"):
        find_solc(tmp_path, VERSION, str(tmp_path / "nothing"), {})


def test_installed_by_solcx_comes_before_path_and_path_before_npm(tmp_path: Path) -> None:
    installed = make_solc(tmp_path / "solcx", name=f"solc-v{VERSION}")
    on_path = make_solc(tmp_path / "path")
    packaged = make_solc(tmp_path / "scripts")
    (tmp_path / "node_modules/solc").mkdir(parents=True)
    environment = {"PATH": str(on_path.parent), "SOLCX_BINARY_PATH": str(installed.parent)}

    assert find_solc(tmp_path, VERSION, None, environment) == installed
    installed.unlink()
    assert find_solc(tmp_path, VERSION, None, environment) == on_path
    on_path.unlink()
    assert find_solc(tmp_path, VERSION, None, environment) == packaged


def test_other_versions_on_path_are_passed_over(tmp_path: Path) -> None:
    on_path = make_solc(tmp_path / "path", "0.8.30")
    packaged = make_solc(tmp_path / "scripts")
    (tmp_path / "node_modules/solc").mkdir(parents=True)
    environment = {"PATH": str(on_path.parent), "SOLCX_BINARY_PATH": str(tmp_path)}

    assert find_solc(tmp_path, VERSION, None, environment) == packaged


def test_no_compiler_at_all_names_every_way_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no solc 0\.8\.37 found") as nothing:
        find_solc(tmp_path, VERSION, None, {"PATH": "", "SOLCX_BINARY_PATH": str(tmp_path)})

    for way in ("npm ci", "solcx.install_solc('0.8.37')", "on PATH", "CCIP_SOLC="):
        assert way in nothing.value.hint
