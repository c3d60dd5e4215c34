"""What must hold in every history, whatever fails. A violation names the promise it breaks."""

from __future__ import annotations

from dataclasses import dataclass, field

from ccip_py.commit.view import View
from ccip_py.ocr.attest import AttestedReport
from ccip_py.ocr.config import Config
from ccip_py.ocr.messages import Recover, Slot
from ccip_py.ocr.misbehaviour import Proof, is_proof
from ccip_py.protocol.codec.evm import decode_commit_report
from ccip_py.protocol.merkle import root
from ccip_py.protocol.report import CommitReport

from .chains import Chains


class Violation(AssertionError):
    """A promise was broken."""


def require(holds: bool, promise: str) -> None:
    if not holds:
        raise Violation(promise)


@dataclass
class Checks:
    """The all-seeing referee. It outlives every crash."""

    config: Config
    recover: Recover
    chains: Chains
    honest: frozenset[int]
    quorum: int  # what the referee holds to be one: 2f+1, computed apart from the engine
    signed: dict[tuple[int, Slot], bytes] = field(default_factory=dict)
    attested: dict[Slot, bytes] = field(default_factory=dict)
    expected: set[int] = field(default_factory=lambda: {1})  # every value the CommitStore ever had
    wished: dict[int, int] = field(default_factory=dict)
    prices: set[int] = field(default_factory=set)  # every price an honest node saw
    rounds: set[Slot] = field(default_factory=set)  # in which anything was said
    proofs: list[Proof] = field(default_factory=list)

    def on_view(self, view: View) -> None:
        self.prices.update(view.token_prices.values())

    def on_sign(self, node: int, slot: Slot, report: bytes) -> None:
        """S14."""
        earlier = self.signed.setdefault((node, slot), report)
        require(earlier == report, "S14: an honest node signs one report per round")

    def on_wishes(self, wishes: tuple[int, ...]) -> None:
        for member in self.honest:
            said = self.wished.get(member, 0)
            require(wishes[member] <= said, "E3: nothing counts that a member did not say in this session")

    def on_restart(self, epoch: int, spoken_in: int) -> None:
        """S23."""
        require(epoch >= spoken_in, "S23: a restarted node is not behind what it said")

    def on_proof(self, proof: Proof) -> None:
        require(is_proof(self.config, proof, self.recover), "a proof convinces by itself")
        require(proof.culprit not in self.honest, "no proof accuses an honest node")
        self.proofs.append(proof)

    def on_attested(self, attested: AttestedReport, now: float) -> None:
        signers = {one.signer for one in attested.signatures}
        require(len(signers) >= self.quorum, "S13: a report has 2f+1 distinct signers")
        earlier = self.attested.setdefault(attested.slot, attested.report)
        require(earlier == attested.report, "S14: no two reports are attested in one round")
        report = decode_commit_report(attested.report)
        if report.has_root:
            self._check_root(report, now)
        for price in report.prices.token_prices:
            seen = min(self.prices) <= price.usd_per_token <= max(self.prices)
            require(seen, "S16: a price lies between two that honest nodes saw")

    def _check_root(self, report: CommitReport, now: float) -> None:
        first, last = report.interval.first, report.interval.last
        require(first in self.expected, "S2: an interval starts where the CommitStore stood")
        require(first <= last <= self.chains.final(now), "I4: only final messages are committed")
        require(root(self.chains.leaves[first - 1 : last]) == report.root, "S15: no wrong root is attested")

    def on_block(self) -> None:
        """What landed is contiguous from 1, and true."""
        store, at = self.chains.store, 1
        for report in store.roots:
            require(report.interval.first == at, "S2: committed intervals are contiguous")
            at = report.interval.last + 1
        self.expected.add(store.expected_next)
