"""Reorganisations of the source and of the destination, above and below finality; the auditor has the last word."""

import json

import pytest

from ccip_py.audit.deployment import load_sites
from ccip_py.audit.reading import read_history
from ccip_py.audit.verdict import Verdict, judge
from ccip_py.chains.deployment import dump_deployment
from ccip_py.errors import CcipError
from ccip_py.testing import Stage
from ccip_py.testing.contracts import Contract
from ccip_py.testing.sandbox import Sandbox


def audited(ccip: Sandbox) -> Verdict:
    """What the auditor says of this network's chains."""
    return judge(read_history(load_sites(json.loads(dump_deployment(ccip.network.deployment)))))


def tally(ccip: Sandbox) -> tuple[int, int]:
    """(sent, delivered) from a to b, with nothing broken."""
    verdict = audited(ccip)
    assert verdict.violations == ()
    (lane,) = (each for each in verdict.tallies if each.lane == "a→b")
    return lane.sent, lane.delivered


@pytest.fixture
def inbox(ccip: Sandbox) -> Contract:
    return ccip.deploy("b", "Inbox", ccip.router("b"))


def test_source_above_finality(ccip: Sandbox, inbox: Contract) -> None:
    """The message is gone, and nobody ever signs it; the next one takes its number."""
    sent_before, delivered_before = tally(ccip)
    gone = ccip.send("a", "b", inbox, data=b"gone")
    ccip.reorg("a", 1)
    kept = ccip.send("a", "b", inbox, data=b"kept")
    ccip.run_until(kept, Stage.EXECUTED)
    assert kept.sequence_number == gone.sequence_number
    assert inbox.lastData() == b"kept"
    assert tally(ccip) == (sent_before + 1, delivered_before + 1)


@pytest.mark.parametrize("stage", [Stage.COMMITTED, Stage.BLESSED, Stage.EXECUTED])
def test_destination_above_finality(ccip: Sandbox, inbox: Contract, stage: Stage) -> None:
    """What was done there is done again, and in the end once."""
    ccip.mine(1, "b")
    sent = ccip.send("a", "b", inbox, data=b"again")
    ccip.run_until(sent, stage)
    ccip.reorg("b", 1)
    ccip.run_until(sent, Stage.EXECUTED)
    assert inbox.count() == 1
    tally(ccip)


def test_source_below_finality(ccip: Sandbox, inbox: Contract) -> None:
    """Its messages may no longer exist: the chain is cursed, and nothing of it is executed any more."""
    ccip.mine(8, "a")
    waiting = ccip.send("a", "b", inbox, data=b"first")
    ccip.run_until(waiting, Stage.COMMITTED)
    ccip.watch()
    ccip.reorg("a", 8)
    ccip.mine(12, "a")
    ccip.watch()
    ccip.watch()
    assert ccip.is_cursed("b", "a")
    with pytest.raises(CcipError):
        ccip.run_until(waiting, Stage.EXECUTED)
    assert inbox.count() == 0
    broken = {violation.invariant for violation in audited(ccip).violations}
    assert broken == {"S8"}  # a root stands over what is no more, and the auditor says so


def test_destination_below_finality(ccip: Sandbox, inbox: Contract) -> None:
    """An execution that was final is undone: the chain is cursed elsewhere, and nothing happens twice."""
    ccip.mine(8, "b")
    sent = ccip.send("a", "b", inbox, data=b"once")
    ccip.run_until(sent, Stage.EXECUTED)
    ccip.mine(8, "b")
    ccip.watch()
    ccip.reorg("b", 12)
    ccip.mine(12, "b")
    ccip.watch()
    ccip.watch()
    assert ccip.is_cursed("a", "b")
    verdict = audited(ccip)
    assert {violation.invariant for violation in verdict.violations} <= {"S8"}
