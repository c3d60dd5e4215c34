"""A history in the middle of which the chain changes the committee: one member goes, another comes, all faults go on.

Whoever sees the change falls silent in the old committee and speaks in the new one; whoever does not yet goes on alone. A
reorganisation may take the change back for a while.
"""

from __future__ import annotations

from ccip_py.commit.config import subject
from ccip_py.ocr.config import Config

from .byzantine import Byzantine
from .chains import COMMIT
from .checks import Checks
from .history import FAULTY_TIME, Committee, History, Told
from .keys import hash_in_use
from .node import Node


class Rotation(History):
    """Two committees on the same chains, of which the second one's nodes sleep until the chain names them."""

    def __init__(self, seed: int, committee: Committee, node: type[Node] = Node) -> None:
        super().__init__(seed, committee, node)
        n, first = committee.n, self.checks
        keys = committee.keys(n + 1)
        leaves = self.rng.randrange(n)
        keys[leaves] = keys.pop()
        signers = tuple(key.address for key in keys)
        config = Config(
            hash_in_use(b"the next digest"), signers, self.config.f, subject(COMMIT), committee.timing
        )
        honest = first.honest | {leaves}
        self.next_checks = Checks(config, committee.recover, self.chains, honest, first.quorum)
        kinds = [node if index in honest else Byzantine for index in range(n)]
        members = self._members(config, self.next_checks, list(zip(keys, kinds, strict=True)), 1)
        for old, new in zip(self.nodes, members, strict=True):
            if isinstance(old, Byzantine) and isinstance(new, Byzantine):
                new.bend(old.fault, self.rng, self.at, self.chains, old.stale)
        self.asleep = {each.seat for each in members}
        self.nodes += members
        self.wakes += [0] * n
        self.chains.rotates_at = self.rng.uniform(3, FAULTY_TIME - 3)

    def run(self) -> Told:
        """As any history."""
        told = super().run()
        told.attested_after = len(self.next_checks.attested)
        return told

    def _boot(self, node: Node) -> None:
        if node.seat not in self.asleep:
            super()._boot(node)

    def _poll(self, node: Node) -> None:
        behind = self.rng.choice([0, 1]) if self.faulty_time else 0
        named = self.chains.committee(behind) == node.seat // self.committee.n
        if not named:
            self.asleep.add(node.seat)
            node.state = None
        elif node.seat in self.asleep:
            self.asleep.discard(node.seat)
            self._boot(node)
        super()._poll(node)

    def _mine(self) -> None:
        super()._mine()
        self.next_checks.on_block()
