"""A count of RPC calls has all of them: whatever a node asks lies behind a proxy."""

import re
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccip_py.chaos.bench_relay import _fleet
from ccip_py.chaos.proxies import Proxies
from ccip_py.devnet.network import Network, Options, start_network


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with start_network(Options(block_times=(1, 1), epochs=(1, 1)), start_nodes=False) as network:
        yield network


def asked(network: Network, folder: Path, *, calls: bool) -> tuple[Counter[str], set[str], set[str]]:
    """Every URL that nodes are told, how often; where proxies answer, and where the chains themselves do."""
    with Proxies(network.host) as proxies:
        fleet = _fleet(network, folder, proxies, Namespace(calls=calls, restart=False))
        told = [(folder / f"{name.replace(' ', '-')}.toml").read_text() for name in fleet.names]
        urls = Counter(url for text in told for url in re.findall(r"http://127\.0\.0\.1:\d+", text))
        between = {proxy.url for proxy in proxies._proxies.values()}
    return urls, between, {anvil.url for anvil in network.anvils.values()}


def test_no_node_asks_a_chain_past_the_proxies_where_calls_are_counted(
    network: Network, tmp_path: Path
) -> None:
    urls, proxies, chains = asked(network, tmp_path, calls=True)

    assert not chains & urls.keys()
    assert len(proxies) == 2 * (4 + 2 * 4 + 1)  # two chains, at two endpoints each of a monitor's
    assert {urls[proxy] for proxy in proxies} == {1}


def test_nothing_lies_between_where_they_are_not(network: Network, tmp_path: Path) -> None:
    urls, proxies, chains = asked(network, tmp_path, calls=False)

    assert not proxies
    assert {urls[chain] for chain in chains} == {4 + 2 * 4 + 1}
