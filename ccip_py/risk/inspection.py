"""Gathers a chain's settings and runs the checks on them: AN10.

Three questions. Did anything change that nobody announced? Is a threshold lower than a third of faulty keys
allows, since whenever? And has one of this monitor's own keys another office, which it must not bless with?
What can change what a vote is worth at once (thresholds, quorums) is asked in every cycle, what rarely
changes (owners, code, lists) in every n-th. Like `survey.py` this decides nothing.
"""

from collections.abc import Iterator, Mapping

from ccip_py.risk import views
from ccip_py.risk.config import Config
from ccip_py.risk.findings import Survey
from ccip_py.risk.follow import Look
from ccip_py.risk.judge import Alert, Bless, Curse, Verdict
from ccip_py.risk.keccak import keccak
from ccip_py.risk.settings import judge_roles, judge_setting, judge_strength
from ccip_py.risk.store import Journal
from ccip_py.risk.views import Ask

# Owners, code and lists are asked for once in so many cycles.
RARELY = 16


class Inspector:
    def __init__(self, config: Config, journal: Journal, own: Mapping[str, bytes]) -> None:
        """`own`: this monitor's addresses, by what their keys are for."""
        self._config = config
        self._journal = journal
        self._own = own
        self._committers: dict[bytes, int] = {}  # commit store → how many may sign, as last asked
        self._roles: dict[int, Verdict] = {}  # chain → what is to be said of this monitor's keys, likewise

    def final_asks(self, selector: int, cycle: int) -> list[Ask]:
        """At the last block taken in: what must not change unseen."""
        chain, lanes = self._config.chain(selector), self._config.arriving(selector)
        asks = [views.pointer(chain.rmn_proxy), views.monitors(chain.rmn)]
        asks += [views.quorum(lane.commit_store) for lane in lanes]
        if cycle % RARELY != 1 and selector in self._roles:
            return asks
        for lane in lanes:
            asks += [views.config_digest(lane.commit_store), views.signers(lane.commit_store)]
            asks += [views.transmitters(lane.commit_store), views.transmitters(lane.off_ramp)]
        for contract in self._contracts(selector).values():
            asks += [views.owner(contract), views.code_hash(contract)]
        asks += [views.listed_pools(pool.lock_box) for pool in chain.pools if pool.lock_box]
        asks += [views.guardian(chain.rmn)]
        asks += [views.off_ramps(chain.router)] if chain.router else []
        asks += [views.pool_of(chain.registry, pool.token) for pool in chain.pools if chain.registry]
        return asks

    def survey(self, looks: Mapping[int, Look], survey: Survey) -> None:
        """Add to the findings of a cycle. Chains that can't be read, or not to their end, wait."""
        for selector, look in looks.items():
            if look.violation or look.behind:
                continue
            with survey.sparing(self._config.chain(selector).name):
                self._double_roles(selector, look, survey)
                self._strength(selector, look, survey)
                self._settings(selector, look, survey)

    # CHANGES AND WEAKNESS

    def _settings(self, selector: int, look: Look, survey: Survey) -> None:
        """Each setting against what it was when it was first seen, or last accepted.

        A change is accepted as soon as it was told (once: the journal keeps it) or was announced. A fallen threshold is
        not accepted before the owner has reviewed and lifted the curse that it led to: until then it is still fallen.
        """
        expected = dict(self._config.chain(selector).expected)
        for name, now in self._values(selector, look):
            before = self._journal.setting(selector, name, now)
            around = (selector, *self._config.neighbours(selector))
            changes = self._journal.changes(selector, name, now)
            verdict = judge_setting(selector, around, name, before, now, expected.get(name), changes)
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
        for lane in self._config.arriving(selector):
            if answer := look.final_answers.get(views.signers(lane.commit_store)):
                self._committers[lane.commit_store] = len(views.as_addresses(answer))
            count = self._committers.get(lane.commit_store, 0)
            if count and (answer := look.final_answers.get(views.quorum(lane.commit_store))):
                found.append((f"quorum of {lane.commit_store.hex()}", views.as_number(answer), count))
        # What an operator announced is wanted that way, if only on a devnet of few monitors.
        for name, value, keys in found:
            if (name, str(value)) not in chain.expected:
                survey.add(judge_strength(selector, name, value, keys))

    def _values(self, selector: int, look: Look) -> Iterator[tuple[str, str]]:
        """(name, value) of settings that were asked for and are set: a contract without code answers nothing.

        Names are what operators list under `[chains.expected]`. Values that are lists are shown as their hash, unless
        they are short enough to be written down by hand.
        """
        answers, chain = look.final_answers, self._config.chain(selector)
        if answer := answers.get(views.monitors(chain.rmn)):
            monitors = views.as_monitors(answer)
            if monitors.keys:
                yield "bless threshold", str(monitors.bless_threshold)
                yield "curse threshold", str(monitors.curse_threshold)
                yield "monitors", keccak(b"".join(a + b for a, b in monitors.keys)).hex()
        for lane in self._config.arriving(selector):
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

    # THIS MONITOR'S OWN KEYS

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
            for lane in self._config.arriving(selector):
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

    # WHERE THINGS ARE

    def _contracts(self, selector: int) -> dict[str, bytes]:
        """Whose owner and code must not change unseen. A retired lane's, too: its pools may still obey it."""
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
