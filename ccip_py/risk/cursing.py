"""Curse votes: from evidence held to votes on every chain concerned, for as long as it holds.

A chain concerned is each chain in the evidence that is configured; on the blamed chain itself the others are the
subjects, on every other chain the blamed one is. Lanes may have gone from the configuration since: what a place is asked
follows from the evidence held, and a place that has not answered yet is passed over until the next cycle. Votes are
short-lived, so they are renewed while the subject is not yet stopped. Once it is, nobody adds votes: a new vote would
void the owner's review.

Evidence is settled when a bad root is gone from its commit store, or its lane is retired. A fact that can't be undone, like
a finalized block that changed, is settled once the owner has reviewed it and lifted every curse it
led to; the chain's facts are then read anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ccip_py.risk import views
from ccip_py.risk.asking import subjects_on
from ccip_py.risk.config import Config
from ccip_py.risk.facts import Facts
from ccip_py.risk.follow import Look
from ccip_py.risk.judge import Evidence
from ccip_py.risk.keys import Key
from ccip_py.risk.relay import rank
from ccip_py.risk.send import Wish
from ccip_py.risk.store import Held, Journal
from ccip_py.risk.views import Ask, Monitors
from ccip_py.risk.vote import GLOBAL_SUBJECT, Curse, Domain, Vote, digest, sign, subject_of

# Seconds of chain time. The contract takes votes up to 600 ahead; clocks may differ a little.
VOTE_LIFETIME = 480
# A vote is renewed when less than this is left of it.
RENEW_BEFORE = 180
# A peer's vote that didn't land is relayed by the others, in turn, this many blocks later each.
RELAY_STEP_BLOCKS = 2
# Bounds what peers can make us remember.
MAX_HEARD = 256


@dataclass(frozen=True, slots=True)
class _Place:
    """One subject on one chain."""

    chain: int
    subject: bytes

    @property
    def key(self) -> str:
        return f"{self.chain}/{self.subject.hex()}"


@dataclass(frozen=True, slots=True)
class _Heard:
    vote: Vote
    chain: int
    signer: bytes
    since: int  # head of its chain when it was first heard


class CurseDesk:
    """All curse votes of one monitor, its own and those it may have to carry for others. In a cycle: `hear`, `act`."""

    def __init__(self, config: Config, key: Key, bless_address: bytes, journal: Journal) -> None:
        self._config = config
        self._key = key
        self._bless_address = bless_address
        self._journal = journal
        self._known = frozenset(chain.selector for chain in config.chains)
        self._lanes = frozenset(lane.key for lane in config.lanes if not lane.retired)
        self._own: dict[_Place, Vote] = {}
        # Own votes that the chain has counted: until when, and in which epoch.
        self._landed: dict[_Place, tuple[int, int]] = {}
        self._heard: dict[bytes, _Heard] = {}
        self.alarms: list[str] = []

    @property
    def busy(self) -> bool:
        """Whether votes are wanted or were heard lately."""
        return bool(self._own or self._heard)

    def own_votes(self) -> Iterable[Vote]:
        return self._own.values()

    def asks(self, selector: int) -> list[Ask]:
        """What must be asked of a chain because of evidence held and votes heard."""
        rmn = self._config.chain(selector).rmn
        asks = [
            views.curse_nonce(rmn, _curse(heard).subject, heard.signer)
            for heard in self._heard.values()
            if heard.chain == selector
        ]
        for held in self._journal.held():
            facts = held.evidence.facts
            for place in self._places(held.evidence):
                if place.chain == selector:
                    asks += self._questions(place)
            if held.evidence.standing and facts["destination"] == str(selector):
                asks.append(
                    views.commitment(bytes.fromhex(facts["commitStore"]), bytes.fromhex(facts["root"]))
                )
        return asks

    def act(self, looks: Mapping[int, Look], facts: Facts) -> Iterator[tuple[int, Wish]]:
        """Settle what is settled; vote for the rest. Yields (chain, what to send there)."""
        self.alarms = []
        wanted: dict[_Place, Evidence] = {}
        for held in self._journal.held():
            if self._settled(held, looks, facts):
                continue
            self.alarms.append(f"{held.evidence.anomaly}: {held.evidence.summary}")
            for place in self._places(held.evidence):
                look = looks.get(place.chain)
                if look and self._is_answered(place, look) and self._in_force(held, place, look):
                    wanted.setdefault(place, held.evidence)
        self._own = {place: vote for place, vote in self._own.items() if place in wanted}
        for place, evidence in wanted.items():
            wish = self._vote(place, evidence, looks[place.chain])
            if wish is not None:
                yield place.chain, wish
        yield from self._relays(looks)

    # EVIDENCE

    def _places(self, evidence: Evidence) -> list[_Place]:
        """Where to vote, and against whom."""
        if evidence.blame is None:
            places = [_Place(chain, GLOBAL_SUBJECT) for chain in evidence.chains]
        else:
            others = [chain for chain in evidence.chains if chain != evidence.blame]
            places = [_Place(chain, subject_of(evidence.blame)) for chain in others]
            if evidence.blame in evidence.chains:
                places += [_Place(evidence.blame, subject_of(other)) for other in others]
        return [place for place in places if place.chain in self._known]

    def _questions(self, place: _Place) -> list[Ask]:
        """What has to be known of a place before voting there."""
        rmn = self._rmn(place)
        return [
            views.is_cursed(rmn, place.subject),
            views.curse_nonce(rmn, place.subject, self._key.address),
        ]

    def _is_answered(self, place: _Place, look: Look) -> bool:
        return look.answers.keys() >= set(self._questions(place))

    def _settled(self, held: Held, looks: Mapping[int, Look], facts: Facts) -> bool:
        """Whether this evidence asks for nothing any more, which is then written down.

        A bad root asks for a curse as long as it stands, however often that is lifted. What can't be undone asks until
        the owner has seen it, which is what lifting says.
        """
        evidence = held.evidence
        if evidence.standing and evidence.standing not in self._lanes:
            pass  # the lane was replaced
        elif evidence.standing:
            look = looks.get(int(evidence.facts["destination"]))
            if look is None or not _root_is_gone(evidence, look):
                return False
        elif not self._reviewed(held, looks) and not self._ended(evidence, looks):
            return False
        if evidence.anomaly == "AN1" and evidence.blame is not None:
            facts.forget(evidence.blame)
        self._journal.settle(evidence)
        return True

    def _reviewed(self, held: Held, looks: Mapping[int, Look]) -> bool:
        """Every curse this evidence asked for was in force and has been lifted since."""
        for place in self._places(held.evidence):
            look = looks.get(place.chain)
            then = held.epochs.get(place.key)
            if look is None or then is None or not self._is_answered(place, look):
                return False
            if self._epoch(place, look) == then:
                return False
        return True

    def _ended(self, evidence: Evidence, looks: Mapping[int, Look]) -> bool:
        """A curse that was to be followed (AN14) was lifted where it came from."""
        look = looks.get(evidence.blame or 0)
        if evidence.anomaly != "AN14" or look is None or evidence.blame is None:
            return False
        began = _Place(evidence.blame, subject_of(evidence.chains[0]))
        said = look.answers.get(views.is_cursed(self._rmn(began), began.subject))
        # Without a lane between the two it is nobody's other end any more.
        return said is None or views.as_number(said) == 0

    def _in_force(self, held: Held, place: _Place, look: Look) -> bool:
        """Whether this evidence still calls for a curse here. A lift after review is respected,
        unless the bad root it was about still stands."""
        epoch = self._epoch(place, look)
        if place.key not in held.epochs:
            self._journal.note_epoch(held, place.key, epoch)
        return bool(held.evidence.standing) or held.epochs[place.key] == epoch

    def _epoch(self, place: _Place, look: Look) -> int:
        """How often the subject was lifted. The contract keeps it in the nonce's high half."""
        return self._nonce(place, look) >> 32

    def _nonce(self, place: _Place, look: Look) -> int:
        return views.as_number(
            look.answers[views.curse_nonce(self._rmn(place), place.subject, self._key.address)]
        )

    # OWN VOTES

    def _vote(self, place: _Place, evidence: Evidence, look: Look) -> Wish | None:
        """Sign, or sign again when the last vote is used up or about to expire; and send it."""
        if views.as_number(look.answers[views.is_cursed(self._rmn(place), place.subject)]):
            self._own.pop(place, None)
            return None
        monitors = views.as_monitors(look.answers[views.monitors(self._rmn(place))])
        if not monitors.is_curse_key(self._key.address):
            self.alarms.append("the curse key is not among the monitors")
            return None
        nonce, now = self._nonce(place, look), look.head.timestamp
        vote = self._own.get(place)
        if vote is not None and nonce == _nonce_of(vote) + 1:
            self._landed[place] = (_until(vote), nonce >> 32)
            vote = self._own.pop(place)
        until, epoch = self._landed.get(place, (0, -1))
        if epoch == nonce >> 32 and until - now > RENEW_BEFORE:
            return None
        stale = vote is None or nonce != _nonce_of(vote) or _until(vote) - now <= RENEW_BEFORE
        if vote is None or stale or vote.config_version != monitors.config_version:
            curse = Curse(place.subject, nonce, now + VOTE_LIFETIME, evidence.id)
            permit = self._journal.permit_curse(curse, monitors.config_version, self._domain(place))
            vote = self._own[place] = sign(permit, self._key)
        return self._wish(place, vote)

    # PEERS' VOTES

    def hear(self, votes: Sequence[Vote], looks: Mapping[int, Look]) -> None:
        """Remember peers' curse votes that may have to be relayed."""
        now: dict[bytes, _Heard] = {}
        for vote in votes:
            chain = self._chain_of(vote)
            if not isinstance(vote.statement, Curse) or chain not in looks or len(now) >= MAX_HEARD:
                continue
            look = looks[chain]
            monitors = views.as_monitors(look.answers[views.monitors(vote.domain.rmn)])
            if not self._relevant(vote, chain, monitors):
                continue
            key = _identity(vote)
            known = self._heard.get(key)
            now[key] = known or _Heard(vote, chain, vote.signer or b"", look.head.number)
        self._heard = now

    def _relevant(self, vote: Vote, chain: int, monitors: Monitors) -> bool:
        """From a current monitor, on a subject that exists here: nonsense is neither kept nor asked
        about."""
        return (
            vote.config_version == monitors.config_version
            and _subject(vote) in subjects_on(self._config, chain)
            and monitors.is_curse_key(vote.signer)
        )

    def _relays(self, looks: Mapping[int, Look]) -> Iterator[tuple[int, Wish]]:
        """Carry votes that their own monitors did not bring to the chain: an empty wallet silences
        nobody. In turn, so that not everybody pays."""
        for key, heard in self._heard.items():
            look, place = looks[heard.chain], _Place(heard.chain, _subject(heard.vote))
            rmn = self._rmn(place)
            nonce = look.answers.get(views.curse_nonce(rmn, place.subject, heard.signer))
            if nonce is None or views.as_number(nonce) != _nonce_of(heard.vote):
                continue
            if views.as_number(look.answers[views.is_cursed(rmn, place.subject)]):
                continue
            keys = views.as_monitors(look.answers[views.monitors(rmn)]).keys
            turn = 1 + rank(key, self._bless_address, (bless for bless, _ in keys))
            if look.head.number >= heard.since + RELAY_STEP_BLOCKS * turn:
                yield heard.chain, self._wish(place, heard.vote)

    def _wish(self, place: _Place, vote: Vote) -> Wish:
        return Wish(
            f"curse/{_identity(vote).hex()}", self._rmn(place), views.curse_call(_curse_of(vote), vote)
        )

    def _chain_of(self, vote: Vote) -> int:
        """Selector of the chain a vote is for; 0 if it is none of ours."""
        for chain in self._config.chains:
            if vote.domain == Domain(chain.chain_id, chain.rmn):
                return chain.selector
        return 0

    def _rmn(self, place: _Place) -> bytes:
        return self._config.chain(place.chain).rmn

    def _domain(self, place: _Place) -> Domain:
        chain = self._config.chain(place.chain)
        return Domain(chain.chain_id, chain.rmn)


def _root_is_gone(evidence: Evidence, look: Look) -> bool:
    """The commit store no longer holds this root over this interval."""
    facts = evidence.facts
    ask = views.commitment(bytes.fromhex(facts["commitStore"]), bytes.fromhex(facts["root"]))
    answer = look.answers.get(ask)
    if answer is None:
        return False
    committed_at, first, last = views.as_commitment(answer)
    return committed_at == 0 or (first, last) != (facts["first"], facts["last"])


def _identity(vote: Vote) -> bytes:
    """Monitors that saw the same thing at the same time sign the very same words, so the words alone
    don't tell their votes apart."""
    return digest(vote.statement, vote.config_version, vote.domain) + vote.compact


def _curse_of(vote: Vote) -> Curse:
    if not isinstance(vote.statement, Curse):
        raise TypeError("not a curse vote")
    return vote.statement


def _curse(heard: _Heard) -> Curse:
    return _curse_of(heard.vote)


def _subject(vote: Vote) -> bytes:
    return _curse_of(vote).subject


def _nonce_of(vote: Vote) -> int:
    return _curse_of(vote).nonce


def _until(vote: Vote) -> int:
    return _curse_of(vote).valid_until
