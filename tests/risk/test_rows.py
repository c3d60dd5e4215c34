"""The rows of the threat table that the risk monitors answer, each under its number."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ccip_py.risk.config_read import load
from ccip_py.risk.facts import Facts
from ccip_py.risk.judge import Alert, Bless, Curse
from ccip_py.risk.settings import judge_setting
from ccip_py.risk.tokens import Flow, judge_flow

from .builders import DESTINATION, SOURCE, Sent
from .test_facts import CHAINS, LANE, block
from .test_main import TOML
from .test_monitor_curse import FORGED
from .world import World, monitored


def test_A13_a_look_alike_event_of_another_contract_is_no_message(tmp_path: Path) -> None:
    facts = Facts(tmp_path / "facts.sqlite", CHAINS, [LANE])

    facts.take(
        SOURCE, [block(1, Sent(seq_nr=1).log(on_ramp=b"\x77" * 20), Sent(seq_nr=1, data=b"real").log())]
    )

    (message,) = facts.sent.messages(LANE, 1, 9)
    assert facts.sent.through(LANE) == 1
    assert message.seq_nr == 1
    facts.close()


@pytest.mark.parametrize(("issued", "given", "cursed"), [(10, 10, False), (11, 10, True), (5, 0, True)])
def test_B11_what_is_minted_outside_the_protocol_is_cursed_above_its_limit(
    issued: int, given: int, cursed: bool
) -> None:
    pool = replace(CHAINS[0].pools[0], outside_limit=0)
    flow = Flow(SOURCE, pool, 9, 0, given=given, issued=issued, withdrawn=0)

    verdict = judge_flow(flow, 1, (DESTINATION,))

    assert isinstance(verdict, Curse if cursed else Bless)


def test_F13_a_monitor_with_one_endpoint_twice_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "risk.toml").write_text(TOML.replace('"http://127.0.0.1:2"', '"http://127.0.0.1:1"'))

    with pytest.raises(Exception, match="two different endpoints"):
        load(tmp_path / "risk.toml")


@pytest.mark.parametrize("name", ["owner of Router", "pending owner of RMN", "quorum"])
def test_G9_a_change_that_nobody_announced_is_told(name: str) -> None:
    before, now = ("5", "7") if name == "quorum" else ("0xaa", "0xbb")

    assert isinstance(judge_setting(SOURCE, (), name, before, now, None, 1), Alert)
    assert isinstance(judge_setting(SOURCE, (), name, before, now, now, 1), Bless)
    assert isinstance(judge_setting(SOURCE, (), name, before, before, None, 1), Bless)


@pytest.mark.anyio
async def test_G10_from_an_anomaly_to_a_curse_nobody_else_is_needed(world: World, tmp_path: Path) -> None:
    """The drill, in every run: no owner, no guardian, no operator takes part."""
    async with monitored(world, tmp_path):
        world.send(1)
        world.commit(1, 1, FORGED)

        await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))


def test_every_anomaly_is_staged_on_real_chains() -> None:
    staged = {
        int(number)
        for file in Path(__file__).parent.glob("test_monitor_*.py")
        for number in re.findall(r"^async def test_an_(\d+)_", file.read_text(), re.MULTILINE)
    }

    assert staged == set(range(1, 16))
