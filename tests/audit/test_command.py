"""`python -m ccip_py.audit`, and that the auditor stands alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ccip_py.audit import main
from ccip_py.audit.verdict import CHECKS

from .conftest import Scene, topic
from .test_staged_violations import ATTEMPTED, SUCCESS


@pytest.fixture
def file(scene: Scene, tmp_path: Path) -> Path:
    path = tmp_path / "deployment.json"
    path.write_text(json.dumps(scene.deployment))
    return path


def test_says_that_everything_holds(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(file)]) == 0
    said = capsys.readouterr().out
    assert all(f"holds   {name}" in said for name in CHECKS)
    assert "a→b: 6 sent, 2 delivered, 1 failed, 3 waiting" in said


def test_says_what_is_broken_and_where(scene: Scene, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    off_ramp = scene.network.lane("a", "b").off_ramp
    forged = scene.forge("b", off_ramp, ATTEMPTED, topic(99), bytes([7]) * 32, data=SUCCESS)
    assert main([str(file), "--json"]) == 1
    verdict = json.loads(capsys.readouterr().out)
    assert not verdict["invariants"]["S3"]["holds"]
    assert verdict["invariants"]["S1"]["holds"]
    assert any(forged in finding["transactions"] for finding in verdict["findings"] if finding["broken"])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["missing.json"], "No such file"),
        (["DEPLOYMENT", "--rpc", "a=http://127.0.0.1:1"], "no usable answer"),
        (["DEPLOYMENT", "--rpc", "z=http://127.0.0.1:1"], "no chain named z"),
        (["DEPLOYMENT", "--rpc", "a"], "wants NAME=URL"),
    ],
)
def test_decides_nothing_when_it_cannot_read(
    file: Path, arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(file) if a == "DEPLOYMENT" else a for a in arguments]) == 2
    assert why in capsys.readouterr().err


def test_refuses_the_wrong_chain_at_an_endpoint(scene: Scene, file: Path) -> None:
    assert main([str(file), "--rpc", f"a={scene.network.anvils['b'].url}"]) == 2


def test_loads_nothing_else_of_the_project() -> None:
    script = (
        "import sys, ccip_py.audit.main\n"
        "print([m for m in sys.modules if m.startswith('ccip_py.') and not m.startswith('ccip_py.audit')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
