"""Executions and payouts that had no reason: the contracts should have refused them, so what follows is stopped."""

from dataclasses import replace
from pathlib import Path

import pytest
from eth_hash.auto import keccak

from ccip_py.risk.config import Pool
from ccip_py.risk.evm import CURSED, SUCCESS
from ccip_py.risk.root import merkle_root
from ccip_py.risk.vote import GLOBAL_SUBJECT, subject_of

from .builders import DESTINATION, SOURCE, Sent
from .world import (
    EMITTER,
    EMITTER_OF_THREE,
    OFF_RAMP,
    TOKEN,
    World,
    all_monitors,
    config_for,
    deploy,
    execution,
    install,
    monitored,
    owner_call,
    set_monitors,
    together,
    transact,
)

pytestmark = pytest.mark.anyio


def guardian_curses(world: World) -> None:
    owner_call(world.destination, world.rmn[DESTINATION], "curse(bytes16)", ["bytes16"], [subject_of(SOURCE)])


async def test_honest_executions_are_in_order(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        await world.bless_first()
        world.execute(1, state=3)
        world.execute(2)
        world.execute(1)

        await world.settle(14)

        assert world.anomalies() == set()
        assert not world.is_cursed()
        assert all(
            monitor.facts.executions.unjudged(monitor.config.lanes[0]) == [] for monitor in world.monitors
        )


async def test_an_4_execution_of_something_that_was_not_sent(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        await world.bless_first()
        world.execute(2, message_id=keccak(b"altered"))

        await world.until(lambda: world.is_cursed(DESTINATION))

        assert world.anomalies() == {"AN4"}


async def test_an_5_double_execution_stops_everything(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        await world.bless_first()
        world.execute(1)
        world.execute(1)

        await world.until(lambda: world.is_cursed(SOURCE, GLOBAL_SUBJECT))
        await world.until(lambda: world.is_cursed(DESTINATION, GLOBAL_SUBJECT))

        assert world.anomalies() == {"AN5"}


async def test_an_6_execution_without_a_commit_stops_everything(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send()
        world.execute(1)

        await world.until(lambda: world.is_cursed(DESTINATION, GLOBAL_SUBJECT))

        assert world.anomalies() == {"AN6"}


async def test_an_6_execution_without_a_blessing_stops_everything(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send()
        world.commit(1, 1)
        world.execute(1)

        await world.until(lambda: world.anomalies() == {"AN6"})


async def test_an_6_execution_during_a_curse_stops_everything(world: World, tmp_path: Path) -> None:
    """What came before the curse was in order, and stays so."""
    async with monitored(world, tmp_path):
        await world.bless_first()
        world.execute(1)
        await world.settle(6)
        guardian_curses(world)
        world.execute(2)

        await world.until(lambda: world.is_cursed(DESTINATION, GLOBAL_SUBJECT))

        assert "AN6" in world.anomalies()
        (held,) = [one for one in world.monitors[0].journal.held() if one.evidence.anomaly == "AN6"]
        assert held.evidence.facts["seqNr"] == 2
        assert "during a curse" in held.evidence.summary


async def test_an_6_execution_under_a_blessing_that_a_lift_made_void(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        await world.bless_first()
        guardian_curses(world)
        world.lift(world.destination, DESTINATION, subject_of(SOURCE))
        world.execute(1)

        await world.until(lambda: world.is_cursed(DESTINATION, GLOBAL_SUBJECT))

        assert world.anomalies() == {"AN6"}


async def test_an_5_one_message_on_two_off_ramps_stops_everything(world: World, tmp_path: Path) -> None:
    """A second lane from the same source, whose off-ramp has a memory of its own of what was executed."""
    (lane,) = config_for(world, 0, tmp_path).lanes
    second = replace(lane, on_ramp=b"\x1a" * 20, commit_store=b"\x1b" * 20, off_ramp=b"\x1c" * 20)
    install(world.source, second.on_ramp, EMITTER)
    install(world.destination, second.off_ramp, EMITTER_OF_THREE)
    async with monitored(world, tmp_path, lanes=(lane, second)):
        await world.bless_first()
        world.execute(1)
        await world.settle(6)
        assert world.anomalies() == set()

        world.execute(1, off_ramp=second.off_ramp)
        await world.until(lambda: world.is_cursed(DESTINATION, GLOBAL_SUBJECT))

        assert world.anomalies() == {"AN5"}


async def test_an_7_a_payout_that_nothing_justifies(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.pay_out(10**18)

        await world.until(lambda: world.is_cursed(DESTINATION, GLOBAL_SUBJECT))

        assert world.anomalies() == {"AN7"}


async def test_an_7_a_message_whose_tokens_were_neither_locked_nor_burned(
    world: World, tmp_path: Path
) -> None:
    """The root is right, and the on-ramp let through what it should not have."""
    token, pool = b"\x2e" * 20, b"\x2c" * 20
    async with monitored(world, tmp_path, pools_of_source=(Pool(pool, token, 18),)):
        moved = Sent().with_token(token, 5, pool, TOKEN, 18)
        world.send(amounts=moved.amounts, token_data=moved.token_data)
        root = world.commit(1, 1)

        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))

        assert world.anomalies() == {"AN7"}
        assert not world.is_blessed(root)


def new_rmn(world: World) -> bytes:
    """Another one with the same monitors, which the proxy does not name yet."""
    new = deploy(world.destination, "RMN", ["address"], [bytes(19) + b"\x01"])
    set_monitors(world.destination, new, all_monitors())
    return new


def name_it(world: World, rmn: bytes) -> None:
    owner_call(world.destination, world.proxy[DESTINATION], "setARM(address)", ["address"], [rmn])


async def test_an_rmn_that_is_replaced_on_purpose_makes_nobody_guilty(world: World, tmp_path: Path) -> None:
    """Executed under the one before, and cursed and lifted there: what the new one says is no measure for that. Then what
    is not executed yet is blessed by the new one."""
    old, new = world.rmn[DESTINATION], new_rmn(world)
    async with monitored(world, tmp_path):
        await world.bless_first(3)
        world.execute(1)
        await world.settle(6)
        assert world.anomalies() == set()

    changed = replace(world, monitors=[], rmn={**world.rmn, DESTINATION: new})
    async with monitored(changed, tmp_path, former_rmns=(old,)):
        changed.execute(2)
        await changed.settle(8)
        assert changed.anomalies() == set()
        assert any("still names" in alarm for alarm in changed.monitors[0].status()["alarms"])

        name_it(changed, new)
        await changed.until(lambda: changed.is_blessed(merkle_root(changed.leaves)))
        changed.execute(3)
        await changed.settle(8)
        assert changed.anomalies() == set()
        assert not changed.is_cursed(SOURCE)

        name_it(changed, old)
        await changed.until(lambda: changed.anomalies() == {"AN10"})


async def test_an_6_a_new_rmn_takes_over_no_blessings(world: World, tmp_path: Path) -> None:
    old, new = world.rmn[DESTINATION], new_rmn(world)
    async with monitored(world, tmp_path):
        await world.bless_first()
    name_it(world, new)
    world.execute(1)

    changed = replace(world, monitors=[], rmn={**world.rmn, DESTINATION: new})
    async with monitored(changed, tmp_path, former_rmns=(old,)):
        await changed.until(lambda: changed.anomalies() == {"AN6"})


async def test_a_token_that_speaks_like_an_rmn_stops_nothing(world: World, tmp_path: Path) -> None:
    install(world.destination, TOKEN, EMITTER_OF_THREE)
    forged = CURSED + GLOBAL_SUBJECT + bytes(16) + bytes(32)
    async with monitored(world, tmp_path):
        await world.bless_first()
        transact(world.destination, TOKEN, forged)
        world.execute(1)

        await world.settle(8)

        assert world.anomalies() == set()


async def test_a_receiver_that_carries_the_deciding_curse_vote_makes_nobody_guilty(
    world: World, tmp_path: Path
) -> None:
    """Its message was checked before, and so were those behind it in the same report: their executions are told after the
    curse. What is executed in a later transaction is another matter."""
    votes = [world.curse_vote(n) for n in range(2)]
    async with monitored(world, tmp_path):
        await world.bless_first()
        transact(world.destination, world.rmn[DESTINATION], votes[0])
        done = [execution(seq_nr, world.leaves[seq_nr - 1], SUCCESS) for seq_nr in (1, 2)]
        report = [(OFF_RAMP, done[0]), (world.rmn[DESTINATION], votes[1]), (OFF_RAMP, done[1])]
        transact(world.destination, None, together(report))
        assert world.is_cursed()

        await world.settle(8)

        assert not any("AN6" in one for one in world.anomalies())
        assert not world.is_cursed(DESTINATION, GLOBAL_SUBJECT)
