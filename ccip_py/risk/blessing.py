"""Blessings: from roots that were found good to votes, and from votes to one transaction.

A root is signed once, written down first, under each configuration of the RMN that is in force while it
waits; then the others' votes are gathered until they are enough, and whoever's turn it is brings them to
the chain. All that is in memory here is found again within a cycle or two after a restart.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from ccip_py.risk import views
from ccip_py.risk.config import Config, Lane
from ccip_py.risk.facts_signed import SignedFacts
from ccip_py.risk.findings import Survey
from ccip_py.risk.follow import Look
from ccip_py.risk.judge import Bless, Claim, Verdict
from ccip_py.risk.keys import Key
from ccip_py.risk.relay import Waiting, missing, to_send, uncounted
from ccip_py.risk.send import Wish
from ccip_py.risk.signers import of_vote
from ccip_py.risk.stalls import OVERDUE_BLOCKS, judge_waiting
from ccip_py.risk.store import Equivocation, Journal
from ccip_py.risk.survey import pointer_holds
from ccip_py.risk.views import Monitors
from ccip_py.risk.vote import Blessing, Domain, Vote, sign, subject_of, tag

UNBLESSED = "good and unblessed"

# What votes are gathered for: a statement's tag, and the version of the RMN's configuration they count under.
Ballot: TypeAlias = tuple[bytes, int]


class BlessDesk:
    """All blessings of one monitor, on all its chains. In a cycle: `sign`, `hear`, `act`, `overdue`."""

    def __init__(self, config: Config, key: Key, journal: Journal, signed: SignedFacts) -> None:
        self._config = config
        self._key = key
        self._journal = journal
        self._signed = signed
        # By destination, the statements that good roots would be blessed with: the next look asks about them.
        self.open: dict[int, list[Blessing]] = {}
        self._good: list[tuple[Lane, Blessing, Vote]] = []
        self._own: dict[Ballot, Vote] = {}
        self._heard: dict[Ballot, dict[bytes, Vote]] = {}  # by who signed
        self._waiting: dict[Ballot, Waiting] = {}

    def own_votes(self) -> Iterable[Vote]:
        return self._own.values()

    @property
    def lacking(self) -> bool:
        """Whether any root waits for votes of others."""
        return any(key not in self._waiting or self._waiting[key].quorum is None for key in self._own)

    # SIGNING

    def sign(self, survey: Survey, looks: Mapping[int, Look]) -> None:
        """Vote for what is good, if it wasn't done in an earlier cycle. What is over is forgotten."""
        self.open = {selector: [] for selector in looks}
        self._good = []
        votes: dict[Ballot, Vote] = {}
        for lane, claim, statement, verdict in survey.roots:
            look = looks[lane.destination]
            self.open[lane.destination].append(statement)
            fit = lane.destination not in survey.unfit and self._may_bless(lane, look)
            if not isinstance(verdict, Bless) or not fit:
                continue
            monitors = views.as_monitors(look.answers[views.monitors(self._rmn(lane))])
            key = tag(statement), monitors.config_version
            vote = self._own.get(key) or self._sign(lane, claim, statement, monitors, looks, survey)
            if vote is not None:
                votes[key] = vote
                self._good.append((lane, statement, vote))
        self._own = votes
        self._waiting = {key: waiting for key, waiting in self._waiting.items() if key in votes}
        self._heard = {key: heard for key, heard in self._heard.items() if key in votes}

    def _may_bless(self, lane: Lane, look: Look) -> bool:
        """A cursed lane gets no blessings, nor does a chain whose contracts obey another RMN."""
        cursed = look.answers[views.is_cursed(self._rmn(lane), subject_of(lane.source))]
        return views.as_number(cursed) == 0 and pointer_holds(self._config, lane.destination, look)

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
        if monitors.bless_index(self._key.address) is None:
            survey.alarms.append(f"{self._config.name}'s bless key is not among the monitors")
            return None
        why = {
            "lane": lane.key,
            "sourceFinal": looks[lane.source].final,
            "commitBlock": claim.block,
            "rebuiltRoot": claim.root.hex(),
            "messages": claim.last - claim.first + 1,
        }
        try:
            permit = self._journal.permit_blessing(
                statement, monitors.config_version, self._domain(lane), why
            )
        except Equivocation as error:
            survey.alarms.append(f"lane {lane.key} [{claim.first}..{claim.last}]: {error}")
            return None
        return sign(permit, self._key)

    # GATHERING AND RELAYING

    def hear(self, votes: Sequence[Vote], looks: Mapping[int, Look]) -> None:
        """Blessings of monitors in office: what this monitor says as well is kept until it is complete, and one that
        signs two roots for one interval is found out."""
        for vote in votes:
            chain = next((c for c in self._config.chains if vote.domain == Domain(c.chain_id, c.rmn)), None)
            if chain is None or chain.selector not in looks or not isinstance(vote.statement, Blessing):
                continue
            monitors = views.as_monitors(looks[chain.selector].answers[views.monitors(chain.rmn)])
            if vote.signer is None or monitors.bless_index(vote.signer) is None:
                continue
            self._signed.take(of_vote(vote))
            key = tag(vote.statement), vote.config_version
            if key in self._own:
                self._heard.setdefault(key, {})[vote.signer] = vote

    def act(self, looks: Mapping[int, Look]) -> Iterator[tuple[int, Wish]]:
        """For each root one transaction with just enough votes, when it is this monitor's turn. (chain, what to send)"""
        for lane, statement, own in self._good:
            wish = self._relay(lane, statement, own, looks[lane.destination])
            if wish is not None:
                yield lane.destination, wish

    def _relay(self, lane: Lane, statement: Blessing, own: Vote, look: Look) -> Wish | None:
        """What the chain has counted is counted on the chain: only what is missing there is sent, whoever brought the
        rest. From when a quorum was known, everybody computes the same order of turns."""
        tag_, head = tag(statement), look.head.number
        key = tag_, own.config_version
        monitors = views.as_monitors(look.answers[views.monitors(self._rmn(lane))])
        answer = look.answers.get(views.bless_votes(self._rmn(lane), tag_))
        voters, version, done = views.as_votes(answer) if answer else (0, 0, False)
        if done:
            return None
        # Votes that were counted under an older set of monitors are void.
        counted = voters if version == monitors.config_version else 0
        fresh = uncounted([own, *self._heard.get(key, {}).values()], monitors, counted)
        waiting = self._waiting.get(key, Waiting(head, None))
        if waiting.quorum is None and len(fresh) >= missing(monitors, counted):
            waiting = Waiting(waiting.signed, head)
        self._waiting[key] = waiting
        chosen = to_send(
            tag_,
            self._key.address,
            fresh,
            monitors,
            counted,
            waiting,
            head,
            self._config.relay_step_blocks,
            self._config.alone_after_blocks,
        )
        if not chosen:
            return None
        return Wish(f"bless/{tag_.hex()}", self._rmn(lane), views.bless_call(statement, chosen))

    def overdue(self, looks: Mapping[int, Look]) -> Iterator[Verdict]:
        """AN15: a good root that stays unblessed."""
        for lane, statement, vote in self._good:
            waiting = self._waiting.get((tag(statement), vote.config_version))
            if waiting is not None:
                waited = looks[lane.destination].head.number - waiting.signed
                yield judge_waiting(lane.key, statement.root, UNBLESSED, waited, OVERDUE_BLOCKS)

    # WHERE THINGS ARE

    def _rmn(self, lane: Lane) -> bytes:
        return self._config.chain(lane.destination).rmn

    def _domain(self, lane: Lane) -> Domain:
        chain = self._config.chain(lane.destination)
        return Domain(chain.chain_id, chain.rmn)
