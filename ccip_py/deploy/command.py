"""The command behind `scripts/deploy`. The result goes to a file, progress and errors to stderr, plans to stdout."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio

from ccip_py.chains.deployment import load_deployment
from ccip_py.deploy.network import deploy_to_file, not_as_wanted, plan_for, verify_network
from ccip_py.deploy.plan import describe
from ccip_py.deploy.toml import load_config
from ccip_py.errors import CcipError


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 1: it failed; 2: the command was typed wrong."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except CcipError as problem:
        print(f"error[{problem.code}]: {problem}", file=sys.stderr)
        if problem.hint:
            print(f"help: {problem.hint}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    config = load_config(options.config)
    if options.plan:
        todo = anyio.run(plan_for, config, options.out)
        print("\n".join(describe(todo.steps)) or "nothing to do")
        return 0
    if options.verify:
        wrong = anyio.run(verify_network, config, load_deployment(options.out))
        print(not_as_wanted(wrong) if wrong else "everything is as the configuration says")
        return 1 if wrong else 0
    deploy_to_file(config, options.out, lambda line: print(line, file=sys.stderr, flush=True))
    print(options.out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/deploy", description="Deploy a network, or go on where it stopped."
    )
    parser.add_argument("config", type=Path, help="the network as TOML; examples/network.toml explains it")
    parser.add_argument("--out", type=Path, default=Path("deployment.json"), help="where to write the result")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--plan", action="store_true", help="show the steps that are left, and do nothing")
    only.add_argument(
        "--verify", action="store_true", help="read the network back and compare, and do nothing"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
