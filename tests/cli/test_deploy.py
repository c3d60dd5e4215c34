"""Deploying from the command line: planned, done, verified, and a lane replaced."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ccip_py.deploy.devnet import ACCOUNTS
from ccip_py.devnet.anvil import Anvil, AnvilOptions

from .conftest import Run

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "network.toml"


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    with (
        Anvil(AnvilOptions(chain_id=31337, accounts=ACCOUNTS)) as a,
        Anvil(AnvilOptions(chain_id=1337, accounts=ACCOUNTS)) as b,
    ):
        text = EXAMPLE.read_text(encoding="utf-8")
        path = tmp_path / "network.toml"
        path.write_text(text.replace("http://127.0.0.1:8545", a.url).replace("http://127.0.0.1:9545", b.url))
        yield path


def test_a_network_is_planned_deployed_verified_and_a_lane_of_it_replaced(cli: Run, config: Path) -> None:
    plan = cli("deploy", config, "--plan")
    assert (plan.code, "create Router" in plan.out) == (0, True)
    assert not Path("deployment.json").exists()

    done = cli("deploy", config)
    assert (done.code, done.out) == (0, "deployment.json\n"), done.err
    assert "transactions" in done.err
    assert cli("deploy", config, "--plan").out == "nothing to do\n"
    assert cli("deploy", config, "--verify", "--json").json == {"as_wanted": True, "findings": []}
    before = cli("lane", "-s", "a", "-D", "b", "--json").json

    replaced = cli("deploy", config, "--replace", "a:b")
    after = cli("lane", "-s", "a", "-D", "b", "--json").json
    assert replaced.code == 0, replaced.err
    assert before["on_ramp"] != after["on_ramp"]
    assert after["in_use"]


@pytest.mark.parametrize("arguments", [("--plan", "--verify"), ("--sever",), ("--replace", "ab")])
def test_what_does_not_go_together_is_a_typing_error(
    cli: Run, config: Path, arguments: tuple[str, ...]
) -> None:
    assert cli("deploy", config, *arguments).code == 2


def test_a_path_that_cannot_be_written_is_named(cli: Run, config: Path) -> None:
    inside_a_file = config / "deployment.json"

    ran = cli("deploy", config, "--out", inside_a_file)

    assert (ran.code, ran.out) == (1, "")
    assert f"error[FILE]: {config}" in ran.err
    assert "help: " in ran.err
