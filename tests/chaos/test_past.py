"""A past made in seconds is a past: the auditor finds nothing wrong with it, and nodes go on from there."""

import json
from pathlib import Path

import pytest

from ccip_py.audit.verdict import audit
from ccip_py.chains.deployment import dump_deployment
from ccip_py.chaos.fleet import Fleet
from ccip_py.chaos.past import UNDER_A_ROOT, live_through
from ccip_py.chaos.traffic import Traffic
from ccip_py.chaos.watch import Watch
from ccip_py.devnet.network import Options, start_network

PAST = UNDER_A_ROOT + 10  # more than one root
PATIENCE_S = 120.0


@pytest.mark.slow
def test_nodes_go_on_from_a_past_that_no_node_has_seen(tmp_path: Path) -> None:
    with start_network(Options(block_times=(1, 1), epochs=(1, 1)), start_nodes=False) as network:
        traffic = Traffic(network)
        try:
            traffic.prepare()
            live_through(network, traffic, PAST)
            with Fleet(network, tmp_path) as fleet:
                fleet.start_all()
                watch = Watch(network)
                a, b = (chain.name for chain in network.deployment.chains)
                assert traffic.send(a, b, 1) + traffic.send(b, a, 1) == 2

                def arrived() -> bool:
                    watch.look()
                    return watch.tried == 2

                network.wait_until("both arrived", arrived, timeout=PATIENCE_S)
                watch.close()
        finally:
            traffic.close()
        verdict = audit(json.loads(dump_deployment(network.deployment)))
    assert verdict.holds, verdict.violations
    assert sum(tally.delivered for tally in verdict.tallies) == PAST + 2
