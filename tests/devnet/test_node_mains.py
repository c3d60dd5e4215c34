"""What nodes of the box are told to do."""

from dataclasses import replace

from ccip_py.chains.deployment import LaneDeployment
from ccip_py.devnet.node_mains import monitored_lanes
from ccip_py.protocol.ids import Address, ChainSelector


def lane(n: int, previous: LaneDeployment | None = None) -> LaneDeployment:
    ramp, store, off_ramp = (Address(bytes([n, kind]) * 10) for kind in (1, 2, 3))
    made = LaneDeployment(ChainSelector(1), ChainSelector(2), ramp, store, off_ramp, 0, 0, (), 1, bytes(32))
    if previous is None:
        return made
    return replace(made, previous_off_ramp=previous.off_ramp, previous_commit_store=previous.commit_store)


def test_monitors_retire_a_replaced_lane_only_if_nothing_goes_on_from_it() -> None:
    first = lane(1)
    second = lane(2, previous=first)
    severed = lane(3)

    def retired(*lanes: LaneDeployment, replaced: tuple[LaneDeployment, ...] = ()) -> list[bool]:
        return [one.retired for one in monitored_lanes(lanes, replaced)]

    assert retired(first) == [False]
    assert retired(second, replaced=(first,)) == [False, False]
    assert retired(severed, replaced=(first,)) == [False, True]
    assert retired(severed, replaced=(first, second)) == [False, False, True]
