"""What the chains alone do is measured once nothing of the run is left beside them."""

from typing import cast

import pytest

from ccip_py.chaos.replay import Recording
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.devnet.network import Network, Options
from ccip_py.errors import NotYet


class Chains:
    """All of a network that a recording reads."""

    def __init__(self, *chains: Anvil) -> None:
        self.options = Options(block_times=(0,) * len(chains))
        self.anvils = {f"chain {place}": chain for place, chain in enumerate(chains)}


def pay(chain: Anvil, times: int) -> None:
    accounts = chain.rpc("eth_accounts")
    for _ in range(times):
        chain.rpc("eth_sendTransaction", {"from": accounts[0], "to": accounts[1], "value": "0x1"})
        chain.mine(1)


def recorded() -> Recording:
    """A run on two chains that are over."""
    with Anvil(AnvilOptions(31337)) as one, Anvil(AnvilOptions(31338)) as other:
        for chain in (one, other):
            chain.automine(False)
        pay(one, 3)
        recording = Recording(cast(Network, Chains(one, other)))
        pay(one, 5)
        pay(other, 2)
        recording.stop()
    return recording


def test_a_recording_is_replayed_when_its_chains_are_gone_and_says_how_long_each_took() -> None:
    took = recorded().replay()

    assert list(took) == ["chain 0", "chain 1"]
    assert all(seconds > 0 for seconds in took.values())


def test_a_replay_that_does_other_work_is_no_measurement() -> None:
    recording = recorded()
    recording._blocks["chain 1"][0]["gasUsed"] = "0x1"

    with pytest.raises(NotYet, match="chain 1 did not do the same work"):
        recording.replay()
