"""Parsing JSON from strangers without handing them the process.

CPython before 3.12 guards its C parser with the recursion limit alone, and py_ecc, which web3 and eth_account import,
raises that limit to 100,000: fifty kilobytes of "[" then overflow the C stack and kill the process. So the limit
is put back for as long as the parsing takes.
"""

import json
import sys
from typing import Any

DEPTH = 1_000
"""Frames the interpreter may use while parsing. JSON-RPC answers nest about ten deep."""


def parse_json(text: bytes | str) -> Any:
    """The parsed value. ValueError if it is no JSON, or nests deeper than is safe."""
    before = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(min(before, DEPTH))
        return json.loads(text)
    except RecursionError as deep:
        raise ValueError("JSON nested too deep") from deep
    finally:
        sys.setrecursionlimit(before)
