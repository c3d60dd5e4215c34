"""The files that the operators of a devnet's nodes would have written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ccip_py.chains.deployment import Deployment
from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.deploy import devnet as roles
from ccip_py.devnet.node_mains import prices
from ccip_py.protocol.codec.evm import checksum
from ccip_py.risk.config import Config as MonitorConfig

Table = Mapping[str, Any]
Urls = Mapping[str, Sequence[str]]  # chain's name → endpoints


def committer_file(
    deployment: Deployment, index: int, urls: Urls, port: int, peers: Mapping[int, int], *, credulous: bool
) -> Table:
    """A committer's node.toml, beside the deployment. `peers`: the port for each other committer's place.

    A credulous one believes its endpoint without proof; behind a lying proxy it becomes a liar itself.
    """
    members = [checksum(KeySigner(dev_key(one)).address) for one in roles.COMMITTERS]
    fixed = [
        {"chain": int(chain), "token": checksum(token), "usd": usd}
        for (chain, token), usd in prices(deployment).items()
    ]
    reached = {members[place]: f"http://127.0.0.1:{there}" for place, there in peers.items()}
    return {
        **_node("committer", index, roles.COMMITTERS[index], urls),
        "transport": {"listen": f"127.0.0.1:{port}", "peers": reached},
        "prices": {"fixed": fixed},
        "committer": {"prove_logs": not credulous},
    }


def executor_file(index: int, urls: Urls, monitors: Sequence[str]) -> Table:
    """An executor's node.toml."""
    node = _node("executor", index, roles.EXECUTORS[index], urls)
    return {**node, "executor": {"monitors": list(monitors)}}


def _node(kind: str, index: int, key: int, urls: Urls) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": f"{kind} {index}",
        "deployment": "deployment.json",
        "folder": f"{kind}-{index}",
        "log_level": "info",
        "key": {"dev_index": key},
        "rpc": {name: list(endpoints) for name, endpoints in urls.items()},
    }


def monitor_file(config: MonitorConfig, urls: Urls) -> Table:
    """A monitor's risk.toml."""
    keys = {"bless": config.bless, "curse": config.curse, "relay": config.relay}
    return {
        "monitor": {
            "name": config.name,
            "store": config.name.replace(" ", "-"),
            "listen": f"{config.listen[0]}:{config.listen[1]}",
            "peers": list(config.peers),
            "poll_seconds": config.poll_seconds,
            "simulated_independence": True,
        },
        "keys": {role: {"dev_key_index": key.dev_key_index} for role, key in keys.items() if key is not None},
        "chains": [
            {
                "name": chain.name,
                "selector": str(chain.selector),
                "chain_id": chain.chain_id,
                "rpc": list(urls[chain.name]),
                "finality": chain.finality or "finalized",
                "start_block": chain.start_block,
                "rmn": _hex(chain.rmn),
                "rmn_proxy": _hex(chain.rmn_proxy),
                "absence_grace": chain.absence_grace,
                "pools": [
                    {"pool": _hex(p.pool), "token": _hex(p.token), "decimals": p.decimals}
                    for p in chain.pools
                ],
            }
            for chain in config.chains
        ],
        "lanes": [
            {
                "source": str(lane.source),
                "destination": str(lane.destination),
                "on_ramp": _hex(lane.on_ramp),
                "commit_store": _hex(lane.commit_store),
                "off_ramp": _hex(lane.off_ramp),
            }
            for lane in config.lanes
        ],
    }


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def as_toml(table: Table) -> str:
    """TOML of nested tables, lists of tables, and plain values, which TOML and JSON write alike."""
    return "\n".join(_lines(table, "")) + "\n"


def _lines(table: Table, path: str) -> list[str]:
    lines: list[str] = []
    below: list[tuple[str, Any]] = []
    for key, value in table.items():
        nested = isinstance(value, Mapping) or (
            isinstance(value, list) and value and isinstance(value[0], Mapping)
        )
        if nested:
            below.append((key, value))
        else:
            lines.append(f"{_key(key)} = {json.dumps(value)}")
    for key, value in below:
        name = f"{path}{_key(key)}"
        for each in value if isinstance(value, list) else [value]:
            lines.append(f"[[{name}]]" if isinstance(value, list) else f"[{name}]")
            lines += _lines(each, f"{name}.")
    return lines


def _key(key: str) -> str:
    return key if key.isidentifier() else json.dumps(key)
