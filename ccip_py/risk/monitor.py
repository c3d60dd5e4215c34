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

from ccip_py.risk import views
from ccip_py.risk.config import Config, Lane
from ccip_py.risk.cursing import CurseDesk
from ccip_py.risk.facts import Facts
from ccip_py.risk.follow import TROUBLE, Follower, Look, Questions
from ccip_py.risk.http import Http
from ccip_py.risk.judge import Alert, Bless, Claim, Curse, Evidence, Verdict, Wait
from ccip_py.risk.keys import Key
from ccip_py.risk.patrol import Patrol
from ccip_py.risk.relay import Waiting, missing, to_send, uncounted
from ccip_py.risk.rpc import Endpoints
from ccip_py.risk.send import Sender, Wish
from ccip_py.risk.serve import ask_peers
from ccip_py.risk.signers import of_vote
from ccip_py.risk.stalls import OVERDUE_BLOCKS, judge_progress, judge_waiting
from ccip_py.risk.store import Equivocation, Journal
from ccip_py.risk.survey import Survey, Surveyor, asks_about, asks_of, pointer_holds
from ccip_py.risk.views import Monitors
from ccip_py.risk.vote import Blessing, Domain, Vote, sign, subject_of, tag, to_json

log = logging.getLogger("ccip_py.risk")

# With nothing under way, peers are asked once in so many cycles.
IDLE_CYCLES = 4
# The facts are folded up once in so many cycles.
PRUNE_CYCLES = 256
UNBLESSED = "good and unblessed"


class Monitor:
    """One monitor. `cycle` does one round; nothing happens between two rounds."""

    def __init__(self, config: Config, bless: Key, curse: Key, relay: Key, http: Http) -> None:
        self.config = config
        self._bless_key = bless
        self._http = http
        self.journal = Journal(config.directory / "journal.sqlite")
        self.facts = Facts(config.directory / "facts.sqlite", config.chains, config.lanes)
        self._surveyor = Surveyor(config, self.facts)
        self._patrol = Patrol(config, self.facts, self.journal)
        self._curses = CurseDesk(config, curse, bless.address, self.journal)
        self._followers: dict[int, Follower] = {}
        self._senders: dict[int, Sender] = {}
        for chain in config.chains:
            endpoints = Endpoints(chain.endpoints, http)
            watched, from_birth = _watched(config, chain.selector)
            self.facts.watch(chain.selector, watched)
            self._followers[chain.selector] = Follower(chain, endpoints, self.facts, watched, from_birth)
            self._senders[chain.selector] = Sender(chain, endpoints, relay, self.journal)
        self._curse_key = curse
        # What the last cycle left: a restart finds it again within one cycle.
        self._open: dict[int, list[Blessing]] = {}
        self._own: dict[tuple[bytes, int], Vote] = {}
        self._waiting: dict[bytes, Waiting] = {}
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
        wishes: dict[int, list[Wish]] = {selector: [] for selector in looks}
        good = self._sign_good_roots(survey, looks)
        heard = await self._ask_peers()
        self._curses.hear(heard, looks)
        self._remember(heard, looks)
        for lane, statement, vote in good:
            wish = self._relay(lane, statement, [vote, *heard], looks[lane.destination])
            if wish is not None:
                wishes[lane.destination].append(wish)
        for selector, wish in self._curses.act(looks, self.facts):
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
            asks = [*asks_of(self.config, selector, self._curse_key.address), *self._curses.asks(selector)]
            asks += asks_about(self.config.chain(selector).rmn, self._open.get(selector, ()))
            questions = Questions(
                tuple(dict.fromkeys(asks)),
                tuple(self._patrol.final_asks(selector, self.cycles)),
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

    def _remember(self, heard: Sequence[Vote], looks: Mapping[int, Look]) -> None:
        """Blessings of monitors in office: one that signs two roots for one interval is found out."""
        for vote in heard:
            chain = next((c for c in self.config.chains if vote.domain == Domain(c.chain_id, c.rmn)), None)
            if chain is None or chain.selector not in looks:
                continue
            monitors = views.as_monitors(looks[chain.selector].answers[views.monitors(chain.rmn)])
            if monitors.bless_index(vote.signer) is not None:
                self.facts.signed.take(of_vote(vote))

    # BLESSING

    def _sign_good_roots(
        self, survey: Survey, looks: Mapping[int, Look]
    ) -> list[tuple[Lane, Blessing, Vote]]:
        """This monitor's votes on what is good, signed now or in an earlier cycle."""
        self._open = {selector: [] for selector in looks}
        votes: dict[tuple[bytes, int], Vote] = {}
        good: list[tuple[Lane, Blessing, Vote]] = []
        for lane, claim, statement, verdict in survey.roots:
            look = looks[lane.destination]
            self._open[lane.destination].append(statement)
            if not isinstance(verdict, Bless) or not self._may_bless(lane, look):
                continue
            monitors = views.as_monitors(look.answers[views.monitors(self._rmn(lane))])
            key = tag(statement), monitors.config_version
            vote = self._own.get(key) or self._sign(lane, claim, statement, monitors, looks, survey)
            if vote is not None:
                votes[key] = vote
                good.append((lane, statement, vote))
        self._own = votes
        live = {tag_ for tag_, _ in votes}
        self._waiting = {tag_: waiting for tag_, waiting in self._waiting.items() if tag_ in live}
        return good

    async def _ask_peers(self) -> list[Vote]:
        """While something waits for votes, on every cycle; otherwise now and then, for the sake of
        curse votes whose monitors can't pay."""
        if self._own or self._curses.busy or self.cycles % IDLE_CYCLES == 0:
            return await ask_peers(self._http, self.config.peers)
        return []

    def _may_bless(self, lane: Lane, look: Look) -> bool:
        """A cursed lane gets no blessings, nor does a chain whose contracts obey another RMN."""
        cursed = look.answers[views.is_cursed(self._rmn(lane), subject_of(lane.source))]
        return views.as_number(cursed) == 0 and pointer_holds(self.config, lane.destination, look)

    def _sign(
        self,
        lane: Lane,
        claim: Claim,
        statement: Blessing,
        monitors: Monitors,
        looks: Mapping[int, Look],
        survey: Survey,
    ) -> Vote | None:
        """Write down, then sign. None if this key has no vote, or already gave it to another root."""
        if monitors.bless_index(self._bless_key.address) is None:
            survey.alarms.append(f"{self.config.name}'s bless key is not among the monitors")
            return None
        why = {
            "lane": lane.key,
            "sourceFinal": looks[lane.source].final,
            "commitBlock": claim.block,
            "rebuiltRoot": claim.root.hex(),
            "messages": claim.last - claim.first + 1,
        }
        try:
            permit = self.journal.permit_blessing(statement, monitors.config_version, self._domain(lane), why)
        except Equivocation as error:
            survey.alarms.append(f"lane {lane.key} [{claim.first}..{claim.last}]: {error}")
            return None
        return sign(permit, self._bless_key)

    def _relay(self, lane: Lane, statement: Blessing, votes: Sequence[Vote], look: Look) -> Wish | None:
        """One transaction with just enough votes, when it is this monitor's turn."""
        key, head = tag(statement), look.head.number
        monitors = views.as_monitors(look.answers[views.monitors(self._rmn(lane))])
        answer = look.answers.get(views.bless_votes(self._rmn(lane), key))
        voters, version, done = views.as_votes(answer) if answer else (0, 0, False)
        if done:
            return None
        # Votes that were counted under an older set of monitors are void.
        counted = voters if version == monitors.config_version else 0
        ours = [vote for vote in votes if vote.statement == statement and vote.domain == self._domain(lane)]
        fresh = uncounted(ours, monitors, counted)
        waiting = self._waiting.get(key, Waiting(head, None))
        if waiting.quorum is None and len(fresh) >= missing(monitors, counted):
            waiting = Waiting(waiting.signed, head)
        self._waiting[key] = waiting
        chosen = to_send(
            key,
            self._bless_key.address,
            fresh,
            monitors,
            counted,
            waiting,
            head,
            self.config.relay_step_blocks,
            self.config.alone_after_blocks,
        )
        if not chosen:
            return None
        return Wish(f"bless/{key.hex()}", self._rmn(lane), views.bless_call(statement, chosen))

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
        for lane in self.config.lanes:
            look = looks.get(lane.destination)
            for statement in self._open.get(lane.destination, ()) if look else ():
                waiting = self._waiting.get(tag(statement))
                if waiting and look and statement.commit_store == lane.commit_store:
                    waited = look.head.number - waiting.signed
                    survey.add(judge_waiting(lane.key, statement.root, UNBLESSED, waited, OVERDUE_BLOCKS))

    def _report(self, alarms: list[str], survey: Survey) -> None:
        for alarm in alarms:
            if alarm not in self._alarms:
                log.warning("%s: %s", self.config.name, alarm)
        self._alarms = alarms
        self._verdicts = [_shown(claim, verdict) for _, claim, _, verdict in survey.roots]

    def votes(self) -> list[dict[str, Any]]:
        """This monitor's own live votes, as GET /votes shows them."""
        return [to_json(vote) for vote in (*self._own.values(), *self._curses.own_votes())]

    def status(self) -> dict[str, Any]:
        """What an operator wants to know at a glance, as GET /status shows it."""
        cursors = {chain.name: self.facts.cursor(chain.selector) for chain in self.config.chains}
        return {
            "name": self.config.name,
            "independence": "simulated" if self.config.simulated_independence else "real",
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

    def _rmn(self, lane: Lane) -> bytes:
        return self.config.chain(lane.destination).rmn

    def _domain(self, lane: Lane) -> Domain:
        chain = self.config.chain(lane.destination)
        return Domain(chain.chain_id, chain.rmn)


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
        *(address for pool in chain.pools for address in (pool.pool, pool.token)),
        *ramps,
        *(lane.off_ramp for lane in arriving),
    ], ramps
