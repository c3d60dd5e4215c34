"""Staged frauds: each is stopped by the monitors alone, and nothing else is."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from eth_hash.auto import keccak

from ccip_py.risk import keys, views
from ccip_py.risk.config_toml import as_toml
from ccip_py.risk.cursing import RENEW_BEFORE, VOTE_LIFETIME
from ccip_py.risk.evm import metadata, read_sent
from ccip_py.risk.judge import Evidence
from ccip_py.risk.main import main
from ccip_py.risk.root import merkle_root
from ccip_py.risk.store import Journal
from ccip_py.risk.vote import GLOBAL_SUBJECT, subject_of

from .builders import DESTINATION, ON_RAMP, SOURCE, Sent
from .world import EMITTER, World, config_for, curse_key, deploy, install, monitored, owner_call

pytestmark = pytest.mark.anyio

FORGED = keccak(b"a root over messages that would pay the thief")


async def test_an_2_a_wrong_root_over_real_messages(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send(3)
        world.commit(1, 3, FORGED)

        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))

        assert world.anomalies() == {"AN2"}
        assert not world.is_blessed(FORGED)


def altered_amount(world: World) -> bytes:
    """The messages as sent, but the second one pays ten times as much."""
    token = b"\x01" * 20
    honest = Sent().with_token(token, 5, b"\x02" * 20, b"\x03" * 20, 18)
    world.send()
    world.send(amounts=honest.amounts, token_data=honest.token_data)
    richer = replace(world.sent[1], amounts=((token, 50),))
    leaf = read_sent(richer.log(), SOURCE, metadata(SOURCE, DESTINATION, ON_RAMP)).leaf
    return merkle_root([world.leaves[0], leaf])


def skipped_message(world: World) -> bytes:
    """The first message is missing under the root, and the second one stands there twice."""
    world.send(2)
    return merkle_root([world.leaves[1], world.leaves[1]])


def swapped_order(world: World) -> bytes:
    """All messages, in another order. Pairs are sorted before they are hashed, so it takes three."""
    world.send(3)
    return merkle_root([world.leaves[2], world.leaves[1], world.leaves[0]])


@pytest.mark.parametrize("fraud", [altered_amount, skipped_message, swapped_order])
async def test_an_2_a_root_over_other_messages_than_were_sent(
    world: World, tmp_path: Path, fraud: Callable[[World], bytes]
) -> None:
    async with monitored(world, tmp_path):
        forged = fraud(world)
        world.commit(1, len(world.sent), forged)

        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))

        assert world.anomalies() == {"AN2"}
        assert not world.is_blessed(forged)


async def test_an_3_a_root_over_messages_that_were_never_sent(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send()
        world.commit(1, 1)
        world.commit(2, 2, FORGED)

        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))

        assert world.anomalies() == {"AN3"}


async def test_an_3_a_root_over_a_message_that_was_not_final_and_vanished(
    world: World, tmp_path: Path
) -> None:
    """What committers do that take an unfinal block for final. It was right when it was signed, and is blessed by nobody."""
    async with monitored(world, tmp_path):
        world.send()
        root = world.commit(1, 1)
        for monitor in world.monitors:
            await monitor.cycle()
        world.source.reorg(1)

        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))

        assert world.anomalies() == {"AN3"}
        assert not world.is_blessed(root)


async def test_a_commit_that_is_merely_early_is_blessed_later(world: World, tmp_path: Path) -> None:
    """Sent but not final: no reason to curse, however long it takes."""
    async with monitored(world, tmp_path):
        world.send(2)
        root = world.commit(1, 2)
        for _ in range(12):
            world.destination.mine()
            for monitor in world.monitors:
                await monitor.cycle()
        assert world.anomalies() == set()
        assert not world.is_cursed()

        await world.settle(4)
        assert world.is_blessed(root)


async def test_nothing_behind_a_forgery_is_blessed(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send(4)
        world.commit(1, 2, FORGED)
        behind = world.commit(3, 4)

        await world.settle(3)

        assert not world.is_blessed(behind)


async def test_the_story_ends_well(world: World, tmp_path: Path) -> None:
    """Refused, cursed, removed, lifted, blessed again: rules of cursing and lifting, from end to end."""
    async with monitored(world, tmp_path):
        world.send(2)
        early = world.commit(1, 2)
        await world.settle(4)
        assert world.is_blessed(early)
        world.send(2)
        world.commit(3, 4, FORGED)
        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))

        world.remove(FORGED)
        await world.until(lambda: world.anomalies() == set())
        world.lift(world.destination, DESTINATION, subject_of(SOURCE))
        world.lift(world.source, SOURCE, subject_of(DESTINATION))
        assert not world.is_blessed(early)
        honest = world.commit(3, 4)
        await world.until(lambda: world.is_blessed(early) and world.is_blessed(honest))

        assert not world.is_cursed(DESTINATION)
        assert not world.is_cursed(SOURCE)
        assert world.anomalies() == set()


@pytest.mark.parametrize("anomaly", ["AN5", "AN14"])
async def test_evidence_about_a_lane_that_is_no_longer_configured_stops_no_votes(
    world: World, tmp_path: Path, anomaly: str
) -> None:
    """It was held when the lane's line was taken out of the file. It is voted on until a lift settles it, like any other."""
    blame = SOURCE if anomaly == "AN14" else None
    about = Evidence(anomaly, blame, (DESTINATION, SOURCE), "held before", {"n": 1})
    async with monitored(world, tmp_path, lanes=()):
        for monitor in world.monitors:
            monitor.journal.hold(about)
            monitor.journal.hold(replace(about, anomaly="AN1", blame=DESTINATION, facts={"n": 2}))

        await world.until(lambda: world.is_cursed(SOURCE))
        if blame is None:
            await world.until(lambda: world.is_cursed(DESTINATION, GLOBAL_SUBJECT))
            for chain, selector in ((world.destination, DESTINATION), (world.source, SOURCE)):
                world.lift(chain, selector, GLOBAL_SUBJECT)
            await world.until(lambda: world.anomalies() == {"AN1"})


async def test_evidence_about_a_chain_that_is_no_longer_configured_stops_no_votes(
    world: World, tmp_path: Path
) -> None:
    """Nobody can lift anything there for this monitor to see: what the other chains say settles it."""
    async with monitored(world, tmp_path):
        for monitor in world.monitors:
            gone = Evidence("AN14", 77, (78, 77), "a pair that is gone", {"n": 1})
            monitor.journal.hold(gone)
            monitor.journal.hold(replace(gone, anomaly="AN7", chains=(DESTINATION, 77), facts={"n": 2}))

        await world.until(lambda: world.is_cursed(DESTINATION, subject_of(77)))
        assert world.anomalies() == {"AN7"}
        world.lift(world.destination, DESTINATION, subject_of(77))
        await world.until(lambda: world.anomalies() == set())


async def test_lifting_without_removing_is_answered_with_another_curse(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send()
        world.commit(1, 1, FORGED)
        await world.until(lambda: world.is_cursed(DESTINATION))

        world.lift(world.destination, DESTINATION, subject_of(SOURCE))

        await world.until(lambda: world.is_cursed(DESTINATION))


async def test_nobody_votes_once_the_curse_stands(world: World, tmp_path: Path) -> None:
    """A vote after the owner's review would void the review."""
    async with monitored(world, tmp_path):
        world.send()
        world.commit(1, 1, FORGED)
        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))
        await world.settle(1)
        before = [world.sendings_of(monitor) for monitor in world.monitors]

        await world.settle(6)

        assert [world.sendings_of(monitor) for monitor in world.monitors] == before


async def test_an_empty_wallet_silences_nobody(world: World, tmp_path: Path) -> None:
    """Two monitors see the fraud but can't pay; the others carry their votes although they saw nothing."""
    async with monitored(world, tmp_path):
        poor = world.monitors[:2]
        for monitor in poor:
            for chain in (world.source, world.destination):
                chain.set_balance("0x" + monitor._bless_key.address.hex(), 0)
        world.send()
        world.commit(1, 1, FORGED)
        await world.settle(8, poor)
        assert not world.is_cursed(DESTINATION)

        blind = world.monitors[2]
        blind._confirm = lambda suspicions: None  # type: ignore[method-assign]
        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE), [*poor, blind])

        assert blind.journal.held() == []


def votes_against_the_source(world: World) -> int:
    """How often the first monitor's curse key has voted on the destination."""
    ask = views.curse_nonce(world.rmn[DESTINATION], subject_of(SOURCE), keys.dev_key(curse_key(0)).address)
    said = world.destination.rpc(
        "eth_call", {"to": "0x" + ask.to.hex(), "data": "0x" + ask.data.hex()}, "latest"
    )
    return int(said, 16)


async def test_a_vote_is_renewed_while_the_evidence_holds_and_not_before_it_must(
    world: World, tmp_path: Path
) -> None:
    """Votes live for minutes. A monitor that waits for a second one must still be heard when it comes."""
    async with monitored(world, tmp_path, count=1):
        world.send()
        world.commit(1, 1, FORGED)
        await world.until(lambda: votes_against_the_source(world) == 1)
        await world.settle(6)
        assert votes_against_the_source(world) == 1

        world.destination.warp(VOTE_LIFETIME - RENEW_BEFORE)
        await world.until(lambda: votes_against_the_source(world) == 2)
        world.destination.warp(2 * VOTE_LIFETIME)
        await world.until(lambda: votes_against_the_source(world) == 3)

        world.remove(FORGED)
        await world.until(lambda: world.anomalies() == set())
        world.destination.warp(2 * VOTE_LIFETIME)
        await world.settle(6)
        assert votes_against_the_source(world) == 3


async def test_explains_its_votes(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a vote rests on is in the journal, under the root and under what the vote names."""
    async with monitored(world, tmp_path):
        world.send(2)
        good = world.commit(1, 1)
        world.commit(2, 2, FORGED)
        await world.until(lambda: world.is_blessed(good) and world.is_cursed(DESTINATION))
    monitor = world.monitors[0]
    path = tmp_path / "risk.toml"
    path.write_text(as_toml(monitor.config))

    assert main(["explain", "0x" + good.hex()[:12], "--config", str(path)]) == 0
    (blessing,) = json.loads(capsys.readouterr().out)
    assert blessing["kind"] == "blessing"
    assert json.loads(blessing["why"])["rebuiltRoot"] == good.hex()

    with closing(Journal(monitor.config.directory / "journal.sqlite")) as journal:
        (evidence,) = journal.all_evidence()
    assert main(["explain", evidence["id"], "--config", str(path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {one["kind"] for one in found} == {"evidence", "curse"}
    assert json.loads(found[0]["facts"])["root"] == FORGED.hex()
    assert json.loads(found[0]["facts"])["rebuiltRoot"] == world.leaves[1].hex()


async def test_one_sighting_is_not_enough(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path, count=1):
        (monitor,) = world.monitors
        world.send()
        world.commit(1, 1, FORGED)
        world.source.mine(8)
        world.destination.mine(8)

        await monitor.cycle()
        assert monitor.journal.held() == []
        await monitor.cycle()
        await monitor.cycle()
        assert [held.evidence.anomaly for held in monitor.journal.held()] == ["AN2"]


async def test_one_monitor_alone_stops_nothing(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send()
        world.commit(1, 1, FORGED)

        await world.settle(16, world.monitors[:1])

        assert not world.is_cursed(DESTINATION)


async def test_evidence_against_a_lane_that_was_replaced_is_settled(world: World, tmp_path: Path) -> None:
    """A root over messages that no longer exist can't be removed once it is blessed: the lane is given up."""
    async with monitored(world, tmp_path, count=1):
        world.send()
        world.commit(1, 1, FORGED)
        await world.until(lambda: world.anomalies() == {"AN2"})
    world.monitors.clear()

    (lane,) = config_for(world, 0, tmp_path).lanes
    successor = replace(lane, on_ramp=b"\x1a" * 20)
    lanes = (successor, replace(lane, retired=True))
    async with monitored(world, tmp_path, count=1, lanes=lanes):
        install(world.source, successor.on_ramp, EMITTER)
        await world.until(lambda: world.anomalies() == set())

        assert [one["settled"] for one in world.monitors[0].journal.all_evidence()] == [True]


async def test_what_a_retired_lane_did_is_neither_judged_nor_held_against_its_tokens(
    world: World, tmp_path: Path
) -> None:
    """Its history may be gone from the source; read anew, its payouts must not look like theft."""
    world.send()
    world.commit(1, 1)
    world.deliver(1, 10)
    world.execute(1, message_id=keccak(b"no longer known to the source"))
    (lane,) = config_for(world, 0, tmp_path).lanes
    successor = replace(lane, on_ramp=b"\x1a" * 20, off_ramp=b"\x1b" * 20)
    install(world.source, successor.on_ramp, EMITTER)
    async with monitored(world, tmp_path, lanes=(successor, replace(lane, retired=True))):
        await world.settle(12)

        assert world.anomalies() == set()
        assert world.monitors[0].facts.flows.payouts(DESTINATION) == []
    world.monitors.clear()

    async with monitored(world, tmp_path / "anew"):
        await world.until(lambda: "AN6" in world.anomalies())


# FINALITY


async def test_an_1_a_finalized_block_that_changes(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        await world.bless_first()
        world.source.mine(6)
        await world.settle(2)
        world.source.reorg(5)

        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))

        assert world.anomalies() == {"AN1"}


async def test_an_1_a_finalized_block_of_the_destination_that_changes(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        await world.bless_first()
        world.destination.mine(8)
        await world.settle(2)
        world.destination.reorg(7)

        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))

        assert world.anomalies() == {"AN1"}
        assert {held.evidence.blame for held in world.monitors[0].journal.held()} == {DESTINATION}


async def test_nothing_is_judged_by_a_chain_that_is_shorter_than_it_was(world: World, tmp_path: Path) -> None:
    """Final blocks are gone, and no others are there yet: what is known of them is neither believed nor held against
    anybody, and an alarm says so."""
    async with monitored(world, tmp_path):
        before = world.source.snapshot()
        world.send()
        world.source.mine(8)
        for monitor in world.monitors:
            await monitor.cycle()
        assert all(monitor.facts.sent.through(monitor.config.lanes[0]) == 1 for monitor in world.monitors)

        world.source.revert(before)
        root = world.commit(1, 1)
        for _ in range(8):
            world.destination.mine()
            for monitor in world.monitors:
                await monitor.cycle()

        assert all(not monitor.votes() for monitor in world.monitors)
        assert not world.is_blessed(root)
        assert world.anomalies() == set()
        for monitor in world.monitors:
            assert any("shorter" in alarm for alarm in monitor.status()["alarms"])


async def test_a_shallow_reorg_alarms_nobody(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        await world.bless_first()
        for _ in range(3):
            world.source.reorg(1)
            world.destination.reorg(2)
            await world.settle(2)

        assert world.anomalies() == set()
        assert not world.is_cursed()


async def test_after_a_changed_history_was_reviewed_it_is_read_anew(world: World, tmp_path: Path) -> None:
    """Lifted after AN1: what still exists is blessed again, under the new epoch."""
    async with monitored(world, tmp_path):
        root = await world.bless_first()
        world.source.mine(6)
        await world.settle(2)
        world.source.reorg(5)
        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))

        world.lift(world.destination, DESTINATION, subject_of(SOURCE))
        world.lift(world.source, SOURCE, subject_of(DESTINATION))
        assert not world.is_blessed(root)
        await world.until(lambda: world.is_blessed(root))

        assert world.anomalies() == set()
        assert not world.is_cursed(DESTINATION)


async def test_a_commit_of_blocks_that_a_deep_reorg_removed_is_cursed_even_after_a_lift(
    world: World, tmp_path: Path
) -> None:
    """Such a lane can't be resumed: what was committed will never exist again."""
    async with monitored(world, tmp_path):
        await world.bless_first()
        await world.settle(4)
        world.source.reorg(world.source.block_number() - world.before_sending)
        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))
        assert world.anomalies() == {"AN1"}

        world.lift(world.destination, DESTINATION, subject_of(SOURCE))
        world.lift(world.source, SOURCE, subject_of(DESTINATION))

        await world.until(lambda: world.anomalies() == {"AN3"})
        await world.until(lambda: world.is_cursed(DESTINATION))


# CONFIGURATION


async def test_an_10_a_swapped_rmn_pointer_is_answered_on_the_other_chain(
    world: World, tmp_path: Path
) -> None:
    async with monitored(world, tmp_path):
        await world.bless_first()
        another = deploy(world.destination, "RMN", ["address"], [b"\x01" * 20])
        owner_call(world.destination, world.proxy[DESTINATION], "setARM(address)", ["address"], [another])

        await world.until(lambda: world.is_cursed(SOURCE))

        assert world.anomalies() == {"AN10"}


async def test_a_start_after_the_deployment_is_refused_rather_than_misread(
    world: World, tmp_path: Path
) -> None:
    """Reading from the middle, message 5 would seem to follow nothing."""
    async with monitored(world, tmp_path, count=1):
        (monitor,) = world.monitors
        world.destination.mine(8)
        follower = monitor._followers[DESTINATION]
        follower.chain = replace(follower.chain, start_block=world.destination.block_number("finalized"))

        await world.settle(2)

        assert monitor.facts.cursor(DESTINATION) is None
        assert any("StartsTooLate" in alarm for alarm in monitor.status()["alarms"])
