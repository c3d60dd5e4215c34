"""The monitor's cycle: look, judge, remember, sign, hear the others, send.

Each cycle starts from what the chains say now and what the journal says was signed. Whatever fails
on one chain leaves the other chains' lanes untouched, and is tried again on the next cycle. Nothing
is signed that isn't in the journal, and nothing that is in question is kept in memory only.

A curse needs the same evidence in two cycles. Between its first and second sighting lies at least
one poll, so that one bad answer of an endpoint, however consistent, can't stop a chain.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import anyio

from ccip_py.risk import asking
from ccip_py.risk.blessing import BlessDesk
from ccip_py.risk.config import Config
from ccip_py.risk.cursing import CurseDesk
from ccip_py.risk.facts import Facts
from ccip_py.risk.findings import Survey
from ccip_py.risk.follow import TROUBLE, Follower, Look, Questions
from ccip_py.risk.http import Http
from ccip_py.risk.inspection import Inspector
from ccip_py.risk.judge import Alert, Claim, Curse, Evidence, Verdict, Wait
from ccip_py.risk.keys import Key
from ccip_py.risk.patrol import Patrol
from ccip_py.risk.rpc import Endpoints, Target, read_targets
from ccip_py.risk.send import Sender, Wish
from ccip_py.risk.serve import ask_peers
from ccip_py.risk.stalls import judge_progress
from ccip_py.risk.store import Journal
from ccip_py.risk.survey import Surveyor
from ccip_py.risk.vote import Vote, to_json
from ccip_py.risk.windows import prints

log = logging.getLogger("ccip_py.risk")

# With nothing under way, peers are asked once in so many cycles.
IDLE_CYCLES = 4
# The facts are folded up once in so many cycles.
PRUNE_CYCLES = 256


class Monitor:
    """One monitor. `cycle` does one round; nothing happens between two rounds.

    looks        what each chain shows, from its followers
    survey       what all checks make of it: roots good, bad or undecided; suspicions; alerts
    blessings    a vote for each good root, the others' votes, a transaction when it is one's turn
    curses       evidence that was suspected twice, votes for as long as it holds, votes of those who can't pay
    senders      transactions, by chain
    """

    def __init__(self, config: Config, bless: Key, curse: Key, relay: Key, http: Http) -> None:
        self.config = config
        self._bless_key = bless
        self._http = http
        self.journal = Journal(config.directory / "journal.sqlite")
        self.facts = Facts(config.directory / "facts.sqlite", config.chains, config.lanes)
        self._surveyor = Surveyor(config, self.facts, self.journal)
        own = {"bless": bless.address, "curse": curse.address, "relay": relay.address}
        self._patrol = Patrol(config, self.facts, self.journal)
        self._inspector = Inspector(config, self.journal, own)
        self._blessings = BlessDesk(config, bless, self.journal, self.facts.signed)
        self._curses = CurseDesk(config, curse, bless.address, self.journal)
        self._windows: dict[int, Sequence[Target]] = {}
        self._followers: dict[int, Follower] = {}
        self._senders: dict[int, Sender] = {}
        for chain in config.chains:
            targets = read_targets(chain, one_will_do=config.simulated_independence)
            self._windows[chain.selector] = targets
            endpoints = Endpoints(targets, http)
            watched, from_birth = _watched(config, chain.selector)
            self.facts.watch(chain.selector, watched)
            self._followers[chain.selector] = Follower(chain, endpoints, self.facts, watched, from_birth)
            self._senders[chain.selector] = Sender(chain, endpoints, relay, self.journal)
        self._curse_key = curse
        # What the last cycle left: a restart finds it again within one cycle.
        self._progress: dict[int, tuple[int, float]] = {}
        self._suspected: frozenset[bytes] = frozenset()
        self._surveyed: tuple[dict[int, Look], Survey] = {}, Survey(unfinished=True)
        self._alarms: list[str] = []
        self._verdicts: list[dict[str, Any]] = []
        self.cycles = 0

    def close(self) -> None:
        self.journal.close()
        self.facts.close()

    # THE CYCLE

    async def cycle(self) -> None:
        """One round over all chains and lanes."""
        alarms: list[str] = []
        looks = await self._look(alarms)
        survey = self._survey(looks)
        self._confirm(survey.suspicions)
        self._blessings.sign(survey, looks)
        heard = await self._ask_peers()
        self._blessings.hear(heard, looks)
        self._curses.hear(heard, looks)
        wishes: dict[int, list[Wish]] = {selector: [] for selector in looks}
        for selector, wish in (*self._blessings.act(looks), *self._curses.act(looks, self.facts)):
            wishes[selector].append(wish)
        await self._send(looks, wishes, alarms)
        self._slow(looks, survey)
        alarms += self._note(survey.alerts)
        self._report([*alarms, *survey.alarms, *self._curses.alarms], survey)
        self.cycles += 1
        if self.cycles % PRUNE_CYCLES == 0:
            self.facts.prune()

    async def _look(self, alarms: list[str]) -> dict[int, Look]:
        """All chains at once. A chain that can't be read is missing from the result."""
        looks: dict[int, Look] = {}

        async def look(selector: int) -> None:
            asks = asking.always(self.config, selector, self._curse_key.address)
            asks += asking.about(self.config.chain(selector).rmn, self._blessings.open.get(selector, ()))
            asks += self._curses.asks(selector)
            final = [
                *self._patrol.final_asks(selector),
                *self._inspector.final_asks(selector, self.cycles),
            ]
            questions = Questions(
                tuple(dict.fromkeys(asks)),
                tuple(dict.fromkeys(final)),
                tuple(lane.commit_store for lane in self.config.lanes if lane.destination == selector),
            )
            try:
                # What is suspected must be seen anew, even on a chain that stands still.
                looks[selector] = await self._followers[selector].look(questions, again=bool(self._suspected))
            except TROUBLE as error:
                alarms.append(f"{self.config.chain(selector).name}: {type(error).__name__}: {error}")

        async with anyio.create_task_group() as group:
            for chain in self.config.chains:
                group.start_soon(look, chain.selector)
        return looks

    def _survey(self, looks: dict[int, Look]) -> Survey:
        """All checks, on what the chains showed. Where it is what they showed before, so are the findings."""
        before, findings = self._surveyed
        same = before.keys() == looks.keys() and all(look is before[one] for one, look in looks.items())
        if not same or findings.unfinished:
            findings = Survey()
            confirmed = frozenset(held.evidence.id for held in self.journal.held())
            self._surveyor.survey(looks, findings, confirmed)
            self._patrol.survey(looks, findings, confirmed)
            self._inspector.survey(looks, findings)
            self._surveyed = looks, findings
        return findings.copy()

    def _confirm(self, suspicions: Sequence[Evidence]) -> None:
        """Evidence that the previous cycle saw as well is held from now on."""
        for evidence in suspicions:
            if evidence.id in self._suspected and self.journal.hold(evidence):
                log.error("%s: %s: %s", self.config.name, evidence.anomaly, evidence.summary)
        self._suspected = frozenset(evidence.id for evidence in suspicions)

    def _note(self, alerts: Sequence[Evidence]) -> list[str]:
        """Keep what somebody should look at, and say it for as long as it is so."""
        for alert in alerts:
            self.journal.note(alert)
        return [f"{alert.anomaly}: {alert.summary}" for alert in alerts]

    async def _ask_peers(self) -> list[Vote]:
        """While something lacks votes, on every cycle; otherwise now and then, for the sake of curse votes
        whose monitors can't pay."""
        if self._blessings.lacking or self._curses.busy or self.cycles % IDLE_CYCLES == 0:
            return await ask_peers(self._http, self.config.peers)
        return []

    # SENDING, REPORTING

    async def _send(
        self, looks: Mapping[int, Look], wishes: Mapping[int, Sequence[Wish]], alarms: list[str]
    ) -> None:
        for selector, look in looks.items():
            alarms += await self._senders[selector].grant(wishes[selector], look.head.number)

    def _slow(self, looks: Mapping[int, Look], survey: Survey) -> None:
        """Nothing is wrong, but nothing moves: AN11, and AN15 for blessings. Never a reason to vote."""
        now = time.monotonic()
        for chain in self.config.chains:
            look = looks.get(chain.selector)
            final, since = self._progress.get(chain.selector, (-1, now))
            if look is not None and look.final != final:
                final, since = look.final, now
            self._progress[chain.selector] = final, since
            survey.add(judge_progress(chain.selector, final, now - since, self.config.stalled_seconds))
        for verdict in self._blessings.overdue(looks):
            survey.add(verdict)

    def _report(self, alarms: list[str], survey: Survey) -> None:
        for alarm in alarms:
            if alarm not in self._alarms:
                log.warning("%s: %s", self.config.name, alarm)
        self._alarms = alarms
        self._verdicts = [_shown(claim, verdict) for _, claim, _, verdict in survey.roots]

    def votes(self) -> list[dict[str, Any]]:
        """This monitor's own live votes, as GET /votes shows them."""
        return [to_json(vote) for vote in (*self._blessings.own_votes(), *self._curses.own_votes())]

    def status(self) -> dict[str, Any]:
        """What an operator wants to know at a glance, as GET /status shows it."""
        cursors = {chain.name: self.facts.cursor(chain.selector) for chain in self.config.chains}
        return {
            "name": self.config.name,
            "independence": "simulated" if self.config.simulated_independence else "real",
            "blessKey": "0x" + self._bless_key.address.hex(),
            "windows": prints(self._windows, self._bless_key.address),
            "cycles": self.cycles,
            "finalized": {name: cursor[0] if cursor else None for name, cursor in cursors.items()},
            "alarms": self._alarms,
            "open": self._verdicts,
            "alerts": self.journal.alerts(),
            "evidence": [
                {
                    "id": held.evidence.id.hex(),
                    "anomaly": held.evidence.anomaly,
                    "summary": held.evidence.summary,
                }
                for held in self.journal.held()
            ],
        }


def _shown(claim: Claim, verdict: Verdict) -> dict[str, Any]:
    reason = ""
    if isinstance(verdict, Curse | Alert):
        reason = verdict.evidence.summary
    elif isinstance(verdict, Wait):
        reason = verdict.reason
    return {
        "root": claim.root.hex(),
        "first": claim.first,
        "last": claim.last,
        "verdict": type(verdict).__name__.lower(),
        "reason": reason,
    }


def _watched(config: Config, selector: int) -> tuple[list[bytes], list[bytes]]:
    """The contracts of one chain whose logs matter, and those that count from the beginning."""
    chain = config.chain(selector)
    ramps = [lane.on_ramp for lane in config.lanes if lane.source == selector]
    arriving = [lane for lane in config.lanes if lane.destination == selector]
    ramps += [lane.commit_store for lane in arriving]
    return [
        chain.rmn,
        chain.rmn_proxy,
        *chain.former_rmns,
        *(address for pool in chain.pools for address in (pool.pool, pool.token)),
        *ramps,
        *(lane.off_ramp for lane in arriving),
    ], ramps
