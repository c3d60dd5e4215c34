"""What docs/operating.md promises operators is there: the configuration, the figures, and a test of every runbook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from ccip_py.nodes.config import NodeFile, parse_config
from ccip_py.nodes.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def test_the_configuration_on_the_page_is_one() -> None:
    [block] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)

    node = parse_config(block, NodeFile)

    assert node.kind == "committer"
    assert len(node.rpc["a"]) == 2


def test_every_figure_on_the_page_is_one_that_nodes_show() -> None:
    shown = generate_latest(Metrics().registry).decode()
    named = set(re.findall(r"`(ccip_[a-z_]+)", PAGE))

    assert len(named) > 6
    assert all(f"# HELP {name} " in shown for name in named)


TESTS = sorted(set(re.findall(r"`(test_\w+)", PAGE)))


@pytest.fixture(scope="module")
def all_tests() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("name", TESTS)
def test_every_runbook_was_tried(name: str, all_tests: str) -> None:
    assert re.search(rf"def {name}", all_tests)
