"""No test is forgotten: what pytest runs by itself is everything that is there."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_folder_with_tests_is_run() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = [ROOT / path for path in settings["tool"]["pytest"]["ini_options"]["testpaths"]]
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if "node_modules" not in path.parts]

    assert len(tests) > 50
    assert all(path.is_dir() for path in run)
    assert [path for path in tests if not any(path.is_relative_to(folder) for folder in run)] == []
