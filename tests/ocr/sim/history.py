"""One seed → one history: a busy time full of faults, then a calm in which everything must be finished.

The same seed gives the same history, to the byte. Faulty members stay faulty in the calm; networks, disks and
endpoints heal.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

from ccip_py.commit.config import subject
from ccip_py.commit.plugin import CommitPlugin
from ccip_py.ocr.attest import AttestedReport
from ccip_py.ocr.config import Config, Timing
from ccip_py.ocr.messages import Kind, Message, Recover, Slot, seal
from ccip_py.ocr.state import Engine, Received, Tick

from .byzantine import Byzantine, Fault
from .chains import COMMIT, Chains
from .checks import Checks, Violation, require
from .keys import Key, hash_in_use, toy_hashing, toy_keys, toy_recover
from .node import Crash, Disk, Node

TIMING = Timing(
    round=1.5,
    pace=0.8,
    grace=0.05,
    progress=4.0,
    doublings=3,
    tenure=40.0,
    resend=2.0,
    stage=2.0,
    in_flight=10.0,
)
FAULTY_TIME = 30.0
CALM_TIME = 120.0  # 2f+1 leaders may have to be waited out, and reports in flight


@dataclass(frozen=True)
class Committee:
    n: int = 4
    keys: Callable[[int], list[Key]] = toy_keys
    recover: Recover = toy_recover
    kinds: tuple[Fault, ...] = tuple(Fault)  # what faulty members may do
    crash_rates: tuple[float, ...] = (0.0, 0.05, 0.2)  # how likely a write kills its node, drawn per node
    delays: tuple[float, float] = (0.002, 0.05)  # seconds from saying to being heard, in the calm too
    timing: Timing = TIMING


@dataclass
class Told:
    """What a history was made of."""

    faults: int = 0
    rounds: set[Slot] = field(default_factory=set)
    delivered: int = 0
    attested: int = 0
    attested_after: int = 0  # by the second committee, where there are two
    messages: int = 0
    reverted: int = 0
    kinds: tuple[Fault, ...] = ()
    calm: float = 0.0  # seconds it took to finish once faults stopped
    log: list[str] = field(default_factory=list)


class History:
    """Build it, `run()` it once."""

    def __init__(self, seed: int, committee: Committee, node: type[Node] = Node) -> None:
        self.committee = committee
        self.rng = rng = random.Random(f"{seed}/{self.committee.n}")
        self.now, self.events, self.order = 0.0, list[tuple[float, int, Callable[[], None]]](), 0
        self.told = Told()
        n = self.committee.n
        keys, f = self.committee.keys(n), (n - 1) // 3
        addresses = tuple(key.address for key in keys)
        self.config = Config(hash_in_use(b"digest"), addresses, f, subject(COMMIT), self.committee.timing)
        self.chains = Chains(rng, rng.randint(40, 120), FAULTY_TIME, rng.choice([0.5, 1.0, 2.0]))
        faulty = rng.sample(range(n), rng.choice([0, f, f, f]))
        honest = frozenset(range(n)) - set(faulty)
        self.checks = Checks(self.config, self.committee.recover, self.chains, honest, 2 * f + 1)
        self.told.kinds = tuple(rng.choice(self.committee.kinds) for _ in faulty)
        members = list(zip(keys, (node if i in honest else Byzantine for i in range(n)), strict=True))
        self.nodes = self._members(self.config, self.checks, members, 0)
        stale = _stale_messages(self.config, keys)
        for index, fault in zip(faulty, self.told.kinds, strict=True):
            bent = self.nodes[index]
            assert isinstance(bent, Byzantine)
            bent.bend(fault, rng, self.at, self.chains, stale)
        self.poisonable = rng.sample(sorted(honest), f)
        self.poisoned = set[int]()
        self.drop, self.duplicate, self.slow = rng.uniform(0, 0.1), rng.uniform(0, 0.1), rng.uniform(0, 0.1)
        self.apart = frozenset[int]()
        self.wakes = [0] * n

    # --- Running ---

    def run(self) -> Told:
        """Raises Violation with the promise that was broken."""
        for node in self.nodes:
            self.at(self.rng.uniform(0, 1), lambda node=node: self._boot(node))
            self._poll(node)
        self.at(self.chains.block_time, self._mine)
        self._plan_faults()
        while self.events and not self._finished():
            self.now, _, action = heapq.heappop(self.events)
            require(
                self.now < FAULTY_TIME + CALM_TIME, f"liveness: {self._progress()} after {self.now:.0f} s"
            )
            action()
        self.told.calm = self.now - FAULTY_TIME
        self.told.attested, self.told.messages = len(self.checks.attested), self.chains.message_count
        self.told.reverted = self.chains.reverted
        self.told.rounds = self.checks.rounds
        return self.told

    def at(self, delay: float, action: Callable[[], None]) -> None:
        self.order += 1
        heapq.heappush(self.events, (self.now + delay, self.order, action))

    def _finished(self) -> bool:
        return self.now > FAULTY_TIME and self.chains.store.expected_next == self.chains.message_count + 1

    def _progress(self) -> str:
        return f"{self.chains.store.expected_next - 1} of {self.chains.message_count} committed"

    @property
    def faulty_time(self) -> bool:
        return self.now < FAULTY_TIME

    # --- Nodes ---

    def _members(
        self, config: Config, checks: Checks, members: list[tuple[Key, type[Node]]], committee: int
    ) -> list[Node]:
        """The nodes of one committee. They hear each other, and nobody else."""
        base = committee * config.n

        def post(sender: int, to: int, raw: bytes) -> None:
            self._post(base + sender, base + to, raw)

        def submit(attested: AttestedReport) -> None:
            self._submit(committee, attested)

        nodes: list[Node] = []
        for index, (key, kind) in enumerate(members):
            engine = Engine(config, CommitPlugin(COMMIT), index, self.committee.recover)
            disk = Disk(self.rng, self.rng.choice(self.committee.crash_rates))
            nodes.append(kind(engine, key, disk, checks, post, submit, base + index))
        return nodes

    def _boot(self, node: Node) -> None:
        if not self.faulty_time:
            node.disk.crash_rate = 0.0
        self._alive(node, lambda: node.boot(self.now))
        for other in self.nodes:
            if isinstance(other, Byzantine) and other.engine.config is node.engine.config:
                other.greet(node.me)

    def _alive(self, node: Node, action: Callable[[], None]) -> None:
        """Let a node do something; it may die of it. Then see when it wants to be woken."""
        try:
            action()
        except Crash:
            self._crash(node)
        self.wakes[node.seat] += 1
        mark, due = self.wakes[node.seat], node.wake_at()
        if due != float("inf"):
            self.at(max(due - self.now, 0.001), lambda: self._wake(node, mark))

    def _wake(self, node: Node, mark: int) -> None:
        if mark == self.wakes[node.seat] and node.state is not None:
            self._alive(node, lambda: node.feed(Tick(self.now), self.now))

    def _crash(self, node: Node) -> None:
        self._count("crash", node.seat)
        node.state = None
        self.at(self.rng.choice([0.05, 0.3, 1.0, 5.0]), lambda: self._boot(node))

    def _poll(self, node: Node) -> None:
        """Read the chains now and then, each node at its own pace and with its own delay."""
        if node.state is not None:
            lag = self.rng.uniform(0, 1.5)
            behind = self.rng.choice([0, 0, 1]) if self.faulty_time else 0
            view = self.chains.view(self.now, lag, behind, node.seat % self.committee.n in self.poisoned)
            self._alive(node, lambda: node.see(view, self.now))
        self.at(self.rng.uniform(0.3, 0.8), lambda: self._poll(node))

    # --- Network ---

    def _post(self, sender: int, to: int, raw: bytes) -> None:
        copies = 1
        if self.faulty_time:
            n = self.committee.n
            if self.rng.random() < self.drop or (sender % n in self.apart) != (to % n in self.apart):
                return
            copies += self.rng.random() < self.duplicate
        for _ in range(copies):
            late = self.faulty_time and self.rng.random() < self.slow
            self.at(
                self.rng.uniform(0.2, 4) if late else self.rng.uniform(*self.committee.delays),
                lambda: self._hand(to, raw),
            )

    def _hand(self, to: int, raw: bytes) -> None:
        node = self.nodes[to]
        self.told.delivered += 1
        if node.state is not None:
            self._alive(node, lambda: node.feed(Received(raw), self.now))

    # --- Chains ---

    def _submit(self, committee: int, attested: AttestedReport) -> None:
        if not (self.faulty_time and self.rng.random() < 0.1):  # some transactions are swallowed
            self.at(self.rng.uniform(0, 0.5), lambda: self.chains.pending.append((committee, attested)))

    def _mine(self) -> None:
        self.chains.mine(self.now)
        self.checks.on_block()
        self.at(self.chains.block_time, self._mine)

    # --- Faults ---

    def _plan_faults(self) -> None:
        kinds = (self._poison, self._part, self._kill, self._reorg)
        for _ in range(self.rng.randint(4, 9)):
            self.at(self.rng.uniform(0, FAULTY_TIME), self.rng.choice(kinds))
        self.at(FAULTY_TIME, self._heal)

    def _poison(self) -> None:
        self._count("poison", *self.poisonable)
        self.poisoned.update(self.poisonable)
        self.at(self.rng.uniform(2, 12), self.poisoned.clear)

    def _part(self) -> None:
        self.apart = frozenset(
            self.rng.sample(range(self.committee.n), self.rng.randint(1, self.committee.n // 2))
        )
        self._count("part", *self.apart)
        self.at(self.rng.uniform(1, 8), lambda: setattr(self, "apart", frozenset()))

    def _kill(self) -> None:
        node = self.rng.choice(self.nodes)
        if node.state is not None:
            self._crash(node)

    def _reorg(self) -> None:
        depth = self.rng.randint(1, 3)
        self._count("reorg", depth)
        self.chains.reorg(depth)

    def _heal(self) -> None:
        self.poisoned.clear()
        self.apart = frozenset()
        for node in self.nodes:
            node.disk.crash_rate = 0.0

    def _count(self, what: str, *where: int) -> None:
        self.told.faults += 1
        self.told.log.append(f"{self.now:6.2f} {what} {','.join(map(str, where))}")


def _stale_messages(config: Config, keys: list[Key]) -> list[bytes]:
    """What the same members really said under an earlier configuration of the same contract."""
    old = Config(hash_in_use(b"an earlier digest"), config.signers, config.f, config.subject, config.timing)
    wishes = [Message(Kind.WISH, Slot(epoch, 0)) for epoch in (5, 500)]
    queries = [Message(Kind.QUERY, Slot(epoch, 200)) for epoch in range(1, 8)]
    return [seal(old, i, message, key.sign) for i, key in enumerate(keys) for message in wishes + queries]


def run(
    seed: int,
    committee: Committee | None = None,
    node: type[Node] = Node,
    kind: type[History] | None = None,
) -> Told:
    """One history, start to end. A violation carries the seed that reproduces it."""
    committee = committee or Committee()
    with toy_hashing() if committee.keys is toy_keys else nullcontext():
        history = (kind or History)(seed, committee, node)
        try:
            return history.run()
        except Violation as broken:
            faults = "; ".join(history.told.log)
            kinds = ", ".join(history.told.kinds) or "none"
            note = f"seed {seed}, n = {committee.n}, at {history.now:.2f} s; faulty: {kinds}; {faults}"
            raise Violation(f"{broken} [{note}]") from None
