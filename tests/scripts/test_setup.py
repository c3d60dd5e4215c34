"""Setting up says in one line what is missing, repeats for free, and does not trust what was left half made."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "pyproject.toml",
    "requirements.lock",
    "package.json",
    "package-lock.json",
    ".npmrc",
    "foundry.toml",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As git leaves it: no .venv, no node_modules, nothing compiled."""
    for name in COPIED:
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/A.sol").write_text("contract A {}")
    (tmp_path / "ccip_py/deploy").mkdir(parents=True)
    shutil.copy(ROOT / "ccip_py/deploy/compile.py", tmp_path / "ccip_py/deploy/compile.py")
    return tmp_path


@pytest.fixture
def setup(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script of that checkout, as a module."""
    spec = importlib.util.spec_from_file_location("setup_under_test", checkout / "scripts/setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.chdir(checkout)
    return module


@pytest.fixture
def tools(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], None]:
    """Makes PATH hold nothing but the programs it is told to have."""
    folder = tmp_path_factory.mktemp("bin")
    monkeypatch.setenv("PATH", str(folder))

    def have(name: str, body: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)

    return have


def make_everything(setup: ModuleType) -> None:
    """As after a set-up that went well."""
    for folder, wanted in (
        (setup.VENV, setup.python_wanted()),
        (setup.NODE_MODULES, setup.node_wanted()),
        (setup.ARTIFACTS, setup.contracts_wanted()),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / setup.STAMP).write_text(wanted)
    (setup.VENV / "bin").mkdir()
    (setup.VENV / "bin/python").touch()
    (setup.ARTIFACTS / "manifest.json").touch()


# Nothing to do


def test_a_fresh_checkout_needs_everything(setup: ModuleType) -> None:
    ready = (setup.python_is_ready(), setup.node_is_ready(), setup.contracts_are_ready())

    assert ready == (False, False, False)


def test_a_finished_set_up_runs_nothing(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    make_everything(setup)
    monkeypatch.setattr(setup, "set_up", lambda: pytest.fail("it set up again"))

    assert setup.main() == 0


@pytest.mark.parametrize(
    ("changed", "step"),
    [
        ("requirements.lock", "python_is_ready"),
        ("package-lock.json", "node_is_ready"),
        ("contracts/A.sol", "contracts_are_ready"),
        ("foundry.toml", "contracts_are_ready"),
    ],
)
def test_what_changed_is_made_again(setup: ModuleType, checkout: Path, changed: str, step: str) -> None:
    make_everything(setup)
    assert getattr(setup, step)()

    with (checkout / changed).open("a") as file:
        file.write("\n")

    assert not getattr(setup, step)()


def test_settings_of_linters_are_no_reason_to_install(setup: ModuleType, checkout: Path) -> None:
    make_everything(setup)

    with (checkout / "pyproject.toml").open("a") as file:
        file.write('\n[tool.something]\nelse = "yes"\n')

    assert setup.python_is_ready()


# Half made


def recorder(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, works: bool = True) -> list[list[str]]:
    commands: list[list[str]] = []

    def run(command: list[str], problem: str, remedy: str) -> None:
        commands.append(command)
        if not works:
            raise setup.CannotSetUp(problem, remedy)

    monkeypatch.setattr(setup, "run", run)
    return commands


def test_an_environment_whose_installation_was_cut_off_is_made_anew(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_everything(setup)
    (setup.VENV / setup.UNFINISHED).touch()
    (setup.VENV / "half-copied").touch()
    commands = recorder(setup, monkeypatch)

    setup.make_python()

    assert not (setup.VENV / "half-copied").exists()
    assert not (setup.VENV / setup.UNFINISHED).exists()
    assert commands[0][1:3] == ["-m", "venv"]
    assert setup.stamped(setup.VENV, setup.python_wanted())


def test_a_failed_installation_leaves_the_mark_of_being_half_made(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder(setup, monkeypatch, works=False)

    with pytest.raises(setup.CannotSetUp):
        setup.make_python()

    assert (setup.VENV / setup.UNFINISHED).exists()
    assert not setup.python_is_ready()


def test_node_modules_without_their_stamp_are_installed_again(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.NODE_MODULES.mkdir()
    commands = recorder(setup, monkeypatch)

    setup.make_node()

    assert commands == [["npm", "ci", "--loglevel=error"]]
    assert setup.node_is_ready()


# What is missing


def one_line(capfd: pytest.CaptureFixture[str]) -> str:
    said = [line for line in capfd.readouterr().err.splitlines() if not line.startswith("setup: ")]
    assert len(said) == 2, said
    assert said[0].startswith("error: ")
    assert said[1].startswith("help: ")
    return said[0].removeprefix("error: ")


@pytest.mark.parametrize(
    ("programs", "line"),
    [
        ({}, "node is not on PATH"),
        ({"node": "echo v20.1.0"}, "npm is not on PATH"),
        ({"node": "echo v18.19.0", "npm": ""}, "node is v18.19.0, 20 or newer is needed"),
        ({"node": "exit 1", "npm": ""}, "node is not running, 20 or newer is needed"),
    ],
)
def test_node_is_asked_for_before_anything_is_installed(
    setup: ModuleType,
    tools: Callable[[str, str], None],
    capfd: pytest.CaptureFixture[str],
    programs: dict[str, str],
    line: str,
) -> None:
    for name, body in programs.items():
        tools(name, body)

    assert setup.main() == 1
    assert one_line(capfd) == line
    assert not setup.VENV.exists()


@pytest.mark.parametrize(
    ("npm_says", "line"),
    [
        ("npm error code ENOTFOUND", "the registry cannot be reached"),
        ("npm error code ECONNREFUSED", "the registry cannot be reached"),
        ("npm error ENOSPC: no space left on device", "no space left on the disk"),
        ("npm error code EINTEGRITY", "the registry serves other files than the lock records"),
        ("npm error something else", "npm error something else"),
    ],
)
def test_what_npm_says_is_put_into_words(
    setup: ModuleType,
    tools: Callable[[str, str], None],
    capfd: pytest.CaptureFixture[str],
    npm_says: str,
    line: str,
) -> None:
    make_everything(setup)
    (setup.NODE_MODULES / setup.STAMP).unlink()
    tools("node", "echo v20.1.0")
    tools("npm", f"echo '{npm_says}'; exit 1")

    assert setup.main() == 1
    assert one_line(capfd) == f"cannot install the npm packages: {line}"
    assert not setup.node_is_ready()


def test_a_full_disk_is_said_before_it_is_full(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 10**6))

    assert setup.main() == 1
    assert "GB free" in one_line(capfd)


def test_no_python_says_which_one_is_needed(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """lib.sh looks for it, with nothing but a shell."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("dirname", "bash"):
        (folder / name).symlink_to(str(shutil.which(name)))
    old = folder / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    said = subprocess.run(
        ["bash", str(checkout / "scripts/setup")],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 1
    assert said.stderr.splitlines()[0] == "error: no Python 3.11 or newer found"


def test_an_explicit_python_that_is_none_is_named(checkout: Path) -> None:
    said = subprocess.run(
        ["bash", str(checkout / "scripts/setup")],
        env={"PATH": str(Path(sys.executable).parent) + ":/usr/bin:/bin", "CCIP_PYTHON": "/not/there"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 1
    assert "CCIP_PYTHON=/not/there is not a Python 3.11 or newer" in said.stderr


# The locks


def test_no_lock_names_a_registry() -> None:
    for name in ("requirements.lock", "package-lock.json", ".npmrc"):
        text = (ROOT / name).read_text()
        assert "registry." not in text, name
        assert '"resolved"' not in text, name
        assert "--index-url" not in text, name
        assert "--find-links" not in text, name


def test_the_npm_lock_has_the_tools_of_every_machine() -> None:
    """`npm ci` refuses a lock without them, also on machines that would not install them."""
    import json

    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for tool in ("anvil", "forge"):
        wanted = packages[f"node_modules/@foundry-rs/{tool}"]["optionalDependencies"]
        for name, version in wanted.items():
            assert packages[f"node_modules/{name}"]["version"] == version


def test_every_locked_python_package_has_a_hash() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    for number, line in enumerate(lines):
        if "==" in line and not line.startswith(" "):
            assert lines[number + 1].strip().startswith("--hash=sha256:"), line
