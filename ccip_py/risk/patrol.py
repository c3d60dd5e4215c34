"""Gathers the facts for the checks that are about more than one root or one execution, and runs them.

Supply, outflow, prices, signers, and curses with one end: AN7 to AN9 and AN12 to AN15. Like `survey.py`
it decides nothing. Settings are `inspection.py`'s.
"""

from collections.abc import Mapping, Sequence

from ccip_py.risk import views
from ccip_py.risk.config import Config, Lane
from ccip_py.risk.facts import Facts
from ccip_py.risk.facts_schema import AT_ONCE
from ccip_py.risk.findings import Survey
from ccip_py.risk.follow import Look
from ccip_py.risk.judge import Curse
from ccip_py.risk.pairs import Ends, Pair, judge_pair, remember
from ccip_py.risk.prices import judge_price
from ccip_py.risk.signers import Office, judge_conflicts
from ccip_py.risk.stalls import OVERDUE_BLOCKS, judge_waiting
from ccip_py.risk.store import Journal
from ccip_py.risk.tokens import Outflow, Supply, judge_flow, judge_outflow, judge_supply
from ccip_py.risk.views import Ask
from ccip_py.risk.vote import subject_of


class Patrol:
    def __init__(self, config: Config, facts: Facts, journal: Journal) -> None:
        self._config = config
        self._facts = facts
        self._journal = journal

    # WHAT TO ASK

    def final_asks(self, selector: int) -> list[Ask]:
        """At the last block taken in: what tokens and prices are, and who may sign where a signer is in doubt."""
        chain = self._config.chain(selector)
        asks = [views.total_supply(pool.token) for pool in self._facts.flows.tokens(selector)]
        asks += [views.balance(pool.token, pool.vault) for pool in chain.pools if pool.outflow_percent]
        asks += [views.price(bound) for bound in chain.prices]
        for lane in self._config.arriving(selector):
            if self._facts.signed.conflicts(self._heading(lane)):
                asks.append(views.signers(lane.commit_store))
        return asks

    # WHAT TO JUDGE

    def survey(self, looks: Mapping[int, Look], survey: Survey, confirmed: frozenset[bytes]) -> None:
        """Add to the findings of a cycle. Chains that can't be read, or not to their end, wait."""
        ready = {one: look for one, look in looks.items() if not look.violation and not look.behind}
        for selector, look in ready.items():
            with survey.sparing(self._config.chain(selector).name):
                self._flows(selector, survey, confirmed)
                self._supply(selector, look, survey)
                self._outflow(selector, look, survey)
                self._prices(selector, look, survey)
                for remote in self._config.neighbours(selector):
                    if remote in ready:
                        self._pair(selector, remote, ready, survey)
        for lane in self._config.lanes:
            if lane.destination in ready and not lane.retired:
                with survey.sparing(f"lane {lane.key}"):
                    self._signers(lane, ready[lane.destination], survey)
                    self._unexecuted(lane, ready[lane.destination], survey)

    # TOKENS: AN7, AN8, AN13

    def _flows(self, selector: int, survey: Survey, confirmed: frozenset[bytes]) -> None:
        """What moved, transaction by transaction, each once. A curse is looked at again until its evidence is held:
        it has to be seen twice."""
        cleared = []
        flows = self._facts.flows.uncleared(selector)
        survey.unfinished |= len(flows) == AT_ONCE
        for flow in flows:
            connected = self._facts.flows.connected(selector, flow.pool)
            verdict = judge_flow(flow, connected, self._config.neighbours(selector))
            survey.add(verdict)
            if not isinstance(verdict, Curse) or verdict.evidence.id in confirmed:
                cleared.append(flow)
        self._facts.flows.mark_cleared(cleared)

    def _supply(self, selector: int, look: Look, survey: Survey) -> None:
        """The token's own total against the sum of its transfers, both as of the same final block.

        The first look writes down what no transfer explains: a token that is older than `start_block` has a past that
        was not read. From then on the difference must stay what it was, or what the owner has reviewed since.
        """
        for pool in self._facts.flows.tokens(selector):
            answer = look.final_answers.get(views.total_supply(pool.token))
            if not answer:
                continue
            total = views.as_number(answer)
            net = self._facts.flows.net(selector, pool.token, look.pinned)
            opening = self._facts.flows.opening(selector, pool.token, total - net)
            changes = self._journal.changes(selector, f"supply of {pool.token.hex()}", str(total - net))
            supply = Supply(selector, pool, look.pinned, total, opening, net, changes)
            verdict = judge_supply(supply, self._config.neighbours(selector))
            if isinstance(verdict, Curse) and self._journal.is_settled(verdict.evidence):
                self._facts.flows.accept_opening(selector, pool.token, total - net)
            else:
                survey.add(verdict)

    def _outflow(self, selector: int, look: Look, survey: Survey) -> None:
        """How much of what there was a pool gave out within its window.

        A pool that mints has no stock of its own: its share is of the token's supply. What a pool gave out is no longer
        there, so it is added again; what came into being is, so it is taken off.
        """
        for pool in self._config.chain(selector).pools:
            first = look.pinned - pool.outflow_blocks + 1
            spent = self._facts.flows.spent(selector, pool, first, look.pinned)
            minted = spent.issued >= spent.given
            ask = views.total_supply(pool.token) if minted else views.balance(pool.token, pool.vault)
            answer = look.final_answers.get(ask)
            if not answer or not spent.given:
                continue
            left = views.as_number(answer)
            stock = left - spent.issued if minted else left + spent.given
            # Part of the evidence's id: one alert per window, however long the spike lasts.
            window = look.pinned // pool.outflow_blocks
            survey.add(judge_outflow(Outflow(selector, pool, window, spent.given, max(0, stock))))

    # PRICES, SIGNERS, ENDS OF CURSES, WAITING: AN12, AN9, AN14, AN15

    def _prices(self, selector: int, look: Look, survey: Survey) -> None:
        for bound in self._config.chain(selector).prices:
            answer = look.final_answers.get(views.price(bound))
            if answer and len(answer) >= 64:
                value, at = views.as_price(answer)
                survey.add(judge_price(selector, bound, value, at, look.head.timestamp))

    def _signers(self, lane: Lane, look: Look, survey: Survey) -> None:
        """Contradictions of those in office: the lane's committers, as many of whom may be faulty as 3f+1 with a quorum
        of 2f+1 bears; and the monitors of its destination, as many as blessings can do without."""
        committers = self._facts.signed.conflicts(self._heading(lane))
        members, quorum = (
            look.final_answers.get(ask)
            for ask in (views.signers(lane.commit_store), views.quorum(lane.commit_store))
        )
        if committers and members and quorum:
            faults = max(0, views.as_number(quorum) - 1) // 2
            self._office(lane, self._heading(lane), views.as_addresses(members), faults, survey)
        chain = self._config.chain(lane.destination)
        monitors = views.as_monitors(look.answers[views.monitors(chain.rmn)])
        headings = f"bless/{chain.chain_id}/{chain.rmn.hex()}/{lane.commit_store.hex()}/"
        keys = [bless for bless, _ in monitors.keys]
        self._office(lane, headings, keys, len(keys) - monitors.bless_threshold, survey)

    def _office(
        self, lane: Lane, headings: str, members: Sequence[bytes], faults: int, survey: Survey
    ) -> None:
        office = Office(headings, frozenset(members), faults, lane.source, lane.destination)
        survey.add(judge_conflicts(office, self._facts.signed.conflicts(headings)))

    def _pair(self, here: int, there: int, looks: Mapping[int, Look], survey: Survey) -> None:
        """A curse `here` and its other end. What was seen of both is kept whether or not there is a curse: it is what
        later tells whether the other end never followed, or followed and was lifted."""
        ends = Ends(
            self._is_cursed(here, there, looks[here]),
            self._lifts(here, there, looks[here]),
            self._is_cursed(there, here, looks[there]),
            self._facts.rmn.in_force(there, here) is not None,
            self._lifts(there, here, looks[there]),
        )
        before = self._journal.pair(here, there)
        memory = remember(before, ends)
        if memory != before:
            self._journal.remember_pair(here, there, memory)
        began = self._facts.rmn.in_force(here, there)
        if began is not None and ends.cursed_here:
            grace = self._config.chain(here).absence_grace
            survey.add(judge_pair(Pair(here, there, began, looks[here].final, grace, ends, memory)))

    def _unexecuted(self, lane: Lane, look: Look, survey: Survey) -> None:
        """Blessed roots that wait. During a curse they are meant to."""
        if self._is_cursed(lane.destination, lane.source, look):
            return
        for root, block in self._facts.roots.unexecuted(lane):
            verdict = judge_waiting(
                lane.key, root, "blessed and unexecuted", look.final - block, OVERDUE_BLOCKS
            )
            survey.add(verdict)

    # WHERE THINGS ARE

    def _is_cursed(self, on: int, remote: int, look: Look) -> bool:
        answer = look.answers[views.is_cursed(self._config.chain(on).rmn, subject_of(remote))]
        return views.as_number(answer) != 0

    def _lifts(self, on: int, remote: int, look: Look) -> int:
        return views.as_number(look.answers[views.epoch_of(self._config.chain(on).rmn, remote)])

    def _heading(self, lane: Lane) -> str:
        return f"commit/{self._config.chain(lane.destination).chain_id}/{lane.commit_store.hex()}/"
