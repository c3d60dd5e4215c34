"""From what was read to verdicts: gather the facts for each check, and run it.

Knows the stores and the looks, decides nothing: the decisions are in `judge.py`. Its only memory is
when a claim was first seen, which measures patience; a restart forgets it, and is more patient.
"""

from collections import defaultdict
from collections.abc import Mapping

from ccip_py.risk import evm, views
from ccip_py.risk.arrivals import ExecutionFacts, Payout, judge_execution, judge_payout
from ccip_py.risk.config import Config, Lane
from ccip_py.risk.facts import Facts
from ccip_py.risk.facts_executions import Unjudged
from ccip_py.risk.facts_rmn import Reasons
from ccip_py.risk.facts_schema import AT_ONCE, position
from ccip_py.risk.findings import Survey
from ccip_py.risk.follow import Look
from ccip_py.risk.judge import (
    Bless,
    Claim,
    Curse,
    Rebuilt,
    RootFacts,
    Verdict,
    Wait,
    judge_finality,
    judge_lane,
    judge_pointer,
    rebuild,
)
from ccip_py.risk.stalls import OVERDUE_BLOCKS, judge_waiting
from ccip_py.risk.store import Journal
from ccip_py.risk.vote import Blessing, subject_of, tag

# Intervals whose root is remembered: more than all lanes together have open.
MAX_REBUILT = 1_024


class Patience:
    """For how long things have been waited for, in final blocks of their source. Only what was asked about in the last
    round is remembered: most things are waited for once."""

    def __init__(self) -> None:
        self._before: dict[tuple[object, ...], int] = {}
        self._now: dict[tuple[object, ...], int] = {}

    def next_round(self) -> None:
        self._before, self._now = self._now, {}

    def spent_on(self, what: tuple[object, ...], final: int) -> int:
        """Blocks that became final since this was first asked about."""
        self._now[what] = self._before.get(what, final)
        return final - self._now[what]


class Surveyor:
    """Runs all checks of roots, executions, payouts, finality and the pointer. In a cycle: `survey`."""

    def __init__(self, config: Config, facts: Facts, journal: Journal) -> None:
        self._config = config
        self._facts = facts
        self._journal = journal
        self._patience: defaultdict[str, Patience] = defaultdict(Patience)  # by lane
        # What the messages of open claims come to: final messages don't change, unless facts are taken back.
        self._rebuilt: dict[tuple[int, str, int, int], Rebuilt | None] = {}

    def survey(self, looks: Mapping[int, Look], survey: Survey, confirmed: frozenset[bytes]) -> None:
        """Run every check that can be run, and add to the findings. `confirmed` are ids of evidence that is already
        held."""
        for selector, look in looks.items():
            with survey.sparing(self._config.chain(selector).name):
                self._finality(selector, look, survey)
                self._pointer(selector, look, survey)
                self._disputes(selector, look, survey)
                if not look.violation and not look.behind:
                    self._payouts(selector, survey, confirmed)
        for lane in self._config.lanes:
            source, destination = looks.get(lane.source), looks.get(lane.destination)
            if source is not None and destination is not None and not lane.retired:
                with survey.sparing(f"lane {lane.key}"):
                    self._lane(lane, source, destination, survey, confirmed)

    def _lane(
        self, lane: Lane, source: Look, destination: Look, survey: Survey, confirmed: frozenset[bytes]
    ) -> None:
        """Roots and executions, as soon as all is read that both chains have."""
        if source.violation or destination.violation:
            return
        self._one_sided(lane, source, destination, survey)
        if source.behind or destination.behind:
            survey.alarms.append(f"catching up on lane {lane.key}")
            return
        self._patience[lane.key].next_round()
        self._roots(lane, source, destination, survey)
        if pointer_holds(self._config, lane.destination, destination):
            self._executions(lane, source, survey, confirmed)

    def claims(self, lane: Lane, look: Look) -> list[Claim]:
        """The lane's standing roots without a blessing: final ones first, then those just seen."""
        epoch = views.as_number(look.answers[views.epoch_of(self._rmn(lane), lane.source)])
        return [*self._facts.roots.claims(lane, epoch), *_hinted(lane, look)]

    # ROOTS

    def _roots(self, lane: Lane, source: Look, destination: Look, survey: Survey) -> None:
        """All standing roots that lack a blessing, in the order of their commits.

        What a root is expected to follow is known for final ones, and written down with them. For those that are just
        seen it is the one before them in this very list, or what the last final one leads to, whichever is further.
        """
        epoch = views.as_number(destination.answers[views.epoch_of(self._rmn(lane), lane.source)])
        expected = 0
        judged: list[tuple[Claim, RootFacts]] = []
        statements: dict[Claim, Blessing] = {}
        for claim in self.claims(lane, destination):
            before = self._facts.roots.expected_first(lane, claim.block, claim.index)
            expected_first = before if claim.final else max(expected, before)
            statement = blessing_of(lane, claim, epoch)
            if not _stands(claim, destination) or _is_blessed(self._rmn(lane), statement, destination):
                expected = claim.last + 1 if _stands(claim, destination) else expected
                continue
            expected = claim.last + 1
            statements[claim] = statement
            judged.append((claim, self._root_facts(lane, claim, source, expected_first)))
        for claim, verdict in judge_lane(judged):
            survey.roots.append((lane, claim, statements[claim], verdict))
            if isinstance(verdict, Wait):
                waited = destination.head.number - claim.block
                survey.add(judge_waiting(lane.key, claim.root, "undecided", waited, OVERDUE_BLOCKS))
            if isinstance(verdict, Wait) and verdict.alarm:
                survey.alarms.append(f"lane {lane.key}: {verdict.reason}")
            else:
                survey.add(verdict)

    def _root_facts(self, lane: Lane, claim: Claim, source: Look, expected_first: int) -> RootFacts:
        """Everything about the source in these comes from proven final blocks, but for the on-ramp's counter, which can
        only make this monitor wait."""
        through = self._facts.sent.through(lane)
        visible = claim.last <= through and claim.first <= claim.last
        return RootFacts(
            rebuilt=self._rebuild(lane, claim) if visible else None,
            final_through=through,
            on_ramp_next=views.as_number(source.answers[views.next_message(lane.on_ramp)]),
            patience=self._patience[lane.key].spent_on((claim.root, claim.first), source.final),
            grace=self._config.chain(lane.source).absence_grace,
            expected_first=expected_first,
        )

    def _rebuild(self, lane: Lane, claim: Claim) -> Rebuilt | None:
        """Once per interval: hashing 256 leaves in every cycle would be most of what a monitor does."""
        key = self._facts.generation, lane.key, claim.first, claim.last
        if key not in self._rebuilt:
            if len(self._rebuilt) >= MAX_REBUILT:
                self._rebuilt.clear()
            messages = self._facts.sent.messages(lane, claim.first, claim.last)
            self._rebuilt[key] = rebuild(claim.first, claim.last, messages)
        return self._rebuilt[key]

    # FINALITY, EXECUTIONS, PAYOUTS

    def _finality(self, selector: int, look: Look, survey: Survey) -> None:
        """AN1. Nothing else is judged of such a chain: what is known of it may never have happened."""
        if look.violation is None:
            return
        found, ends = look.violation, sorted((selector, *self._config.neighbours(selector)))
        verdict = judge_finality(selector, ends, found.number, found.was, found.now)
        survey.alarms.append(str(found))
        if isinstance(verdict, Curse):
            survey.suspicions.append(verdict.evidence)

    def _pointer(self, selector: int, look: Look, survey: Survey) -> None:
        """Contracts that obey another RMN are not guarded by this one any more."""
        chain = self._config.chain(selector)
        answer = look.final_answers.get(views.pointer(chain.rmn_proxy))
        if not pointer_holds(self._config, selector, look):
            survey.alarms.append(f"AN10: {chain.name}: the RMN pointer names another contract")
        # Before the proxy was deployed, the answer was empty.
        if not answer:
            return
        neighbours, pointer = self._config.neighbours(selector), views.as_address(answer)
        changes = self._journal.changes(selector, "RMN pointer", pointer.hex())
        awaited = self._facts.rmn.is_awaited(selector, pointer, look.pinned)
        survey.add(judge_pointer(selector, neighbours, chain.rmn, pointer, changes, awaited=awaited))

    def _disputes(self, selector: int, look: Look, survey: Survey) -> None:
        """Endpoints that differ about what is final: one of them hides something, or has lost its way."""
        if look.disputed:
            who = ", ".join(sorted({ask.to.hex() for ask in look.disputed}))
            name = self._config.chain(selector).name
            survey.alarms.append(f"{name}: endpoints differ about a final block: {who}")

    def _one_sided(self, lane: Lane, source: Look, destination: Look, survey: Survey) -> None:
        """A curse on one end only: perhaps just being lifted, perhaps half of the votes got lost."""
        there = views.is_cursed(self._rmn(lane), subject_of(lane.source))
        here = views.is_cursed(self._config.chain(lane.source).rmn, subject_of(lane.destination))
        if views.as_number(destination.answers[there]) != views.as_number(source.answers[here]):
            survey.alarms.append(f"AN14: lane {lane.key} is cursed on one end only")

    def _executions(self, lane: Lane, source: Look, survey: Survey, confirmed: frozenset[bytes]) -> None:
        found = self._facts.executions.unjudged(lane)
        if not found:
            return
        survey.unfinished |= len(found) == AT_ONCE
        numbers = [one.execution.seq_nr for one in found]
        past = self._facts.rmn.past(lane, min(numbers), max(numbers))
        judged = []
        for one in found:
            # Whatever has to be waited for stays unjudged, and is asked about again.
            reasons = past.reasons(one.since)
            verdict = judge_execution(one.execution, self._execution_facts(lane, one, reasons, source))
            if _is_settled(verdict, survey, confirmed):
                judged.append(one.execution)
        self._facts.executions.mark_judged(judged)

    def _execution_facts(self, lane: Lane, one: Unjudged, reasons: Reasons, source: Look) -> ExecutionFacts:
        execution = one.execution
        at = position(execution.block, execution.index)
        committed, blessed = reasons.standing(execution.seq_nr, one.since, at)
        return ExecutionFacts(
            leaf=one.leaf,
            final_through=self._facts.sent.through(lane),
            on_ramp_next=views.as_number(source.answers[views.next_message(lane.on_ramp)]),
            patience=self._patience[lane.key].spent_on((at,), source.final),
            grace=self._config.chain(lane.source).absence_grace,
            earlier_successes=one.earlier_successes,
            committed=committed,
            blessed=blessed,
            cursed=reasons.cursed(one.since, at),
        )

    def _payouts(self, selector: int, survey: Survey, confirmed: frozenset[bytes]) -> None:
        """What each guarded pool gave out in one transaction, against what the messages executed in it carried."""
        judged = []
        payouts = self._facts.flows.payouts(selector)
        survey.unfinished |= len(payouts) == AT_ONCE
        for pool, block, tx, paid in payouts:
            arrived = self._facts.executions.succeeded_in(selector, block, tx)
            carried = [moves for _, moves in arrived if moves is not None]
            # A message that is missing here is the business of `_executions`.
            unknown = len(carried) < len(arrived)
            sources = [lane.source for lane, _ in arrived]
            verdict = judge_payout(Payout(selector, pool, block, tx, paid, carried, sources, unknown))
            # A retired lane's source no longer tells what was sent. Pools don't obey its off-ramp any more.
            if any(lane.retired for lane, _ in arrived) or _is_settled(verdict, survey, confirmed):
                judged.append((pool, block, tx))
        self._facts.flows.mark_judged(judged, selector)

    def _rmn(self, lane: Lane) -> bytes:
        return self._config.chain(lane.destination).rmn


def _is_settled(verdict: Verdict, survey: Survey, confirmed: frozenset[bytes]) -> bool:
    """Adds a suspicion to the findings; says whether this need not be looked at again."""
    if isinstance(verdict, Curse):
        survey.suspicions.append(verdict.evidence)
        return verdict.evidence.id in confirmed
    return isinstance(verdict, Bless)


def pointer_holds(config: Config, selector: int, look: Look) -> bool:
    """Do the chain's contracts obey the RMN that this monitor votes on?"""
    chain = config.chain(selector)
    return views.as_address(look.answers[views.pointer(chain.rmn_proxy)]) == chain.rmn


def blessing_of(lane: Lane, claim: Claim, epoch: int) -> Blessing:
    """The statement that a good root is to be blessed with."""
    return Blessing(lane.commit_store, lane.source, lane.on_ramp, claim.first, claim.last, claim.root, epoch)


def _hinted(lane: Lane, look: Look) -> list[Claim]:
    """Roots in unfinal blocks, without those that were removed again."""
    claims: dict[bytes, Claim] = {}
    for log in look.hints:
        if log.address != lane.commit_store or not log.topics:
            continue
        if log.topics[0] == evm.ROOT_REMOVED:
            claims.pop(log.data[:32], None)
        elif log.topics[0] == evm.REPORT_ACCEPTED and (accepted := evm.read_accepted(log)):
            claims[accepted.root] = Claim(
                lane.key, lane.source, lane.destination, lane.commit_store,
                accepted.first, accepted.last, accepted.root, log.block, log.index, final=False,
            )  # fmt: skip
    return list(claims.values())


def _stands(claim: Claim, look: Look) -> bool:
    """Whether the commit store still holds the root. Not asked yet counts as standing."""
    answer = look.answers.get(views.commitment(claim.commit_store, claim.root))
    if answer is None:
        return True
    committed_at, first, last = views.as_commitment(answer)
    return committed_at != 0 and (first, last) == (claim.first, claim.last)


def _is_blessed(rmn: bytes, statement: Blessing, look: Look) -> bool:
    answer = look.answers.get(views.bless_votes(rmn, tag(statement)))
    return answer is not None and views.as_votes(answer)[2]
