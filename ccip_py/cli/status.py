"""`ccip status`: chains, lanes and nodes as they are now, or again and again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccip_py.cli import options, run_file, terminal
from ccip_py.cli.lane import state

if TYPE_CHECKING:
    from ccip_py.protocol.lane import Lane
    from ccip_py.sdk.book import KnownChain, KnownLane
    from ccip_py.sdk.client import Ccip
    from ccip_py.sdk.types import LaneStatus

Live = Annotated[bool, typer.Option("--live", help="Again every second, until Ctrl-C.")]
PAUSE_S = 1.0
READ_AGAIN = 64  # blocks that are read once more: they may have been reorganised


def status(
    live: Live = False,
    deployment: options.Deployment = None,
    rpc: options.Rpc = [],  # noqa: B006  (typer copies it)
    as_json: options.Json = False,
) -> None:
    """Show each chain's height and finality, each lane's progress, and whether the nodes run."""
    from ccip_py.cli import connect

    if live and as_json:
        raise typer.BadParameter("--live is for people, --json for programs")
    with connect.client(deployment, rpc) as ccip:
        if not live:
            document = _look(ccip, Failed())
            terminal.result(document, _lines(document), as_json)
            return
        _watch(ccip)


@dataclass(slots=True)
class Failed:
    """The FAILED messages of each lane, reading each time only what is new."""

    read: dict[Lane, int] = field(default_factory=dict)  # up to this block of the destination
    failed: dict[Lane, set[bytes]] = field(default_factory=dict)

    def count(self, ccip: Ccip, known: KnownLane) -> int:
        from ccip_py.sdk.find import failures, outcomes_on

        lane = known.lane
        first = max(known.off_ramp_block, self.read.get(lane, 0) - READ_AGAIN)
        self.read[lane], outcomes = ccip.driver.run(outcomes_on(known, first))
        self.failed[lane] = (self.failed.get(lane, set()) - outcomes.keys()) | failures(outcomes)
        return len(self.failed[lane])


def _watch(ccip: Ccip) -> None:
    """On a terminal the same lines are written over; elsewhere they follow each other."""
    import sys

    over, failed = sys.stdout.isatty(), Failed()
    while True:
        lines = list(_lines(_look(ccip, failed)))
        if over:
            print("\x1b[H\x1b[2J", end="")
        terminal.result(None, lines, False)
        time.sleep(PAUSE_S)


def _look(ccip: Ccip, failed: Failed) -> dict[str, Any]:
    running = run_file.read()
    return {
        "chains": [_chain(ccip, chain) for chain in ccip.book.chains],
        "lanes": [
            _lane(ccip, lane, known, failed)
            for lane, known in zip(ccip.lanes(), ccip.book.lanes, strict=True)
        ],
        "nodes": None if running is None else _nodes(running),
    }


def _nodes(known: run_file.Running) -> dict[str, Any]:
    """Who runs beside the chains. One that ends by itself ends the whole network, so all of them do, or none."""
    return {
        "process": known.pid,
        "running": known.alive,
        "each_a_process": bool(known.plain.get("in_processes")),
        "names": [str(name) for name in known.plain.get("nodes", ())],
    }


def _chain(ccip: Ccip, chain: KnownChain) -> dict[str, Any]:
    from ccip_py.sdk.flow import Call, ask

    tags = (Call("eth_getBlockByNumber", (tag, False)) for tag in ("latest", "finalized"))
    blocks = ccip.driver.run(ask(chain.selector, *tags))
    latest, final = (block if isinstance(block, dict) else None for block in blocks)
    return {
        "name": chain.name,
        "chain_id": chain.chain_id,
        "selector": str(chain.selector),
        "latest": int(latest["number"], 16) if latest else None,
        "finalized": int(final["number"], 16) if final else None,
        "time": int(latest["timestamp"], 16) if latest else None,
    }


def _lane(ccip: Ccip, lane: LaneStatus, known: KnownLane, failed: Failed) -> dict[str, Any]:
    unseen = lane.sent is None or lane.committed is None
    return {
        "source": lane.source,
        "destination": lane.destination,
        "state": state(lane),
        "sent": lane.sent,
        "committed": lane.committed,
        "waiting": None if unseen else (lane.sent or 0) - (lane.committed or 0),
        "failed": None if lane.sent is None else failed.count(ccip, known),
    }


def _lines(document: dict[str, Any]) -> Iterator[str]:
    chains = [
        (x["name"], str(x["chain_id"]), str(x["latest"]), str(x["finalized"]), x["selector"])
        for x in document["chains"]
    ]
    yield from terminal.table(chains, ("chain", "id", "block", "final", "selector"))
    yield ""
    lanes = [
        (f"{x['source']} → {x['destination']}", x["state"], *(_or_dash(x[k]) for k in _COUNTS))
        for x in document["lanes"]
    ]
    yield from terminal.table(lanes, ("lane", "state", *_COUNTS))
    nodes = document["nodes"]
    if nodes is not None:
        yield ""
        where = "each a process, under" if nodes["each_a_process"] else "all in"
        yield f"nodes  {_counted(nodes['names'])}; {where} process {nodes['process']}, " + (
            "running" if nodes["running"] else "GONE"
        )


def _counted(names: list[str]) -> str:
    """4 committers, 4 monitors, 1 executor: each is called by its kind and a number."""
    kinds = Counter(name.rstrip("0123456789").rstrip(" -") for name in names)
    return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items())


_COUNTS = ("sent", "committed", "waiting", "failed")


def _or_dash(value: int | None) -> str:
    return "-" if value is None else str(value)
