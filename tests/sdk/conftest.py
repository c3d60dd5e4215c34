"""A deployment of two chains, as data, and a way to answer a flow by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from ccip_py.chains.deployment import ChainDeployment, Deployment, LaneDeployment, TokenDeployment
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.sdk.flow import Calls, Flow, Pause

A, B = ChainSelector(7759470850252068959), ChainSelector(3379446385462418246)


def address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def chain(name: str, chain_id: int, selector: ChainSelector, base: int) -> ChainDeployment:
    return ChainDeployment(
        name=name,
        chain_id=chain_id,
        selector=selector,
        rpc_url="http://127.0.0.1:1",
        finality="finalized",
        start_block=0,
        router=address(base + 1),
        fee_quoter=address(base + 2),
        rmn=address(base + 3),
        rmn_proxy=address(base + 4),
        token_admin_registry=address(base + 5),
        wrapped_native=address(base + 6),
        link=address(base + 7),
        owner=address(base + 8),
        tokens=(TokenDeployment("BMT", address(base + 9), address(base + 10), "burn_mint", 18),),
    )


def lane(source: ChainSelector, destination: ChainSelector, base: int) -> LaneDeployment:
    return LaneDeployment(
        source=source,
        destination=destination,
        on_ramp=address(base + 1),
        commit_store=address(base + 2),
        off_ramp=address(base + 3),
        on_ramp_block=1,
        off_ramp_block=5,
        committers=tuple(address(900 + i) for i in range(4)),
        f=1,
        config_digest=b"\x00\x01" + bytes(29) + b"\x01",
    )


@pytest.fixture
def deployment() -> Deployment:
    return Deployment(
        (chain("a", 31337, A, 0x10000), chain("b", 1337, B, 0x20000)),
        (lane(A, B, 0x30000), lane(B, A, 0x40000)),
    )


def run(flow: Flow[Any], answer: Callable[[str, tuple[Any, ...]], Any]) -> Any:
    """Drive a flow with a function from (method, params) to the node's result; pauses cost nothing."""
    reply: Any = None
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as end:
            return end.value
        if isinstance(step, Pause):
            reply = None
        else:
            assert isinstance(step, Calls)
            reply = tuple(answer(call.method, call.params) for call in step.calls)
