"""What an owner sees before lifting: the votes of one block, the evidence behind them, the hash to quote."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from eth_hash.auto import keccak

from ccip_py.devnet.anvil import Anvil
from ccip_py.risk import keys
from ccip_py.risk.review import Place, _curses, text
from ccip_py.risk.rpc import Target
from ccip_py.risk.serve import serve
from ccip_py.risk.vote import subject_of

from .builders import DESTINATION, SOURCE
from .world import World, all_monitors, curse_key, monitored, owner_call, set_monitors, transact, view

pytestmark = pytest.mark.anyio

FORGED = keccak(b"a root over messages that would pay the thief")


async def review(world: World, evidence: Any) -> list[dict[str, Any]]:
    """What `curses` says about the destination when a monitor serves `evidence`."""
    async with anyio.create_task_group() as group:
        port = await group.start(serve, ("127.0.0.1", 0), {"/evidence": lambda: evidence})
        places = [Place("b", Target("b", world.destination.url), world.rmn[DESTINATION])]
        found = await _curses(places, [f"http://127.0.0.1:{port}", "http://127.0.0.1:9"])
        group.cancel_scope.cancel()
    return found


async def test_shows_the_votes_their_evidence_and_the_hash_that_lifts(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send()
        world.commit(1, 1, FORGED)
        await world.until(world.is_cursed)
        evidence = world.monitors[0].journal.all_evidence()

        (curse,) = await review(world, evidence)

        assert curse["subject"] == "0x" + subject_of(SOURCE).hex()
        assert len({vote["curseKey"] for vote in curse["votes"]}) == 2
        assert not any(vote["afterCurse"] for vote in curse["votes"])
        assert [one["anomaly"] for one in curse["evidence"]] == ["AN2"]
        assert curse["unexplained"] == []
        assert FORGED.hex() in text(curse)
        # The hash is what the contract wants.
        owner_call(
            world.destination,
            world.rmn[DESTINATION],
            "uncurse(bytes16,bytes32)",
            ["bytes16", "bytes32"],
            [subject_of(SOURCE), bytes.fromhex(curse["votesHash"][2:])],
        )
        assert await review(world, evidence) == []


async def test_evidence_that_does_not_hash_to_its_id_is_not_shown(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send()
        world.commit(1, 1, FORGED)
        await world.until(world.is_cursed)
        (one,) = world.monitors[0].journal.all_evidence()
        prettier = {**one, "facts": {**one["facts"], "first": 2}}

        for lie in ([prettier], [{"id": one["id"]}], "nonsense", [1]):
            (curse,) = await review(world, lie)

            assert curse["evidence"] == []
            assert curse["unexplained"] == [one["id"]]


async def test_a_guardians_curse_has_no_votes(world: World, tmp_path: Path) -> None:
    owner_call(world.destination, world.rmn[DESTINATION], "curse(bytes16)", ["bytes16"], [subject_of(SOURCE)])

    (curse,) = await review(world, [])

    assert curse["votes"] == []
    assert "the guardian or the owner" in text(curse)


def vote_again(world: World, chain: Anvil, monitor: int) -> None:
    """One curse key votes once more, though the curse stands."""
    transact(chain, world.rmn[DESTINATION], world.curse_vote(monitor))


async def test_a_monitor_that_keeps_voting_is_rotated_out_and_the_curse_is_lifted(world: World) -> None:
    """Each of its votes voids the owner's review. Out of office, it can't vote any more."""
    chain, rmn, subject = world.destination, world.rmn[DESTINATION], subject_of(SOURCE)
    owner_call(chain, rmn, "curse(bytes16)", ["bytes16"], [subject])
    reviewed = view(chain, rmn, "votesHash(bytes16)", ["bytes16"], [subject])
    vote_again(world, chain, 0)
    types = ["bytes16", "bytes32"]
    with pytest.raises(AssertionError):
        owner_call(chain, rmn, "uncurse(bytes16,bytes32)", types, [subject, reviewed])
    (curse,) = await review(world, [])
    assert [vote["curseKey"][2:] for vote in curse["votes"] if vote["afterCurse"]] == [
        keys.dev_key(curse_key(0)).address.hex()
    ]
    assert "after the curse stood" in text(curse)

    substitute = (keys.dev_key(8).address, keys.dev_key(9).address)
    set_monitors(chain, rmn, [substitute, *all_monitors()[1:]])
    reviewed = view(chain, rmn, "votesHash(bytes16)", ["bytes16"], [subject])
    with pytest.raises(AssertionError):
        vote_again(world, chain, 0)
    owner_call(chain, rmn, "uncurse(bytes16,bytes32)", types, [subject, reviewed])

    assert not world.is_cursed(DESTINATION)
