"""`python -m ccip_py.devnet.demo [--json]`: run the demonstration; exit 0 if everything held."""

from __future__ import annotations

import argparse
import sys
import traceback

from ccip_py.devnet.demo.report import Report
from ccip_py.devnet.demo.story import tell
from ccip_py.devnet.hosting import NodeDied
from ccip_py.errors import CcipError


def main() -> int:
    """Parse, run, and turn an expected failure into one clear line."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="The whole CCIP network on two local chains, live."
    )
    parser.add_argument("--json", action="store_true", help="print what happened as one JSON document")
    arguments = parser.parse_args()
    report = Report(as_json=arguments.json)
    try:
        tell(report)
    except CcipError as error:
        print(f"error[{error.code}]: {error}", file=sys.stderr)
        if error.hint:
            print(f"help: {error.hint}", file=sys.stderr)
        if isinstance(error, NodeDied):
            traceback.print_exception(error.__cause__)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
