"""V16 of `scripts/bench liveness`, in little: ordinary messages arrive beside hostile ones, which fail. The bench times it."""

import pytest

from ccip_py.devnet.network import Options, start_network
from scripts.benches.liveness.hostile import OF_THEM_HOSTILE, v16_hostile_receivers
from scripts.benches.liveness.traffic import Traffic

BLOCKS = 2


@pytest.mark.slow
def test_three_of_ten_messages_are_hostile_and_fail_and_the_others_arrive() -> None:
    with start_network(Options(block_times=(1, 1), epochs=(1, 1), permissionless_window=3_600)) as network:
        latency, hostile = v16_hostile_receivers(network, Traffic(network), BLOCKS)

    assert latency.seconds is not None
    assert hostile.situation.startswith(f"each of {BLOCKS * OF_THEM_HOSTILE} hostile messages failed")
    assert hostile.held
