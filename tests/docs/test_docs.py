"""Every block of code in the README and the pages of `docs/` does what the page says it does."""

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ccip_py.deploy.compile import ROOT
from ccip_py.testing.compiler import compile_solidity

from . import configurations
from .conftest import DOCS, PAGES, README, Block, blocks_of, commands_of

TIME_LIMIT_S = 400
CACHE = ROOT / "build" / "docs"


@pytest.mark.parametrize("page", [page for page, path in PAGES.items() if blocks_of(path)])
def test_every_block_runs_in_the_order_of_its_page(
    page: str, folders: dict[str, Path], environment: dict[str, str]
) -> None:
    names: dict[str, Any] = {"__name__": "docs"}
    try:
        for block in blocks_of(PAGES[page]):
            if not (block.file or "").startswith("test_"):
                _run(block, folders[page], environment, names)
    finally:
        if (folders[page] / ".ccip").exists():
            _bash("ccip down", folders[page], environment)


def test_the_tests_in_the_pages_pass(folders: dict[str, Path], environment: dict[str, str]) -> None:
    tests = sorted(str(path) for folder in folders.values() for path in folder.rglob("test_*.py"))
    assert tests
    for folder in folders.values():
        if (folder / "foundry.toml").exists():
            assert _bash("forge build", folder, environment).returncode == 0

    options = ["-q", "--color=no", "--import-mode=importlib", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    options.append(f"--ccip-cache={CACHE}")  # what was compiled once stays
    done = _call([sys.executable, "-m", "pytest", *options, *tests], ROOT, environment)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout


@pytest.mark.parametrize("page", [page for page, path in PAGES.items() if commands_of(path)])
def test_commands_that_are_not_run_exist_with_their_options(page: str, environment: dict[str, str]) -> None:
    for command in commands_of(PAGES[page]):
        name, *words = shlex.split(command)
        options = {word for word in words if word.startswith("--")}
        known = _help(name, words[0], environment)
        if len(words) > 1 and words[1][0].isalpha():
            known += _help(name, f"{words[0]} {words[1]}", environment)

        assert known, command
        assert options <= set(re.findall(r"--[\w-]+", known)), command


def _help(name: str, command: str, environment: dict[str, str]) -> str:
    done = _call([name, *command.split(), "--help"], ROOT, {**environment, "COLUMNS": "200"})
    return done.stdout if done.returncode == 0 else ""


def test_the_catalogue_of_errors_is_what_the_contracts_say() -> None:
    done = _call([sys.executable, "scripts/error_catalogue.py", "--check"], ROOT, dict(os.environ))

    assert done.returncode == 0, done.stderr


def test_the_catalogue_has_a_meaning_for_every_error_of_our_contracts() -> None:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    row = re.compile(r"^\| `[^`]+` \| `0x\w{8}` \|(.*?)\| `.*\|$", re.MULTILINE)
    ours, theirs = page.split("## OpenZeppelin\n")

    assert all(meaning.strip() for meaning in row.findall(ours))
    assert len(row.findall(ours)) > 100
    assert row.findall(theirs)  # of theirs only the names are ours to tell


def test_every_page_is_reached_from_the_first_and_every_link_leads_somewhere() -> None:
    linked = {}
    for page, path in PAGES.items():
        text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        targets = re.findall(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)", text)
        linked[page] = {target for target in targets if not target.startswith(("http:", "https:"))}
        missing = [target for target in linked[page] if not (path.parent / target).exists()]
        assert not missing, f"{page} links to {missing}"

    reached, todo = set(), {"index.md"}
    while todo:
        page = todo.pop()
        reached.add(page)
        todo |= {target for target in linked.get(page, ()) if target.endswith(".md")} - reached
    assert reached == set(PAGES) - {README.name}


def _run(block: Block, folder: Path, environment: dict[str, str], names: dict[str, Any]) -> None:
    match block.language:
        case "toml":
            if block.file != "foundry.toml":  # forge reads that
                configurations.load(block.text, folder)
        case "json":
            json.loads(block.text)
        case "solidity":
            assert compile_solidity(folder / block.file if block.file else block.text, CACHE, ROOT), (
                block.place
            )
        case "bash":
            done = _bash(block.text, folder, environment)
            assert done.returncode == 0, f"{block.place}:\n{done.stdout}{done.stderr}"
        case "python":
            with _working_in(folder):
                exec(compile("\n" * block.line + block.text, str(PAGES[block.page]), "exec"), names)


def _bash(text: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return _call(["bash", "-euo", "pipefail", "-c", text], folder, environment)


def _call(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )


@contextlib.contextmanager
def _working_in(folder: Path) -> Any:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
