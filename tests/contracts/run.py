"""The contracts' own tests, run against the code that is deployed.

    python tests/contracts/run.py                                all of them
    python tests/contracts/run.py --match-contract RMNBless -vvv    what follows goes to `forge test`
    python tests/contracts/run.py --deep --match-path 'tests/contracts/attacks/*'    10,000 runs

What is deployed are the artifacts that `scripts/setup` made with the settings of foundry.toml's default profile. Only
the tests are compiled here, unoptimized, which takes a fifth of the time.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ccip_py.deploy import artifacts
from tests.contracts.tools import bench
from tests.contracts.tools.venv import ROOT

_FOLDER = ROOT / "build" / "shipped"
_TIMEOUT, _DEEP_TIMEOUT = 1_800, 6 * 3_600


def shipped() -> dict[str, dict[str, dict[str, str]]]:
    """The code of every contract that can be deployed, as `Bench.exchange` takes it."""
    loaded = {name: artifacts.load(name) for name in artifacts.names()}
    return {
        name: {
            "bytecode": {"object": artifact.bytecode.hex()},
            "deployedBytecode": {"object": artifact.deployed_bytecode.hex()},
        }
        for name, artifact in loaded.items()
        if artifact.bytecode
    }


def main(arguments: Sequence[str]) -> int:
    deep = "--deep" in arguments
    passed_on = [argument for argument in arguments if argument != "--deep"]
    stand = bench.prepare(_FOLDER, bench.find_forge())
    stand.exchange(shipped())
    settings = {"FORGE_SNAPSHOT_CHECK": os.environ.get("FORGE_SNAPSHOT_CHECK", "true")}
    if deep:
        settings["FOUNDRY_PROFILE"] = "deep"
    limit = _DEEP_TIMEOUT if deep else _TIMEOUT
    return stand.run("test", *passed_on, limit=limit, settings=settings, show=True).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
