"""Reads a block of TOML as the program does that it is written for.

A block that shows a part of a file is laid over a whole one: of a network, `examples/network.toml`; of a node, the least.
"""

import tomllib
from pathlib import Path
from typing import Any

from ccip_py.deploy.compile import ROOT
from ccip_py.deploy.toml import read_config
from ccip_py.nodes.config import load_node_file
from ccip_py.risk.config_read import parse as read_monitor

NETWORK = ROOT / "examples" / "network.toml"
EXECUTOR = """
kind = "executor"
name = "executor 0"
deployment = "deployment.json"
folder = "state"
"""


def load(text: str, folder: Path) -> None:
    """Raises if the program would refuse it, or if no program of ours reads such a block."""
    values = tomllib.loads(text)
    if "monitor" in values:
        read_monitor(_with_addresses(_with_both_ends(values)), folder)
    elif "kind" in values or "executor" in values:
        file = folder / "read-as-node.toml"
        file.write_text(text if "kind" in values else EXECUTOR + text, encoding="utf-8")
        load_node_file(file)
    elif values.keys() <= tomllib.loads(NETWORK.read_text("utf-8")).keys() | {"lanes", "allowed_senders"}:
        read_config(_over(tomllib.loads(NETWORK.read_text("utf-8")), values))
    else:
        raise AssertionError(f"nothing reads {sorted(values)}")


def _with_both_ends(values: dict[str, Any]) -> dict[str, Any]:
    """A page shows one chain; the far end of its lanes is another one like it."""
    shown = {chain["selector"] for chain in values["chains"]}
    ends = {lane[end] for lane in values["lanes"] for end in ("source", "destination")}
    far = [
        {**values["chains"][0], "name": f"far {number}", "selector": selector, "chain_id": 1337 + number}
        for number, selector in enumerate(sorted(ends - shown))
    ]
    return {**values, "chains": [*values["chains"], *far]}


def _over(whole: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """The whole with the part's values; chains are matched by name."""
    chains = {chain["name"]: chain for chain in part.get("chains", ())}
    assert chains.keys() <= {chain["name"] for chain in whole["chains"]}
    together = [{**chain, **chains.get(chain["name"], {})} for chain in whole["chains"]]
    return {**whole, **part, "chains": together}


def _with_addresses(value: Any, count: list[int] | None = None) -> Any:
    """Each "0x…" becomes an address of its own."""
    count = count if count is not None else [0]
    if isinstance(value, dict):
        return {key: _with_addresses(inner, count) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_addresses(inner, count) for inner in value]
    if value == "0x…":
        count[0] += 1
        return f"0x{count[0]:040x}"
    return value
