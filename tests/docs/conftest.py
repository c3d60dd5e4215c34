"""Takes the fenced blocks of code out of the README and the pages in `docs/`.

A block whose first line is a comment with a file name (`# test_counter.py`, `// contracts/Counter.sol`) is that file, in the
page's own folder. Every other block of python, bash, solidity, toml or json is run, compiled or loaded, in the page's order.
`console` blocks are commands that are too dear or need a reader's own chains, `text` blocks are pictures.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccip_py.deploy.compile import ROOT

DOCS = ROOT / "docs"
README = ROOT / "README.md"
LANGUAGES = ("python", "bash", "solidity", "toml", "json")

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"(?:#|//) ([\w./-]+\.(?:py|sol|toml|json))\n")


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: str
    line: int
    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The name it is to be saved under."""
        named = _FILE.match(self.text)
        return named[1] if named else None

    @property
    def place(self) -> str:
        return f"{self.page}, line {self.line}"


def blocks_of(page: Path) -> list[Block]:
    """The blocks of one page that can be run, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page.name, text.count("\n", 0, found.start()) + 1, found[1], found[2])
        for found in _FENCE.finditer(text)
        if found[1] in LANGUAGES
    ]


def commands_of(page: Path) -> list[str]:
    """The commands of ours in the page's `console` blocks, without comments."""
    text = page.read_text(encoding="utf-8")
    lines = [
        line for found in _FENCE.finditer(text) if found[1] == "console" for line in found[2].splitlines()
    ]
    return [line[2:].partition("  #")[0] for line in lines if line.startswith(("$ ccip ", "$ ccip-risk "))]


PAGES = {page.name: page for page in [README, *sorted(DOCS.glob("*.md"))]}


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder for each page, with the files that it shows."""
    top = tmp_path_factory.mktemp("docs")
    made = {}
    for page, path in PAGES.items():
        folder = made[page] = top / page.removesuffix(".md")
        folder.mkdir()
        for block in blocks_of(path):
            if block.file:
                place = folder / block.file
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(block.text, encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a reader has on PATH after setting up."""
    tools = tmp_path_factory.mktemp("bin")
    for name, module in (("ccip", "ccip_py.cli"), ("ccip-risk", "ccip_py.risk.main")):
        command = tools / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n', encoding="utf-8")
        command.chmod(0o755)
    foundry = [str(place) for place in (ROOT / "node_modules" / "@foundry-rs").glob("*/bin")]
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), *foundry, os.environ["PATH"]])
    return {
        **os.environ,
        "PATH": path,
        "FOUNDRY_SOLC": str(ROOT / "scripts" / "solc"),
        "FOUNDRY_DISABLE_NIGHTLY_WARNING": "1",
    }
