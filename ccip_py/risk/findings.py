"""What one cycle found: what all checks add to, and all that acts reads from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ccip_py.risk.config import Lane
from ccip_py.risk.evm import Undecodable
from ccip_py.risk.judge import Alert, Claim, Curse, Evidence, Verdict, Wait
from ccip_py.risk.vote import Blessing


@dataclass(slots=True)
class Survey:
    """The findings of one cycle."""

    roots: list[tuple[Lane, Claim, Blessing, Verdict]] = field(default_factory=list)
    suspicions: list[Evidence] = field(default_factory=list)
    alerts: list[Evidence] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    unfit: set[int] = field(default_factory=set)  # chains on which this monitor must not bless
    unfinished: bool = False  # there was more to judge than is judged at once

    @contextmanager
    def sparing(self, whom: str) -> Iterator[None]:
        """What contracts on one chain answer must not keep the others from being judged, however odd it is."""
        try:
            yield
        except Undecodable as error:
            self.alarms.append(f"{whom}: {error}")

    def copy(self) -> "Survey":
        """Findings that can be added to without changing these."""
        lists = (list(self.roots), list(self.suspicions), list(self.alerts), list(self.alarms))
        return Survey(*lists, set(self.unfit), self.unfinished)

    def add(self, verdict: Verdict) -> None:
        """Sort a verdict to where it belongs. A blessing needs no mention."""
        if isinstance(verdict, Curse):
            self.suspicions.append(verdict.evidence)
        elif isinstance(verdict, Alert):
            self.alerts.append(verdict.evidence)
        elif isinstance(verdict, Wait) and verdict.alarm:
            self.alarms.append(verdict.reason)
