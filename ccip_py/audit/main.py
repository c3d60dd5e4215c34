"""`python -m ccip_py.audit deployment.json`: audit a network as a stranger would.

Exit 0 if every invariant holds, 1 if one does not, 2 if the chains could not be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ccip_py.audit.deployment import BadDeployment
from ccip_py.audit.reading import ChainMoved
from ccip_py.audit.rpc import EndpointError
from ccip_py.audit.verdict import CHECKS, Verdict, audit
from ccip_py.audit.words import Unreadable

SHOWN = 10  # findings of one invariant


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, judge, print."""
    options = _parser().parse_args(arguments)
    try:
        urls = dict(_named(pair) for pair in options.rpc)
        verdict = audit(options.deployment, urls)
    except (BadDeployment, EndpointError, Unreadable, ChainMoved) as error:
        print(f"error: {error}", file=sys.stderr)
        print(
            "help: nothing was decided; give a deployment.json and endpoints that answer (--rpc name=url)",
            file=sys.stderr,
        )
        return 2
    print(json.dumps(as_data(verdict), indent=2) if options.json else as_text(verdict))
    return 0 if verdict.holds else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ccip audit", description="Read all chains from the start and decide the safety invariants."
    )
    parser.add_argument("deployment", help="the network's deployment.json")
    parser.add_argument(
        "--rpc", action="append", default=[], metavar="NAME=URL", help="ask this endpoint about that chain"
    )
    parser.add_argument("--json", action="store_true", help="print the verdict as one JSON document")
    return parser


def _named(pair: str) -> tuple[str, str]:
    name, equals, url = pair.partition("=")
    if not equals:
        raise BadDeployment(f"--rpc wants NAME=URL, got {pair!r}")
    return name, url


def as_data(verdict: Verdict) -> dict[str, Any]:
    """The verdict as JSON values."""
    return {
        "holds": verdict.holds,
        "invariants": {
            name: {"promise": promise, "holds": all(v.invariant != name for v in verdict.violations)}
            for name, (promise, _) in CHECKS.items()
        },
        "findings": [asdict(finding) for finding in verdict.findings],
        "lanes": [{**asdict(tally), "waiting": tally.waiting} for tally in verdict.tallies],
        "heads": verdict.heads,
        "events": verdict.events,
    }


def as_text(verdict: Verdict) -> str:
    """The verdict for a person."""
    heads = ", ".join(f"{name} up to block {head}" for name, head in verdict.heads.items())
    lines = [f"read {verdict.events} events: {heads}"]
    for tally in verdict.tallies:
        lines.append(
            f"  {tally.lane}: {tally.sent} sent, {tally.delivered} delivered, {tally.failed} failed, "
            f"{tally.waiting} waiting"
        )
    for name, (promise, _) in CHECKS.items():
        against = [v for v in verdict.violations if v.invariant == name]
        lines.append(f"{'holds ' if not against else 'BROKEN'}  {name:<4} {promise}")
        findings = [finding for finding in verdict.findings if finding.invariant == name]
        for finding in findings[:SHOWN]:
            lines.append(f"          {'' if finding.broken else 'note: '}{finding.chain}: {finding.what}")
            lines += [f"            transaction {transaction}" for transaction in finding.transactions]
        if len(findings) > SHOWN:
            lines.append(f"          and {len(findings) - SHOWN} more; --json tells all")
    return "\n".join(lines)
