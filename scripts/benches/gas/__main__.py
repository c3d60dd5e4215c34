"""`scripts/bench gas`: what each operation costs, beside budgets and beside others."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import axelar, ccip15, ccip16, hyperlane, layerzero, wormhole
from .figures import Measured, Operation, as_json, losses, missed, table, verdicts
from .ours import measure


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. 0 whatever the figures say: a budget is for people to judge."""
    options = _parser().parse_args(arguments)
    ours, traces = measure(options.anvil)
    others = [lane.measure(options.ccip, options.anvil) for lane in (ccip15, ccip16) if options.ccip]
    for peer in (axelar, hyperlane, layerzero, wormhole):
        packages = getattr(options, peer.__name__.rpartition(".")[2])
        if packages:
            others.append(peer.measure(*packages, options.anvil))
    if options.json:
        print(json.dumps(as_json(ours, others), indent=1))
    else:
        print(_report(ours, others, traces, everything=options.trace))
    return 0


def _report(
    ours: Measured, others: Sequence[Measured], traces: Mapping[Operation, str], *, everything: bool
) -> str:
    judged = verdicts(ours, others)
    above = {verdict.operation for verdict in missed(judged)}
    parts = [table(ours, others)]
    parts += [f"{each.name}: {each.note}; refused: {', '.join(each.refusals)}" for each in (ours, *others)]
    lost = losses(judged)
    parts.append(
        "where others cost less:\n" + "\n".join(f"  {line}" for line in lost) if lost else "nobody costs less"
    )
    parts += [
        f"where the gas of '{operation.value}' goes:\n{trace}"
        for operation, trace in traces.items()
        if everything or operation in above
    ]
    return "\n\n".join(parts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench gas", description=__doc__)
    parser.add_argument("--json", action="store_true", help="figures for programs")
    parser.add_argument(
        "--trace", action="store_true", help="a breakdown of every operation, not only of those above budget"
    )
    parser.add_argument("--anvil", type=Path, help="the Anvil to measure on")
    parser.add_argument(
        "--ccip",
        type=Path,
        help="an unpacked @chainlink/contracts-ccip package (1.6.x): abi/ and bytecode/ are read",
    )
    for peer, packages, metavar in (
        ("axelar", "@axelar-network/axelar-gmp-sdk-solidity and axelar-cgp-solidity", ("GMP_SDK", "CGP")),
        ("hyperlane", "@hyperlane-xyz/core", ("CORE",)),
        (
            "layerzero",
            "@layerzerolabs/lz-evm-protocol-v2 and lz-evm-messagelib-v2",
            ("PROTOCOL", "MESSAGELIB"),
        ),
        ("wormhole", "@certusone/wormhole-sdk", ("SDK",)),
    ):
        parser.add_argument(
            f"--{peer}",
            type=Path,
            nargs=len(metavar),
            metavar=metavar,
            help=f"unpacked {packages}: only bytecode is read",
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
