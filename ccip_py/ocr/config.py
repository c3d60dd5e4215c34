"""Who takes part under one config digest, who leads when, and how long things may take.

Promise: a `Config` that exists is usable: n = 3f+1 with f ≥ 1, distinct signers, timers that can make progress.
The same key is a node's signer address on chain, its transmitter address, and its name among its peers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ..errors import ConfigError
from ..protocol.ids import Address
from ..protocol.keccak import keccak

MAX_EPOCH: Final = 2**32 - 1
MAX_ROUND: Final = 2**8 - 1
MAX_SECONDS: Final = 86_400.0
MAX_MEMBERS: Final = 31  # as many as the contracts take

_SESSION: Final = b"\x19ccip_py ocr session 1\n"
_LEADERS: Final = b"\x19ccip_py ocr leaders 1\n"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds on the node's own monotonic clock. May differ between nodes: only liveness depends on it."""

    round: float = 1.5  # a leader gives up a round after this, or longer: see `patience`
    pace: float = 0.5  # a leader starts rounds no closer together
    rest: float = 2.0  # nor closer than this while its own view has nothing to agree on: a sign of life
    grace: float = 0.05  # a leader with 2f+1 observations waits this long for the others
    progress: float = 4.0  # an epoch without progress for this long ends, or longer: see `patience`
    doublings: int = 4  # so often `round` and `progress` double at most
    tenure: float = 300.0  # an epoch ends after this even if all is well: no leader may rule for long
    resend: float = 1.0  # what a node wants is repeated this often
    stage: float = 3.0  # between two transmitters' turns
    in_flight: float = 15.0  # an attested report that has not landed after this is given up

    @property
    def longest_progress(self) -> float:
        """Seconds without progress after which an epoch ends, however many failed before it."""
        return self.progress * (1 << self.doublings)


@dataclass(frozen=True, slots=True)
class Config:
    """One committee. `subject` is whatever else all members must share; nodes with another one cannot talk."""

    digest: bytes  # of the contract's configuration: binds chain, contract, signers and f
    signers: tuple[Address, ...]  # in the contract's order; a node's place here is its index
    f: int  # members that may be faulty in any way
    subject: bytes = b""
    timing: Timing = field(default_factory=Timing)

    session: bytes = field(init=False)  # 32 bytes that bind every peer message
    leaders: tuple[int, ...] = field(init=False)  # indices; epoch e is led by leaders[e mod n]

    def __post_init__(self) -> None:
        mistakes = _mistakes(self)
        if mistakes:
            raise ConfigError(
                "the agreement cannot be configured like this: " + "; ".join(mistakes),
                context={"digest": self.digest, "members": len(self.signers), "f": self.f},
            )
        object.__setattr__(self, "session", _session(self))
        object.__setattr__(self, "leaders", _leaders(self))

    @property
    def n(self) -> int:
        return len(self.signers)

    @property
    def quorum(self) -> int:
        """2f+1. Any two quorums share f+1 members, so at least one honest one."""
        return 2 * self.f + 1

    def leader(self, epoch: int) -> int:
        """Index of the leader of an epoch from 1 on. At most f faulty leaders follow each other."""
        return self.leaders[epoch % self.n]

    def index(self, signer: Address) -> int:
        """The place of a member; ConfigError for anybody else."""
        if signer not in self.signers:
            raise ConfigError("this key is not a member of the committee", context={"signer": signer})
        return self.signers.index(signer)


def _mistakes(config: Config) -> list[str]:
    n, f = len(config.signers), config.f
    checks = (
        (len(config.digest) == 32, "the config digest has 32 bytes"),
        (f >= 1, "f must be at least 1: with 0 a single node decides"),
        (n == 3 * f + 1, f"f = {f} needs {3 * f + 1} signers, not {n}"),
        (n <= MAX_MEMBERS, f"at most {MAX_MEMBERS} signers"),
        (len(set(config.signers)) == n, "a signer is listed twice"),
        (all(any(signer) for signer in config.signers), "a signer is the zero address"),
    )
    return [mistake for ok, mistake in checks if not ok] + timing_mistakes(config.timing, f)


def timing_mistakes(timing: Timing, f: int) -> list[str]:
    """Why these timers could make no progress in a committee with f faulty members, if so."""
    checks = (
        (timing.pace > 0 and 0 <= timing.grace < timing.round, "pace > 0 and 0 <= grace < round"),
        (timing.rest >= timing.pace, "rest is at least pace"),
        (timing.progress > timing.round + timing.rest, "progress must exceed round + rest"),
        (0 <= timing.doublings <= 16, "doublings is between 0 and 16"),
        (
            timing.tenure > timing.longest_progress,
            "tenure must exceed progress doubled as often as it may be",
        ),
        (timing.resend > 0 and timing.stage > 0, "resend and stage must be positive"),
        (timing.in_flight > (f + 1) * timing.stage, "in_flight must leave f+1 transmitters their turn"),
        (
            max(timing.tenure, timing.in_flight) <= MAX_SECONDS,
            f"nothing takes longer than {MAX_SECONDS:.0f} s",
        ),
    )
    return [mistake for ok, mistake in checks if not ok]


def _session(config: Config) -> bytes:
    return keccak(_SESSION + config.digest + keccak(b"".join(config.signers)) + keccak(config.subject))


def _leaders(config: Config) -> tuple[int, ...]:
    """A permutation nobody chose: members sorted by a hash keyed with the config digest."""

    def key(index: int) -> bytes:
        return keccak(_LEADERS + config.digest + config.signers[index])

    return tuple(sorted(range(config.n), key=key))
