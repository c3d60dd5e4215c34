"""The monitor shares no module with what it watches."""

import shutil
import subprocess
import sys
from pathlib import Path

from ccip_py.risk.root import merkle_root

RISK = Path(__file__).parents[2] / "ccip_py" / "risk"


def test_a_fresh_interpreter_loads_no_other_module_of_the_package() -> None:
    script = (
        "import sys, ccip_py.risk.main\n"
        "print(*sorted(name for name in sys.modules if name.split('.')[0] == 'ccip_py'))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=RISK.parents[1]
    )

    others = [name for name in loaded.stdout.split() if not name.startswith("ccip_py.risk")]
    assert others == ["ccip_py"]


def test_runs_where_the_rest_of_the_package_does_not_exist(tmp_path: Path) -> None:
    """Alone in a folder, with its tests' own vectors: it rebuilds a root and judges it."""
    shutil.copytree(RISK, tmp_path / "ccip_py" / "risk")
    (tmp_path / "ccip_py" / "__init__.py").touch()
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import ccip_py; assert ccip_py.__file__.startswith(sys.argv[1]), ccip_py.__file__\n"
        "import ccip_py.risk.main\n"
        "from ccip_py.risk.root import merkle_root\n"
        "print(merkle_root([bytes([n]) * 32 for n in range(3)]).hex())"
    )

    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    assert run.stdout.strip() == merkle_root([bytes([n]) * 32 for n in range(3)]).hex()


def test_shares_only_the_listed_libraries() -> None:
    """Whatever else the package needs (web3, eth_abi, pydantic …) is not loaded by the monitor."""
    script = "import sys, ccip_py.risk.main\nprint(*sorted({name.split('.')[0] for name in sys.modules}))"

    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=RISK.parents[1]
    )

    foreign = {"web3", "eth_abi", "eth_account", "pydantic", "sqlalchemy", "structlog", "typer", "solcx"}
    assert not foreign & set(loaded.stdout.split())


def test_imports_within_the_folder_are_spelled_out() -> None:
    """Relative imports could reach out of the folder unnoticed."""
    for source in RISK.glob("*.py"):
        for line in source.read_text().splitlines():
            if line.lstrip().startswith(("from ccip_py", "import ccip_py")):
                assert "ccip_py.risk" in line, f"{source.name}: {line}"
            assert not line.lstrip().startswith("from ."), f"{source.name}: {line}"
