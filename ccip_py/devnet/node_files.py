"""The files that the operators of a devnet's nodes would have written, for nodes that are processes of their own.

`Urls` says where a node reaches each chain; without it, where the deployment says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ccip_py.chains.deployment import Deployment
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.keys import dev_address
from ccip_py.devnet.node_mains import prices
from ccip_py.protocol.codec.evm import checksum
from ccip_py.risk import config_toml
from ccip_py.risk.config import Config as MonitorConfig
from ccip_py.risk.config import Rpc

Table = Mapping[str, Any]
Urls = Mapping[str, Sequence[str]]  # chain's name → endpoints
NOWHERE_ELSE: Urls = {}


def committer_file(
    deployment: Deployment,
    index: int,
    port: int,
    peers: Mapping[int, int],
    urls: Urls = NOWHERE_ELSE,
    *,
    credulous: bool = False,
) -> str:
    """A committer's node.toml, beside the deployment. `peers`: where it finds each other committer, by its index.

    A credulous one believes its endpoint without proof; behind a lying proxy it becomes a liar itself.
    """
    members = [checksum(dev_address(key)) for key in roles.COMMITTEE]
    fixed = [
        {"chain": int(chain), "token": checksum(token), "usd": usd}
        for (chain, token), usd in prices(deployment).items()
    ]
    reached = {members[place]: f"http://127.0.0.1:{there}" for place, there in peers.items()}
    return as_toml(
        {
            **_node("committer", index, roles.COMMITTEE[index], urls),
            "transport": {"listen": f"127.0.0.1:{port}", "peers": reached},
            "prices": {"fixed": fixed},
            "committer": {"prove_logs": not credulous},
        }
    )


def executor_file(index: int, monitors: Sequence[str], urls: Urls = NOWHERE_ELSE) -> str:
    """An executor's node.toml. `monitors`: where they serve their votes."""
    node = _node("executor", index, roles.EXECUTORS[index], urls)
    return as_toml({**node, "executor": {"monitors": list(monitors)}})


def monitor_file(config: MonitorConfig, urls: Urls = NOWHERE_ELSE) -> str:
    """A monitor's risk.toml, with its stores in a folder beside it."""
    chains = [
        replace(chain, endpoints=tuple(Rpc(url) for url in urls[chain.name])) if chain.name in urls else chain
        for chain in config.chains
    ]
    beside = Path(config.name.replace(" ", "-"))
    return config_toml.as_toml(replace(config, directory=beside, chains=tuple(chains)))


def _node(kind: str, index: int, key: int, urls: Urls) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": f"{kind} {index}",
        "deployment": "deployment.json",
        "folder": f"{kind}-{index}",
        "key": {"dev_index": key},
        "rpc": {name: list(endpoints) for name, endpoints in urls.items()},
    }


def as_toml(table: Table) -> str:
    """TOML of nested tables, lists of tables, and plain values, which TOML and JSON write alike."""
    return "\n".join(_lines(table, "")) + "\n"


def _lines(table: Table, path: str) -> Iterator[str]:
    nested = {key: value for key, value in table.items() if _is_nested(value)}
    yield from (f"{_key(key)} = {json.dumps(value)}" for key, value in table.items() if key not in nested)
    for key, value in nested.items():
        name = f"{path}{_key(key)}"
        for each in value if isinstance(value, list) else [value]:
            yield f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
            yield from _lines(each, f"{name}.")


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    )


def _key(key: str) -> str:
    return key if key.isidentifier() else json.dumps(key)
