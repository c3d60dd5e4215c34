"""scripts/bench liveness [--only V3] [--json]: each promise beside what was measured. Ends with 1 if one was not kept.

Two Anvils with a block a second and finality four blocks below latest, four committers, four monitors, two executors, all
nodes in one process, the monitors signing at depth 0. V8 has a third chain. A situation that breaks is reported as
broken, and the next one begins when all that was sent has arrived. All of it takes half an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from ccip_py.devnet.network import Network, Options, start_network
from ccip_py.errors import CcipError

from . import promises
from .hostile import v16_hostile_receivers
from .promises import Measured, Situation
from .restarts import v9_kills
from .traffic import Traffic

DRAIN_S = 180.0

TWO_CHAINS: dict[str, Situation] = {
    "V1": promises.v1_no_faults,
    "V2": promises.v2_bad_committers,
    "V3": promises.v3_no_quorum,
    "V4": promises.v4_one_monitor,
    "V5": promises.v5_no_blessings,
    "V6": promises.v6_one_executor,
    "V7": promises.v7_one_endpoint,
    "V9": v9_kills,
    "V10": promises.v10_reorgs,
    "V13": promises.v13_base_fee,
    "V16": v16_hostile_receivers,
}
THREE_CHAINS: dict[str, Situation] = {"V8": promises.v8_one_chain_gone}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say whether every promise was kept."""
    parser = argparse.ArgumentParser(prog="scripts/bench liveness", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=[*TWO_CHAINS, *THREE_CHAINS], help="may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    chosen = parser.parse_args(arguments)
    results: list[Measured] = []
    for chains, situations in ((2, TWO_CHAINS), (3, THREE_CHAINS)):
        wanted = {row: each for row, each in situations.items() if not chosen.only or row in chosen.only}
        if wanted:
            results += measure(chains, wanted)
    if chosen.json:
        print(json.dumps([asdict(each) for each in results], indent=2))
    else:
        show(results)
    return 0 if all(each.held for each in results) else 1


def measure(chains: int, situations: dict[str, Situation]) -> list[Measured]:
    """Every situation, one after the other, on one network."""
    options = Options(
        block_times=(1,) * chains, epochs=(2,) * chains, executors=2, permissionless_window=3600
    )
    results: list[Measured] = []
    with start_network(options, progress=say) as network:
        traffic = Traffic(network)
        traffic.arrivals(traffic.send(), 120)
        for row, situation in situations.items():
            began = time.monotonic()
            for found in _kept_going(row, situation, network, traffic):
                results.append(found)
                say(line(found))
            say(f"{row} took {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    return results


def _kept_going(row: str, situation: Situation, network: Network, traffic: Traffic) -> Iterator[Measured]:
    """What a situation measures, up to where it breaks; afterwards nothing of it is left under way."""
    try:
        yield from situation(network, traffic)
        traffic.arrivals(range(1, traffic.sent() + 1), DRAIN_S)
    except (CcipError, OSError, TimeoutError) as broken:
        yield Measured.fact(row, f"{type(broken).__name__}: {broken}", False)


def show(results: Sequence[Measured]) -> None:
    """A table."""
    print(f"{'':5}{'situation':62}{'promised':>10}{'measured':>10}")
    for each in results:
        print(line(each))


def line(each: Measured) -> str:
    """One promise, in the columns of the table."""
    bound = "" if each.bound is None else f"{each.bound:.1f} s"
    seconds = "" if each.seconds is None else f"{each.seconds:.1f} s"
    return (
        f"{each.row:5}{each.situation[:60]:62}{bound:>10}{seconds:>10}  {'kept' if each.held else 'BROKEN'}"
    )


def say(text: str) -> None:
    """To the terminal, not into the figures."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
