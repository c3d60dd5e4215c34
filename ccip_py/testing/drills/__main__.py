"""The command behind `scripts/drill`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ccip_py.devnet.network import Options, start_network
from ccip_py.errors import CcipError
from ccip_py.testing.drills.failures import bless_quorum_lost, blessing_cost, committers_down, monitor_down
from ccip_py.testing.drills.figures import Figure, as_json, table
from ccip_py.testing.drills.frauds import bad_root, deep_reorg, lowered_threshold, outside_mint, replaced_lane
from ccip_py.testing.drills.soak import SoakOptions, soak
from ccip_py.testing.drills.stage import Box

Drill = Callable[[Box], Iterator[Figure]]

# In this order: those that change history come last.
DRILLS: Mapping[str, Drill] = {
    "committers-down": committers_down,
    "monitor-down": monitor_down,
    "blessing-cost": blessing_cost,
    "bless-quorum-lost": bless_quorum_lost,
    "bad-root": bad_root,
    "lowered-threshold": lowered_threshold,
    "outside-mint": outside_mint,
    "deep-reorg": deep_reorg,
    "replaced-lane": replaced_lane,
}


@contextmanager
def opened_box() -> Iterator[Box]:
    """A network at a block a second, whose monitors take no mint outside the protocol."""
    with tempfile.TemporaryDirectory(prefix="ccip-drill-") as name:
        folder = Path(name)
        options = Options(block_times=(1, 1), epochs=(1, 1), permissionless_window=3_600, folder=folder)
        with start_network(options, start_nodes=False) as network:
            network.mains.outside_limit = 0
            network.start()
            inbox = {
                chain.name: network.deploy(chain.name, "Inbox", chain.router)
                for chain in network.deployment.chains
            }
            yield Box(network, folder, inbox)


def run_drills(names: Sequence[str], say: Callable[[str], None]) -> list[Figure]:
    """Run the drills one after the other in one network; each leaves it as it found it."""
    figures = []
    with opened_box() as box:
        for name in names:
            try:
                for figure in DRILLS[name](box):
                    figures.append(figure)
                    say(f"{figure.drill}: {figure.promise}: {figure.verdict}")
            except CcipError as error:
                figures.append(Figure(name, "runs to its end", False, detail=str(error)))
                break
    return figures


def main() -> int:
    """Exit 0 if every promise was kept, in its time; 1 if not; 2 for a drill that there is not."""
    options = _parser().parse_args()
    if options.drills == ["soak"]:
        report = soak(SoakOptions(minutes=options.minutes, seed=options.seed), progress=_say)
        text, data, passed = report.text(), report.json(), report.passed
    else:
        unknown = sorted(set(options.drills) - set(DRILLS))
        if unknown:
            print(
                f"no drill is called {', '.join(unknown)}; there are {', '.join(DRILLS)}, and soak",
                file=sys.stderr,
            )
            return 2
        figures = run_drills(options.drills or list(DRILLS), _say)
        text, data, passed = table(figures), as_json(figures), all(one.in_time for one in figures)
    print(text)
    if options.json:
        options.json.write_text(data + "\n")
    return 0 if passed else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/drill", description="Drills of the risk network.")
    parser.add_argument("drills", nargs="*", help=f"{', '.join(DRILLS)} (none: all of them), or soak")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long the soak lasts")
    parser.add_argument("--seed", type=int, default=1, help="the soak's chance")
    parser.add_argument("--json", type=Path, help="also write the results here")
    return parser


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
