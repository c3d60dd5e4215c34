"""The false-alarm soak: ordinary traffic, ordinary trouble, and nothing that may be cursed.

    report = soak(SoakOptions(minutes=60), progress=print)
    assert report.passed

All chance comes from one seed. The verdict is read from the chains (no curse, not even a vote) and from
the monitors' journals (no evidence held), not from what this program believes.
"""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from ccip_py.devnet.network import Network, Options, Progress, start_network
from ccip_py.errors import CcipError
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak
from ccip_py.sdk.types import SentMessage
from ccip_py.testing.drills.mischief import Proxies, Scene, Trouble, open_lanes, some_trouble
from ccip_py.testing.drills.stage import succeeded
from ccip_py.testing.faults import FaultProxy

VOTES = tuple(
    "0x" + keccak(event).hex()
    for event in (b"Cursed(bytes16,address)", b"VotedToCurse(bytes16,address,uint64,uint64,bytes32)")
)
CALM_S = 60.0  # how long the last messages may take once all trouble is over
LOOK_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class SoakOptions:
    """How long, how much, and which chance. Times in seconds unless named otherwise."""

    minutes: float = 60.0
    seed: int = 1
    message_every: float = 10.0
    trouble_every: float = 12.0
    trouble_lasts: float = 15.0  # at most
    block_times: tuple[int, int] = (1, 2)
    epochs: tuple[int, int] = (2, 3)


@dataclass(slots=True)
class SoakReport:
    """What happened, and whether anything was cursed for it."""

    seed: int
    seconds: float = 0.0
    sent: int = 0
    refused: int = 0  # by a paused lane, a limit, or a reorg below the sender's feet
    executed: int = 0
    gone: int = 0  # their sending was reorged away
    waiting: list[str] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    curses: list[str] = field(default_factory=list)  # on chain: curses, and votes for any
    evidence: list[str] = field(default_factory=list)  # held by any monitor
    alerts: Counter[str] = field(default_factory=Counter)

    @property
    def passed(self) -> bool:
        """No false alarm, and the traffic did arrive."""
        return not self.curses and not self.evidence and not self.waiting and self.executed > 0

    def text(self) -> str:
        """For people."""
        lines = [
            f"{self.seconds / 60:.1f} minutes, seed {self.seed}: {'no false alarm' if self.passed else 'FAILED'}",
            f"messages: {self.sent} sent, {self.executed} executed, {self.gone} reorged away, {self.refused} refused",
            "trouble: " + ", ".join(f"{name} × {count}" for name, count in sorted(self.troubles.items())),
            f"curses and votes: {self.curses or 'none'}; evidence held: {self.evidence or 'none'}",
            "alerts: " + (", ".join(f"{name} × {n}" for name, n in sorted(self.alerts.items())) or "none"),
        ]
        return "\n".join([*lines, *(f"still waiting: {one}" for one in self.waiting)])

    def json(self) -> str:
        """For programs."""
        # `asdict` would count a Counter's pairs anew.
        counts = {"troubles": dict(self.troubles), "alerts": dict(self.alerts)}
        plain = asdict(replace(self, troubles=Counter(), alerts=Counter()))
        return json.dumps({**plain, **counts, "passed": self.passed}, indent=2)


def soak(options: SoakOptions, progress: Progress = lambda _: None) -> SoakReport:
    """Run it. Ends early if something is cursed."""
    report = SoakReport(options.seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ccip-soak-")))
        box = Options(block_times=options.block_times, epochs=options.epochs, folder=folder)
        network = stack.enter_context(start_network(box, progress=progress, start_nodes=False))
        network.mains.outside_limit = 0
        proxies = stack.enter_context(_proxied(network))
        network.start()
        traffic = _Traffic(network, random.Random(options.seed), report)
        scene = Scene(network, proxies, random.Random(options.seed + 1))
        began = time.monotonic()
        _trouble_and_traffic(options, scene, traffic, report, progress, folder)
        report.seconds = time.monotonic() - began
        network.start()
        traffic.wait_for_the_rest()
        _look(network, folder, report)
    return report


def _trouble_and_traffic(
    options: SoakOptions,
    scene: Scene,
    traffic: _Traffic,
    report: SoakReport,
    progress: Progress,
    folder: Path,
) -> None:
    end = time.monotonic() + options.minutes * 60
    due = {"message": 0.0, "trouble": 0.0, "look": 0.0}
    under_way: list[tuple[float, Trouble]] = []
    while (now := time.monotonic()) < end and not report.curses:
        scene.network.check()
        for until, trouble in [one for one in under_way if one[0] <= now]:
            _try(trouble.end, report)
            under_way.remove((until, trouble))
        if now >= due["message"]:
            traffic.send()
            due["message"] = now + options.message_every
        if now >= due["trouble"]:
            lasts = scene.chance.uniform(2.0, options.trouble_lasts)
            _try(partial(_begin, scene, report, under_way, now + lasts), report)
            due["trouble"] = now + options.trouble_every
        if now >= due["look"]:
            _look(scene.network, folder, report)
            progress(
                f"{(end - now) / 60:.0f} minutes left: {report.sent} sent, {sum(report.troubles.values())} troubles"
            )
            due["look"] = now + LOOK_EVERY_S
        time.sleep(0.2)
    for _, trouble in under_way:
        _try(trouble.end, report)
    _try(partial(open_lanes, scene), report)


def _begin(scene: Scene, report: SoakReport, under_way: list[tuple[float, Trouble]], until: float) -> None:
    trouble = some_trouble(scene)
    report.troubles[trouble.name] += 1
    under_way.append((until, trouble))


def _try(do: Callable[[], object], report: SoakReport) -> None:
    """A reorg may take away a transaction that is being waited for; that is part of the trouble."""
    try:
        do()
    except CcipError as error:
        report.troubles[f"undone: {error.code}"] += 1


class _Traffic:
    """Messages of all kinds, both ways, from one user."""

    KINDS = ("data", "BMT", "LRT")

    def __init__(self, network: Network, chance: random.Random, report: SoakReport) -> None:
        self._network, self._chance, self._report = network, chance, report
        self._inbox: dict[str, Address] = {
            chain.name: network.deploy(chain.name, "Inbox", chain.router)
            for chain in network.deployment.chains
        }
        self._sent: list[tuple[str, SentMessage]] = []

    def send(self) -> None:
        source, destination = self._chance.choice((("a", "b"), ("b", "a")))
        kind = self._chance.choice(self.KINDS)
        user = self._network.user
        receiver = checksum(self._inbox[destination]) if kind == "data" else user.address
        try:
            sent = self._network.ccip.send(
                source,
                destination,
                receiver,
                signer=user,
                data=b"ordinary" if kind == "data" else b"",
                tokens=[] if kind == "data" else [(kind, 10**18)],
                gas_limit=200_000 if kind == "data" else 0,
                out_of_order=True,
            )
        except CcipError:
            self._report.refused += 1
            return
        self._report.sent += 1
        self._sent.append((source, sent))

    def wait_for_the_rest(self) -> None:
        """Until every message is executed or gone, with a limit on the time but not on a look's thoroughness."""
        deadline = time.monotonic() + CALM_S
        waiting = self._unsettled(self._sent)
        while waiting and time.monotonic() < deadline:
            time.sleep(0.5)
            waiting = self._unsettled(waiting)
        self._report.waiting = [f"{one.message_id.to_0x_hex()} from {source}" for source, one in waiting]

    def _unsettled(self, messages: Sequence[tuple[str, SentMessage]]) -> list[tuple[str, SentMessage]]:
        """Those that are neither executed nor gone. The others are counted."""
        network = self._network
        done: set[str] = set()
        for chain in network.deployment.chains:
            arriving = [lane for lane in network.deployment.lanes if lane.destination == chain.selector]
            done |= succeeded(network, chain.name, [lane.off_ramp for lane in arriving])
        waiting = []
        for source, sent in messages:
            if sent.message_id.to_0x_hex() in done:
                self._report.executed += 1
            elif self._is_gone(source, sent):
                self._report.gone += 1
            else:
                waiting.append((source, sent))
        return waiting

    def _is_gone(self, source: str, sent: SentMessage) -> bool:
        """A reorg took its transaction away."""
        hash_ = sent.transaction.hash.to_0x_hex()
        return self._network.anvils[source].rpc("eth_getTransactionReceipt", hash_) is None


@contextmanager
def _proxied(network: Network) -> Iterator[Proxies]:
    """A proxy before the first endpoint of every monitor on every chain."""
    proxies = {
        (index, chain): FaultProxy(anvil.url)
        for index in range(len(network.monitors))
        for chain, anvil in network.anvils.items()
    }
    opened: list[FaultProxy] = []
    try:
        for (index, chain), proxy in proxies.items():
            network.host.call(proxy.__aenter__)
            opened.append(proxy)
            network.route(f"monitor {index}", chain, proxy.url)
        yield proxies
    finally:
        for node in network.nodes:
            if node.running:
                node.stop()
        for proxy in opened:
            network.host.call(proxy.__aexit__, None, None, None)


def _look(network: Network, folder: Path, report: SoakReport) -> None:
    """Read from the chains and from the journals what was held against anybody."""
    report.curses = [
        f"{chain.name}: {log['topics'][0]} in block {int(log['blockNumber'], 16)}"
        for chain in network.deployment.chains
        for log in network.anvils[chain.name].rpc(
            "eth_getLogs",
            {
                "address": checksum(chain.rmn),
                "topics": [list(VOTES)],
                "fromBlock": hex(chain.start_block),
                "toBlock": "latest",
            },
        )
    ]
    report.evidence, report.alerts = [], Counter()
    for journal in sorted(folder.glob("monitor-*/journal.sqlite")):
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
            report.evidence += [
                f"{journal.parent.name}: {row[0]}: {row[1]}"
                for row in db.execute("SELECT anomaly, summary FROM evidence")
            ]
            report.alerts.update(anomaly for (anomaly,) in db.execute("SELECT anomaly FROM alert"))
