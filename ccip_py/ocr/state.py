"""Everything one node holds about one committee, what may happen to it, and what it then wants done.

`engine.step(engine, state, input) -> (state, effects)`. Rules for the shell that performs the effects:
1. In order, each one finished before the next. If a record fails, stop the node: nothing after it may happen.
2. A `Sign` is: put (config digest, epoch, round) → keccak(report) on disk, *then* sign, then feed `OwnSignature`.
3. `Broadcast` reaches every member, and the node itself too, as a `Received`; `SendTo` may name the node itself.
4. Inputs are fed one at a time, each after a `Tick` with the time it happens at; a `Tick` alone when `engine.wake_at`
   has come. The clock never goes back.

Memory is bounded whatever peers send: per member one held message, VOTES_KEPT votes and one proof.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Generic

from .attest import AttestedReport
from .attest import recover as recover_secp256k1
from .config import Config
from .messages import Message, Recover, Signed, SignedObservation, Slot, Vote
from .misbehaviour import Misbehaviour, Proof
from .plugin import Outcome, Plugin, View

VOTES_KEPT: Final = 4  # rounds per member: late votes still count, floods do not grow


@dataclass(frozen=True, slots=True)
class Engine(Generic[View, Outcome]):
    """What never changes while a configuration lasts."""

    config: Config
    plugin: Plugin[View, Outcome]
    me: int  # index in config.signers
    recover: Recover = recover_secp256k1


# --- What happens to a node ---


@dataclass(frozen=True, slots=True)
class Tick:
    now: float  # seconds, monotonic


@dataclass(frozen=True, slots=True)
class FreshView(Generic[View]):
    """The node read its chains again. None: it cannot see them now, so it abstains."""

    view: View | None


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes from anybody. The transport's opinion of the sender is not asked for."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class OwnSignature:
    """The node's key signed what `Sign` asked for."""

    slot: Slot
    signature: bytes  # r ‖ s ‖ v


Input = Tick | FreshView[View] | Received | OwnSignature


# --- What a node wants done ---


@dataclass(frozen=True, slots=True)
class RecordEpoch:
    """Put the epoch on disk before anything is said in it."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Sign:
    """Record, then sign `digest`, then feed the signature back. See rule 2."""

    slot: Slot
    report: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Broadcast:
    message: Message


@dataclass(frozen=True, slots=True)
class SendTo:
    to: int
    message: Message


@dataclass(frozen=True, slots=True)
class Attested:
    """A report has its quorum. For the record: what to send, and when, `Transmit` says."""

    attested: AttestedReport


@dataclass(frozen=True, slots=True)
class Transmit:
    """It is this node's turn, and the report would take effect as far as it sees. At most once per report."""

    attested: AttestedReport


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that no honest member sends in this session, or a proposal that proves its leader faulty."""

    sender: int | None  # None if the claimed sender did not sign it
    why: str


Effect = RecordEpoch | Sign | Broadcast | SendTo | Attested | Transmit | Rejected | Misbehaviour


# --- What a node holds ---


@dataclass(frozen=True, slots=True)
class Durable:
    """What the journal gives back after a restart. Losing it means this key must not sign again."""

    epoch: int = 0
    signed: Slot | None = None  # the last round this node signed in
    signed_hash: bytes = b""  # keccak of the report it signed there


@dataclass(frozen=True, slots=True)
class Round(Generic[Outcome]):
    """The round this node follows in its epoch. Rounds only go up; 0 means none was heard of yet."""

    number: int = 0
    proposal_hash: bytes = b""  # of the first proposal seen; empty before
    proposal_signature: bytes = b""
    outcome: Outcome | None = None
    done: bool = False  # attested, or nothing left to sign here
    asked: bool = False  # a Sign went out
    queried: bool = False  # the leader waits for what this node sees
    answered: float = float("-inf")  # when this node last said it


@dataclass(frozen=True, slots=True)
class Leading:
    """The round this node leads in its epoch, if it leads."""

    number: int = 0
    open: bool = False
    started: float = float("-inf")
    observations: tuple[SignedObservation, ...] = ()
    enough_since: float | None = None
    proposed: bool = False


@dataclass(frozen=True, slots=True)
class CountedVote:
    slot: Slot
    vote: Vote


@dataclass(frozen=True, slots=True)
class Signing:
    """The last report that `Sign` went out for, and the proposal it follows."""

    slot: Slot
    report: bytes
    proposal_hash: bytes
    proposal_signature: bytes


@dataclass(frozen=True, slots=True)
class InFlight:
    """The newest attested report, until it is seen to have landed or given up."""

    attested: AttestedReport
    since: float
    ready: bool = False  # it would take effect, as far as this node sees
    sent: bool = False  # this node took its turn


@dataclass(frozen=True, slots=True)
class State(Generic[View, Outcome]):
    durable: Durable
    restored_epoch: int  # this node does not lead it: it may have led there before it fell
    now: float
    wish: int  # the epoch this node wants to be in, at least its own
    wishes: tuple[int, ...]  # per member, the highest epoch it asked for
    epoch_since: float
    progressed: float  # when the epoch last got anywhere
    resend_at: float
    view: View | None = None
    wanted: bool = True  # whether this view gives a leader something to agree on
    deposed: bool = False  # the epoch's leader proved itself faulty
    failed: int = 0  # epochs in a row that got nowhere, less the rounds that succeeded since: see `patience`
    round: Round[Outcome] = field(default_factory=Round)
    leading: Leading = field(default_factory=Leading)
    held: tuple[Signed | None, ...] = ()  # per member, its newest query or proposal for an epoch still ahead
    votes: tuple[tuple[CountedVote, ...], ...] = ()  # per member
    own_vote: Message | None = None
    signing: Signing | None = None
    attested: Slot | None = None  # the highest round attested
    in_flight: InFlight | None = None
    proofs: tuple[Proof | None, ...] = ()  # per member, the first

    @property
    def epoch(self) -> int:
        return self.durable.epoch

    @property
    def slot(self) -> Slot:
        return Slot(self.epoch, self.round.number)


def initial(members: int, durable: Durable, now: float) -> State[View, Outcome]:
    """A node that just started, for the first time or again."""
    return State(
        durable=durable,
        restored_epoch=durable.epoch,
        now=now,
        wish=durable.epoch,
        wishes=(0,) * members,
        epoch_since=now,
        progressed=now,
        resend_at=now,
        held=(None,) * members,
        votes=((),) * members,
        proofs=(None,) * members,
    )
