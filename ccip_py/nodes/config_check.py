"""What only a node's surroundings show to be wrong with its configuration: the files it names, and what the deployment has.

All of it at once, before the node starts, as `config` does with what the file alone shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ccip_py.chains.deployment import Deployment
from ccip_py.chains.evm.keys import read_private
from ccip_py.errors import ConfigError

from .config import NodeFile


def check(node: NodeFile, deployment: Deployment) -> None:
    """ConfigError with every mistake and its key's path."""
    mistakes = [*_unreadable(node), *_unknown(node, deployment)]
    if mistakes:
        raise ConfigError(
            "the configuration has mistakes:\n" + "\n".join(f"  {mistake}" for mistake in mistakes)
        )


def _unreadable(node: NodeFile) -> Iterator[str]:
    for key, path, what in _secrets(node):
        try:
            read_private(path, what)
        except ConfigError as wrong:
            yield f"{key}: {wrong}"


def _secrets(node: NodeFile) -> Iterator[tuple[str, Path, str]]:
    """(the key's path, the file, what is in it) of every file that holds a secret."""
    if node.key is not None and node.key.keystore is not None and node.key.passphrase is not None:
        yield "key.keystore", node.key.keystore, "key file"
        yield "key.passphrase", node.key.passphrase, "key file"
    if node.journal_url_file is not None:
        yield "journal_url_file", node.journal_url_file, "URL file"
    for chain, endpoints in node.rpc.items():
        for place, endpoint in enumerate(endpoints):
            here = f"rpc.{chain}[{place}]"
            if endpoint.url_file is not None:
                yield f"{here}.url_file", endpoint.url_file, "URL file"
            for name, path in endpoint.header_files.items():
                yield f"{here}.header_files.{name}", path, "header file"


def _unknown(node: NodeFile, deployment: Deployment) -> Iterator[str]:
    """What the deployment does not know, and a port that is given twice."""
    if node.metrics is not None and node.transport is not None and node.metrics == node.transport.listen:
        yield f"metrics: {node.metrics} is where the node listens to its peers"
    names, selectors = {chain.name for chain in deployment.chains}, {c.selector for c in deployment.chains}
    lanes = {(lane.source, lane.destination) for lane in deployment.lanes}
    for name in node.rpc.keys() - names:
        yield f"rpc.{name}: the deployment has no chain of that name, only {', '.join(sorted(names))}"
    for kind, chosen in (("committer", node.committer.lanes), ("executor", node.executor.lanes)):
        for place, lane in enumerate(chosen):
            if (lane.source, lane.destination) not in lanes:
                yield f"{kind}.lanes[{place}]: the deployment has no lane {lane.source} → {lane.destination}"
    for place, fixed in enumerate(node.prices.fixed):
        if fixed.chain not in selectors:
            yield f"prices.fixed[{place}].chain: the deployment has no chain {fixed.chain}"
    for place, feed in enumerate(node.prices.feeds):
        for key, chain in (("chain", feed.chain), ("feed_chain", feed.feed_chain)):
            if chain not in selectors:
                yield f"prices.feeds[{place}].{key}: the deployment has no chain {chain}"
