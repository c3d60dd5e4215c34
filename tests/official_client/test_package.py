"""Installing the official client happens once, and says what went wrong when it does not."""

import json
from pathlib import Path

import pytest

from . import package


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lock and nothing installed, and a PATH with nothing on it."""
    for name in ("package-lock.json", ".npmrc"):
        (tmp_path / name).write_text(name)
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(package, "HERE", tmp_path)
    monkeypatch.setattr(package, "NODE_MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(package, "STAMP", tmp_path / "node_modules/.made-from")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def have_npm(folder: Path, body: str) -> None:
    npm = folder / "bin/npm"
    npm.write_text(f"#!/bin/sh\n{body}\n")
    npm.chmod(0o755)


def test_without_npm_it_says_what_to_install(folder):
    with pytest.raises(package.CannotInstall, match="Node 20"):
        package.install()


def test_what_npm_complains_about_is_passed_on_and_nothing_counts_as_installed(folder):
    have_npm(folder, "echo no route to the registry >&2; exit 1")

    for _ in range(2):
        with pytest.raises(package.CannotInstall, match="no route to the registry"):
            package.install()


def test_it_installs_once_for_a_lock_and_again_for_another(folder):
    have_npm(folder, "echo run >> runs")

    package.install()
    package.install()
    assert (folder / "runs").read_text() == "run\n"

    (folder / "package-lock.json").write_text("another")
    package.install()
    assert (folder / "runs").read_text() == "run\nrun\n"


def test_the_lock_pins_one_version_and_names_no_place_to_fetch_it_from():
    here = Path(__file__).parent
    wanted = json.loads((here / "package.json").read_text())["dependencies"]
    packages = json.loads((here / "package-lock.json").read_text())["packages"]

    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    assert not [name for name, entry in packages.items() if "resolved" in entry]
