"""A node notices that its deployment file says something else, and nothing less makes it start over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from ccip_py.chains.deployment import ChainDeployment, Deployment, LaneDeployment, save_deployment
from ccip_py.errors import ConfigError
from ccip_py.nodes import main
from ccip_py.nodes.config import NodeFile
from ccip_py.nodes.follow import replaced
from ccip_py.nodes.log import quiet_log
from ccip_py.protocol.ids import Address, ChainSelector

pytestmark = pytest.mark.anyio

A, B = ChainSelector(7759470850252068959), ChainSelector(3379446385462418246)


def an_address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def a_deployment(on_ramp: int) -> Deployment:
    shared = [an_address(number) for number in range(1, 9)]
    chains = [
        ChainDeployment(name, chain_id, selector, "http://127.0.0.1:1", 2, 1, *shared)
        for name, chain_id, selector in (("a", 31337, A), ("b", 1337, B))
    ]
    committers = tuple(an_address(50 + number) for number in range(4))
    ends = (an_address(on_ramp), an_address(32), an_address(33))
    return Deployment(tuple(chains), (LaneDeployment(A, B, *ends, 5, 6, committers, 1, b"\x01" * 32),))


OLD, NEW = a_deployment(31), a_deployment(41)


def write_file(path: Path, content: str | Deployment) -> None:
    if isinstance(content, str):
        path.write_text(content)
    else:
        save_deployment(content, path)


async def until_written(
    path: Path, write: list[str | Deployment], check: Callable[[Deployment], None] = lambda _: None
) -> Deployment:
    """What is noticed when these are written, one after the other, each after the one before was looked at."""
    looked = iter(write)

    async def write_next(_seconds: float) -> None:
        write_file(path, next(looked))

    with pytest.MonkeyPatch.context() as patch, anyio.fail_after(60):
        patch.setattr("ccip_py.nodes.follow.anyio.sleep", write_next)
        return await replaced(path, OLD, quiet_log(), check)


async def test_another_deployment_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    save_deployment(OLD, path)

    assert await until_written(path, [NEW]) == NEW


async def test_what_cannot_be_read_or_says_the_same_is_waited_out(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    save_deployment(OLD, path)

    assert await until_written(path, ["{ half", OLD, "[]", NEW]) == NEW


async def test_what_does_not_go_with_the_nodes_own_file_is_waited_out(tmp_path: Path) -> None:
    path, other = tmp_path / "deployment.json", a_deployment(51)
    save_deployment(OLD, path)

    def check(found: Deployment) -> None:
        if found == other:
            raise ConfigError("the configuration has mistakes")

    assert await until_written(path, [other, NEW], check) == NEW


async def test_a_node_starts_over_with_the_new_deployment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, ran = tmp_path / "deployment.json", list[Deployment]()
    save_deployment(OLD, path)

    async def run(_node: NodeFile, deployment: Deployment, _log: object) -> None:
        ran.append(deployment)
        save_deployment(replace(NEW), path)
        await anyio.sleep(0 if deployment == NEW else 60)
        if deployment == NEW:
            raise KeyError("the second run")

    monkeypatch.setattr(main, "_run", run)
    monkeypatch.setattr("ccip_py.nodes.follow.LOOK_EVERY", 0.0)
    node = NodeFile(kind="executor", name="executor", deployment=path, folder=tmp_path / "state")

    with anyio.fail_after(60), pytest.raises(BaseExceptionGroup):
        await main.run_node(node)

    assert ran == [OLD, NEW]
