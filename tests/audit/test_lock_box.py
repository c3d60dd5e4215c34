"""Pools that keep what they lock in a box: what is in the box is under audit like what is in a pool."""

import pytest

from ccip_py.audit.words import put, put_dynamic, put_text, signature
from ccip_py.protocol.codec.evm import address_to_word, checksum
from ccip_py.protocol.ids import Address
from ccip_py.testing.contracts import Contract
from tests.audit.conftest import UNIT, Scene, topic

THIEF = b"\x66" * 20
NO_LIMIT = {"isEnabled": False, "capacity": 0, "rate": 0}


@pytest.fixture
def box(scene: Scene) -> Contract:
    """LRT on chain a moves to a pool with a lock box, and two of it are locked there."""
    ccip, here, there = scene.past.network, scene.network.chain("a"), scene.network.chain("b")
    token, remote = here.token("LRT"), there.token("LRT")
    box = ccip.deploy("a", "LockBox", checksum(token.address))
    arguments = (
        checksum(token.address),
        18,
        [],
        checksum(here.rmn_proxy),
        checksum(here.router),
        box.address,
    )
    pool = ccip.deploy("a", "LockBoxTokenPool", *arguments)
    update = {
        "remoteChainSelector": there.selector,
        "remotePoolAddresses": [address_to_word(remote.pool)],
        "remoteTokenAddress": address_to_word(remote.address),
        "outboundRateLimiterConfig": NO_LIMIT,
        "inboundRateLimiterConfig": NO_LIMIT,
    }
    pool.applyChainUpdates([], [update])
    box.applyPoolUpdates([], [pool.address])
    setting = (
        signature("setPool(address,address)")[:4] + put(token.address) + put(bytes.fromhex(pool.address[2:]))
    )
    scene.act("a", here.owner, here.token_admin_registry, setting)
    known = put_dynamic(here.selector, put_text(address_to_word(Address(bytes.fromhex(pool.address[2:])))))
    scene.act("b", there.owner, remote.pool, signature("addRemotePool(uint64,bytes)")[:4] + known)
    ccip.send("a", "b", ccip.user, tokens=[("LRT", 2 * UNIT)])
    return box


def _balance(scene: Scene, box: Contract) -> int:
    token = Address(scene.network.chain("a").token("LRT").address)
    data = "0x" + (signature("balanceOf(address)")[:4] + put(bytes.fromhex(box.address[2:]))).hex()
    return int(scene.network.anvils["a"].rpc("eth_call", {"to": checksum(token), "data": data}, "latest"), 16)


def test_locking_into_a_box_and_releasing_from_it_is_in_order(scene: Scene, box: Contract) -> None:
    ccip = scene.past.network
    assert _balance(scene, box) == 2 * UNIT
    ccip.send("b", "a", ccip.user, tokens=[("LRT", UNIT)])
    ccip.deliver()
    assert _balance(scene, box) == UNIT
    assert scene.verdict().holds, scene.verdict().violations


def test_s1_tokens_that_leave_a_box_without_a_word(scene: Scene, box: Contract) -> None:
    here = scene.network.chain("a")
    call = signature("transfer(address,uint256)")[:4] + put(THIEF) + put(UNIT)
    theft = scene.act("a", bytes.fromhex(box.address[2:]), here.token("LRT").address, call)
    assert "left a pool" in scene.caught("S1", theft).what


def test_s1_a_lock_that_never_reaches_the_box(scene: Scene, box: Contract) -> None:
    """The pool says that it locked, and the box got nothing."""
    pool, lane = bytes.fromhex(box.getPools()[0][2:]), scene.network.lane("a", "b")
    said = scene.forge("a", pool, "Locked(address,uint256)", topic(lane.on_ramp), data=put(UNIT))
    violations = [v for v in scene.verdict().violations if v.invariant == "S1" and said in v.transactions]
    assert any("and none did" in violation.what for violation in violations)
