"""Gathers the facts for the checks that are about more than one root or one execution, and runs them.

Supply, outflow, settings, prices, signers, and curses with one end: AN7 to AN10 and AN12 to AN15. Like
`survey.py` it decides nothing. What rarely changes (owners, code) is asked for on every n-th cycle only.
"""

from collections.abc import Iterator, Mapping, Sequence

from ccip_py.risk import views
from ccip_py.risk.config import Config, Lane
from ccip_py.risk.evm import Undecodable
from ccip_py.risk.facts import Facts
from ccip_py.risk.facts_schema import AT_ONCE
from ccip_py.risk.follow import Look
from ccip_py.risk.judge import Alert, Bless, Curse, Verdict
from ccip_py.risk.keccak import keccak
from ccip_py.risk.pairs import Ends, Pair, judge_pair, remember
from ccip_py.risk.prices import judge_price
from ccip_py.risk.settings import judge_roles, judge_setting, judge_strength
from ccip_py.risk.signers import Office, judge_conflicts
from ccip_py.risk.stalls import OVERDUE_BLOCKS, judge_waiting
from ccip_py.risk.store import Journal
from ccip_py.risk.survey import Survey, remotes_of
from ccip_py.risk.tokens import Outflow, Supply, judge_flow, judge_outflow, judge_supply
from ccip_py.risk.views import Ask
from ccip_py.risk.vote import subject_of

# Owners and code are asked for once in so many cycles.
RARELY = 16


class Patrol:
    def __init__(self, config: Config, facts: Facts, journal: Journal, own: Mapping[str, bytes]) -> None:
        """`own`: this monitor's addresses, by what their keys are for."""
        self._config = config
        self._own = own
        self._facts = facts
        self._journal = journal
        self._committers: dict[bytes, int] = {}  # commit store → how many may sign, as last asked
        self._roles: dict[int, Verdict] = {}  # chain → what is to be said of this monitor's keys, likewise

    # WHAT TO ASK

    def final_asks(self, selector: int, cycle: int) -> list[Ask]:
        """At the last block taken in: what must not change unseen."""
        chain = self._config.chain(selector)
        asks = [views.pointer(chain.rmn_proxy), views.monitors(chain.rmn)]
        asks += [views.quorum(lane.commit_store) for lane in self._arriving(selector)]
        asks += [views.total_supply(pool.token) for pool in self._facts.flows.tokens(selector)]
        asks += [views.balance(pool.token, pool.vault) for pool in chain.pools if pool.outflow_percent]
        asks += [views.price(bound) for bound in chain.prices]
        for lane in self._arriving(selector):
            if self._facts.signed.conflicts(self._heading(lane)):
                asks.append(views.signers(lane.commit_store))
        if cycle % RARELY == 1 or selector not in self._roles:
            for lane in self._arriving(selector):
                asks += [views.config_digest(lane.commit_store), views.signers(lane.commit_store)]
                asks += [views.transmitters(lane.commit_store), views.transmitters(lane.off_ramp)]
            for contract in self._contracts(selector).values():
                asks += [views.owner(contract), views.code_hash(contract)]
            asks += [views.listed_pools(pool.lock_box) for pool in chain.pools if pool.lock_box]
            asks += [views.guardian(chain.rmn)]
            asks += [views.off_ramps(chain.router)] if chain.router else []
            asks += [views.pool_of(chain.registry, pool.token) for pool in chain.pools if chain.registry]
        return asks

    # WHAT TO JUDGE

    def survey(self, looks: Mapping[int, Look], survey: Survey, confirmed: frozenset[bytes]) -> None:
        """Add to the findings of a cycle. Chains that can't be read, or not to their end, wait."""
        ready = {one: look for one, look in looks.items() if not look.violation and not look.behind}
        for selector, look in ready.items():
            self._flows(selector, survey, confirmed)
            self._supply(selector, look, survey)
            self._outflow(selector, look, survey)
            self._settings(selector, look, survey)
            self._strength(selector, look, survey)
            self._double_roles(selector, look, survey)
            self._prices(selector, look, survey)
            for remote in self._neighbours(selector):
                if remote in ready:
                    self._pair(selector, remote, ready, survey)
        for lane in self._config.lanes:
            if lane.destination in ready and not lane.retired:
                self._signers(lane, ready[lane.destination], survey)
                self._unexecuted(lane, ready[lane.destination], survey)

    # TOKENS: AN7, AN8, AN13

    def _flows(self, selector: int, survey: Survey, confirmed: frozenset[bytes]) -> None:
        cleared = []
        flows = self._facts.flows.uncleared(selector)
        survey.unfinished |= len(flows) == AT_ONCE
        for flow in flows:
            connected = self._facts.flows.connected(selector, flow.pool)
            verdict = judge_flow(flow, connected, self._neighbours(selector))
            survey.add(verdict)
            if not isinstance(verdict, Curse) or verdict.evidence.id in confirmed:
                cleared.append(flow)
        self._facts.flows.mark_cleared(cleared)

    def _supply(self, selector: int, look: Look, survey: Survey) -> None:
        for pool in self._facts.flows.tokens(selector):
            answer = look.final_answers.get(views.total_supply(pool.token))
            if not answer:
                continue
            total = views.as_number(answer)
            net = self._facts.flows.net(selector, pool.token, look.pinned)
            opening = self._facts.flows.opening(selector, pool.token, total - net)
            supply = Supply(selector, pool, look.pinned, total, opening, net)
            survey.add(judge_supply(supply, self._neighbours(selector)))

    def _outflow(self, selector: int, look: Look, survey: Survey) -> None:
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
            window = look.pinned // pool.outflow_blocks
            survey.add(judge_outflow(Outflow(selector, pool, window, spent.given, max(0, stock))))

    # SETTINGS: AN10

    def _settings(self, selector: int, look: Look, survey: Survey) -> None:
        expected = dict(self._config.chain(selector).expected)
        for name, now in self._values(selector, look):
            before = self._journal.setting(selector, name, now)
            around = (selector, *self._neighbours(selector))
            verdict = judge_setting(selector, around, name, before, now, expected.get(name))
            survey.add(verdict)
            seen = isinstance(verdict, Bless | Alert) or (
                isinstance(verdict, Curse) and self._journal.is_settled(verdict.evidence)
            )
            if seen and now != before:
                self._journal.accept_setting(selector, name, now)

    def _strength(self, selector: int, look: Look, survey: Survey) -> None:
        """Thresholds that are too low, since whenever, unless their operator expects them to be."""
        chain = self._config.chain(selector)
        found: list[tuple[str, int, int]] = []  # name, value, of how many keys
        if answer := look.final_answers.get(views.monitors(chain.rmn)):
            monitors = views.as_monitors(answer)
            found.append(("bless threshold", monitors.bless_threshold, len(monitors.keys)))
            found.append(("curse threshold", monitors.curse_threshold, len(monitors.keys)))
        for lane in self._arriving(selector):
            if answer := look.final_answers.get(views.signers(lane.commit_store)):
                self._committers[lane.commit_store] = len(views.as_addresses(answer))
            count = self._committers.get(lane.commit_store, 0)
            if count and (answer := look.final_answers.get(views.quorum(lane.commit_store))):
                found.append((f"quorum of {lane.commit_store.hex()}", views.as_number(answer), count))
        for name, value, keys in found:
            if (name, str(value)) not in chain.expected:
                survey.add(judge_strength(selector, name, value, keys))

    def _values(self, selector: int, look: Look) -> Iterator[tuple[str, str]]:
        """Settings that were asked for and are set: a contract without code answers nothing."""
        answers, chain = look.final_answers, self._config.chain(selector)
        try:
            if answer := answers.get(views.monitors(chain.rmn)):
                monitors = views.as_monitors(answer)
                if monitors.keys:
                    yield "bless threshold", str(monitors.bless_threshold)
                    yield "curse threshold", str(monitors.curse_threshold)
                    yield "monitors", keccak(b"".join(a + b for a, b in monitors.keys)).hex()
            for lane in self._arriving(selector):
                if (answer := answers.get(views.quorum(lane.commit_store))) and views.as_number(answer):
                    yield f"quorum of {lane.commit_store.hex()}", str(views.as_number(answer))
                answer = answers.get(views.config_digest(lane.commit_store))
                if answer and any(answer[64:96]):
                    yield f"committers of {lane.commit_store.hex()}", answer[64:96].hex()
            for label, contract in self._contracts(selector).items():
                if answer := answers.get(views.owner(contract)):
                    yield f"owner of {label}", views.as_address(answer).hex()
                if (answer := answers.get(views.code_hash(contract))) and any(answer):
                    yield f"code of {label}", answer[32:64].hex()
            for box in {pool.lock_box for pool in chain.pools if pool.lock_box}:
                if answer := answers.get(views.listed_pools(box)):
                    yield f"pools of lock box {box.hex()}", keccak(answer).hex()
            yield from self._routes(selector, answers)
        except Undecodable:
            return

    def _routes(self, selector: int, answers: Mapping[Ask, bytes]) -> Iterator[tuple[str, str]]:
        """Who may hand over messages and give orders to pools, which pool a token has, and who may stop it all."""
        chain = self._config.chain(selector)
        if answer := answers.get(views.off_ramps(chain.router)):
            ramps = sorted(f"{source}:{ramp.hex()}" for source, ramp in views.as_off_ramps(answer))
            yield "off-ramps", " ".join(ramps)
        for pool in chain.pools:
            if answer := answers.get(views.pool_of(chain.registry, pool.token)):
                yield f"pool of {pool.token.hex()}", views.as_address(answer).hex()
        if answer := answers.get(views.guardian(chain.rmn)):
            yield "guardian", views.as_address(answer).hex()

    def _double_roles(self, selector: int, look: Look, survey: Survey) -> None:
        """Whether this monitor's keys have another office on the chain. Asked rarely, and said until it is over; until
        the first answer this monitor doesn't bless."""
        answers, chain = look.final_answers, self._config.chain(selector)
        others: dict[str, list[bytes]] = {}
        if answer := answers.get(views.guardian(chain.rmn)):
            others["the guardian"] = [views.as_address(answer)]
            for label, contract in self._contracts(selector).items():
                if answer := answers.get(views.owner(contract)):
                    others[f"the owner of {label}"] = [views.as_address(answer)]
            for lane in self._arriving(selector):
                for role, ask in (
                    ("a committer", views.signers(lane.commit_store)),
                    ("a transmitter", views.transmitters(lane.commit_store)),
                    ("an executor", views.transmitters(lane.off_ramp)),
                ):
                    if answer := answers.get(ask):
                        others.setdefault(role, []).extend(views.as_addresses(answer))
            self._roles[selector] = judge_roles(selector, self._own, others)
        verdict = self._roles.get(selector)
        if verdict is not None:
            survey.add(verdict)
        if not isinstance(verdict, Bless):
            survey.unfit.add(selector)

    def _contracts(self, selector: int) -> dict[str, bytes]:
        chain = self._config.chain(selector)
        found = {"RMN": chain.rmn, "RMNProxy": chain.rmn_proxy}
        found.update({"Router": chain.router} if chain.router else {})
        found.update({"TokenAdminRegistry": chain.registry} if chain.registry else {})
        for lane in self._config.lanes:
            if lane.source == selector:
                found[f"OnRamp {lane.on_ramp.hex()}"] = lane.on_ramp
            if lane.destination == selector:
                found[f"CommitStore {lane.commit_store.hex()}"] = lane.commit_store
                found[f"OffRamp {lane.off_ramp.hex()}"] = lane.off_ramp
        found.update((f"pool {pool.pool.hex()}", pool.pool) for pool in chain.pools)
        found.update(
            (f"lock box {pool.lock_box.hex()}", pool.lock_box) for pool in chain.pools if pool.lock_box
        )
        return found

    # PRICES, SIGNERS, ENDS OF CURSES, WAITING: AN12, AN9, AN14, AN15

    def _prices(self, selector: int, look: Look, survey: Survey) -> None:
        for bound in self._config.chain(selector).prices:
            answer = look.final_answers.get(views.price(bound))
            if answer and len(answer) >= 64:
                value, at = views.as_price(answer)
                survey.add(judge_price(selector, bound, value, at, look.head.timestamp))

    def _signers(self, lane: Lane, look: Look, survey: Survey) -> None:
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

    def _arriving(self, selector: int) -> list[Lane]:
        return [lane for lane in self._config.lanes if lane.destination == selector and not lane.retired]

    def _neighbours(self, selector: int) -> list[int]:
        return remotes_of(self._config, selector)

    def _heading(self, lane: Lane) -> str:
        return f"commit/{self._config.chain(lane.destination).chain_id}/{lane.commit_store.hex()}/"
