"""What keeps a message that is committed and blessed from being executed, and how it goes on: as docs/operating.md says."""

from __future__ import annotations

from typing import Any

import pytest

from ccip_py.deploy import devnet as roles
from ccip_py.deploy.admin import Console, act, set_executors
from ccip_py.deploy.keys import dev_address, party
from ccip_py.errors import CcipError
from ccip_py.protocol.codec.evm import checksum
from ccip_py.sdk.types import SentMessage
from ccip_py.testing import Stage
from ccip_py.testing.contracts import Contract
from ccip_py.testing.sandbox import Sandbox

UNIT = 10**18
WAIT = 60  # seconds: longer than the first two waits of a message whose tokens don't come


@pytest.fixture
def inbox(ccip: Sandbox) -> Contract:
    return ccip.deploy("b", "Inbox", ccip.router("b"))


def as_owner(ccip: Sandbox, contract: str, address: bytes, function: str, *arguments: Any) -> None:
    act(Console(ccip.chain("b"), party(f"anvil:{roles.OWNER}")), address, contract, function, *arguments)


def limit(ccip: Sandbox, capacity: int, per_second: int) -> None:
    """What may be released on b of what comes from a. The first limit leaves a full bucket."""
    off = {"isEnabled": False, "capacity": 0, "rate": 0}
    on = {"isEnabled": True, "capacity": capacity, "rate": per_second}
    pool = ccip.chain("b").token("BMT").pool
    as_owner(ccip, "TokenPool", pool, "setChainRateLimiterConfig", ccip.selector("a"), off, on)


def work(ccip: Sandbox, rounds: int = 3) -> None:
    """Everybody looks so often, a block after the other."""
    for _ in range(rounds):
        ccip.network.step()
        ccip.network.host.call(ccip.network.nodes.mind)
        ccip.mine()


def stages(ccip: Sandbox, *messages: SentMessage) -> list[Stage]:
    return [ccip.stage(each) for each in messages]


def test_a_message_beyond_a_rate_limit_waits_and_arrives_when_it_has_refilled(
    ccip: Sandbox, inbox: Contract
) -> None:
    limit(ccip, 10 * UNIT, UNIT // 2)
    first = ccip.send("a", "b", ccip.user, tokens=[("BMT", 9 * UNIT)])
    ccip.run_until(first)
    beyond = ccip.send("a", "b", ccip.user, tokens=[("BMT", 9 * UNIT)], out_of_order=True)
    plain = ccip.send("a", "b", inbox, data=b"no tokens", out_of_order=True)
    ccip.run_until(plain)
    assert ccip.stage(beyond) is Stage.BLESSED

    ccip.warp(20)
    work(ccip)
    assert ccip.stage(beyond) is Stage.EXECUTED


def test_a_message_that_a_pool_cannot_pay_fails_after_two_waits_and_arrives_when_the_pool_is_filled(
    ccip: Sandbox,
) -> None:
    token, pool = ccip.token("b", "LRT"), ccip.chain("b").token("LRT").pool
    there = token.balanceOf(checksum(pool))
    as_owner(ccip, "LockReleaseTokenPool", pool, "setRebalancer", dev_address(roles.OWNER))
    as_owner(ccip, "LockReleaseTokenPool", pool, "withdrawLiquidity", there)
    sent = ccip.send("a", "b", ccip.user, tokens=[("LRT", 5 * UNIT)])
    ccip.run_until(sent, Stage.BLESSED)
    for _ in range(2):
        work(ccip)
        assert ccip.stage(sent) is Stage.BLESSED
        ccip.warp(WAIT)
    work(ccip)
    assert ccip.stage(sent) is Stage.FAILED

    as_owner(ccip, "BurnMintERC20", ccip.chain("b").token("LRT").address, "transfer", pool, there)
    ccip.warp(WAIT)
    work(ccip)
    assert ccip.stage(sent) is Stage.EXECUTED


def test_an_ordered_message_waits_for_the_one_before_it_and_nobody_else_does(
    ccip: Sandbox, inbox: Contract
) -> None:
    limit(ccip, UNIT, 1)
    ann, bob = ccip.account("ann"), ccip.account("bob")
    ccip.token("a", "BMT").transfer(ann, 2 * UNIT)
    first = ccip.send("a", "b", ann, tokens=[("BMT", 2 * UNIT)], sender=ann, out_of_order=False)
    second = ccip.send("a", "b", inbox, data=b"2", sender=ann, out_of_order=False)
    other = ccip.send("a", "b", inbox, data=b"1", sender=bob, out_of_order=False)
    ccip.run_until(other)
    work(ccip)
    assert stages(ccip, first, second, other) == [Stage.BLESSED, Stage.BLESSED, Stage.EXECUTED]

    limit(ccip, 10 * UNIT, UNIT)
    ccip.warp(WAIT)
    work(ccip)
    assert stages(ccip, first, second) == [Stage.EXECUTED, Stage.EXECUTED]


def test_an_executor_that_is_not_registered_waits_until_the_owner_registers_it(
    ccip: Sandbox, inbox: Contract
) -> None:
    owner, me = Console(ccip.chain("b"), party(f"anvil:{roles.OWNER}")), dev_address(roles.EXECUTORS[0])
    off_ramp = ccip.lane("a", "b").off_ramp
    set_executors(owner, off_ramp, remove=[me])
    sent = ccip.send("a", "b", inbox, data=b"soon")
    with pytest.raises(CcipError, match="not a registered executor"):
        ccip.run_until(sent)
    assert ccip.stage(sent) is Stage.BLESSED

    set_executors(owner, off_ramp, add=[me])
    ccip.run_until(sent)
