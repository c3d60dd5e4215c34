"""The story, in order: every kind of message, a failure repaired by hand, a theft that does not happen.

Nothing here helps the network along: the story only sends, looks, and plays the roles of people (a user, a stranger,
the owner) and, for one act, of a quorum of corrupt committers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from ccip_py.audit.verdict import CHECKS, audit
from ccip_py.chains.deployment import dump_deployment
from ccip_py.devnet.conservation import conserved, ledgers
from ccip_py.devnet.demo.report import Journey, Report
from ccip_py.devnet.demo.scene import Scene
from ccip_py.devnet.demo.theft import attempted_theft
from ccip_py.devnet.network import Network, start_network
from ccip_py.errors import NotYet
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.track import Trace, sent_stage
from ccip_py.sdk.types import StageReached

PATIENCE_S = 60.0
POLL_S = 0.3


def tell(report: Report) -> None:
    """Start everything, run the acts, compare the sums."""
    report.act("Start two chains and the network")
    with start_network(progress=report.line) as network:
        scene = Scene.build(network)
        report.line("a vault and two inboxes are deployed on each chain, as any application would")
        symbols = ("BMT", "LRT")
        before = {symbol: ledgers(network.ccip, network.deployment, symbol) for symbol in symbols}

        every_kind_of_message(report, network, scene)
        a_failure_repaired_by_hand(report, network, scene)
        attempted_theft(report, network, scene, follow)

        report.act("Count every token")
        for symbol in symbols:
            after = ledgers(network.ccip, network.deployment, symbol)
            for balance in conserved(symbol, before[symbol], after):
                report.check(balance.claim, balance.held, balance.sums)
        network.check()
        audited(report, network)


def audited(report: Report, network: Network) -> None:
    """The auditor shares no code with the network: it reads both chains from the start and decides the invariants."""
    report.act("An independent auditor reads both chains from their first block")
    verdict = audit(json.loads(dump_deployment(network.deployment)))
    for name, (promise, _) in CHECKS.items():
        against = [finding for finding in verdict.violations if finding.invariant == name]
        report.check(f"{name}: {promise}", not against, "; ".join(finding.what for finding in against))
    for note in (finding for finding in verdict.findings if finding.invariant == "S8" and not finding.broken):
        report.line(f"it has noticed: {note.what}")


def every_kind_of_message(report: Report, network: Network, scene: Scene) -> None:
    """Data, a burn-mint token, a lock-release token, and a token with instructions, in both directions."""
    report.act("Send every kind of message, both ways")
    ends = follow(report, network, scene.send_each_kind())
    arrived = [end.stage is Stage.EXECUTED for end in ends]
    report.check("every message arrived", all(arrived), f"{sum(arrived)} of {len(arrived)}")
    for name in ("a", "b"):
        deposited = scene.deposited_on(name)
        report.check(
            f"the vault on {name} holds the deposit", deposited == scene.DEPOSIT, f"{deposited} shares"
        )


def a_failure_repaired_by_hand(report: Report, network: Network, scene: Scene) -> None:
    """A receiver that needs more gas than it was sent: FAILED with its own words, then executed by a stranger."""
    report.act("A receiver fails, and a stranger finishes the message by hand")
    journey = scene.send_with_too_little_gas("a", "b")
    (end,) = follow(report, network, [journey])
    report.check("it failed for the receiver's reason", "NeedsMoreGas" in end.reason, end.reason)
    done = network.ccip.manually_execute(journey.sent, signer=network.stranger, gas_limit=400_000)
    report.line(f"a stranger executes it with 400,000 gas: block {done.block}, gas {done.gas_used:,}")
    again = network.ccip.wait(journey.sent, timeout=PATIENCE_S)
    report.stage(journey, again)
    report.check(
        "the same message succeeded", again.stage is Stage.EXECUTED, f"#{journey.sent.sequence_number}"
    )


def follow(
    report: Report, network: Network, journeys: Sequence[Journey], *, until: Stage = Stage.EXECUTED
) -> list[StageReached]:
    """Show each stage of each message as it is proven; the last stage of each."""
    traces: list[Trace | None] = [None] * len(journeys)
    last: list[StageReached | None] = [None] * len(journeys)
    for index, journey in enumerate(journeys):
        last[index] = sent_stage(journey.sent)
        if not journey.stages:
            report.stage(journey, sent_stage(journey.sent))
    deadline = time.monotonic() + PATIENCE_S
    over = {until, Stage.EXECUTED, Stage.FAILED}
    while any(stage is not None and stage.stage not in over for stage in last):
        if time.monotonic() > deadline:
            raise _stuck(journeys, last, over)
        network.check()
        for index, journey in enumerate(journeys):
            before = traces[index]
            known = before.stages() if before is not None else (sent_stage(journey.sent),)
            traces[index] = trace = network.ccip.look(journey.sent, before)
            for stage in trace.stages():
                if stage not in known:
                    report.stage(journey, stage)
                    last[index] = stage
        time.sleep(POLL_S)
    return [stage for stage in last if stage is not None]


def _stuck(journeys: Sequence[Journey], last: Sequence[StageReached | None], over: set[Stage]) -> NotYet:
    waiting = [
        f"{journey.label} {journey.lane} is {stage.stage.value}"
        for journey, stage in zip(journeys, last, strict=True)
        if stage is not None and stage.stage not in over
    ]
    return NotYet(f"messages did not arrive in {PATIENCE_S:g} s: {'; '.join(waiting)}", code="STUCK")
