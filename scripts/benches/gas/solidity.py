"""Compile the few helper contracts of the benchmark with the project's own compiler."""

import json
import subprocess
from pathlib import Path

from ccip_py.deploy.compile import ROOT
from ccip_py.deploy.solc import find_solc, read_settings

COMPILE_SECONDS = 300
RECEIVERS = Path(__file__).parent / "receivers.sol"


def compiled(source: Path) -> dict[str, bytes]:
    """Contract name → creation code, for every contract in the file."""
    settings = read_settings(ROOT)
    request = {
        "language": "Solidity",
        "sources": {source.name: {"content": source.read_text(encoding="utf-8")}},
        "settings": {
            **settings.standard_json(),
            "outputSelection": {"*": {"*": ["evm.bytecode.object"]}},
        },
    }
    solc = find_solc(ROOT, settings.version, None)
    answer = json.loads(
        subprocess.run(
            [str(solc), "--standard-json"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            check=True,
            timeout=COMPILE_SECONDS,
        ).stdout
    )
    errors = [each["formattedMessage"] for each in answer.get("errors", []) if each["severity"] == "error"]
    if errors:
        raise RuntimeError("\n".join(errors))
    contracts = answer["contracts"][source.name]
    return {name: bytes.fromhex(each["evm"]["bytecode"]["object"]) for name, each in contracts.items()}
