"""What a private chain's RPC endpoint wants to be told with every request, by reference: never the secret itself.

    {"authorization": "env:CHAIN_A_TOKEN"}       the whole value of the header, from the environment
    {"authorization": "file:secrets/a.header"}   or from a file that only its owner may read

Configurations and `deployment.json` hold references, so both can be shown to anybody. Values are read when a connection
is made, and are never in an error, a log or a representation.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccip_py.chains.sections import Section
from ccip_py.errors import ConfigError

Headers = Mapping[str, str]
"""References by the header's name."""

WANTED = 'a table of header = "env:VARIABLE" or "file:PATH", never the value itself'
_NAME = re.compile(r"[A-Za-z0-9-]+")


def headers(value: Any) -> Headers:
    """References as a file holds them; ValueError for anything else, above all for a value that stands there itself."""
    if not isinstance(value, dict):
        raise ValueError
    for name, reference in value.items():
        kind, _, place = reference.partition(":") if isinstance(reference, str) else ("", "", "")
        if not _NAME.fullmatch(str(name)) or kind not in ("env", "file") or not place:
            raise ValueError
    if len({name.lower() for name in value}) != len(value):
        raise ValueError
    return dict(value)


def optional_headers(section: Section) -> Headers:
    """What stands under `rpc_headers` in a section, if anything does."""
    section.used.add("rpc_headers")
    if "rpc_headers" not in section.values:
        return {}
    found: Headers = section.secret("rpc_headers", headers, WANTED, {})
    return found


def read_headers(references: Headers) -> dict[str, str]:
    """The headers themselves; ConfigError names the reference that leads nowhere."""
    return {name: _value(name, reference) for name, reference in references.items()}


def _value(name: str, reference: str) -> str:
    kind, _, place = reference.partition(":")
    if kind == "file":
        from ccip_py.chains.evm.keys import read_private

        found = read_private(Path(place).expanduser(), "header file").strip()
    else:
        found = os.environ.get(place, "").strip()
    if not found or "\n" in found:
        raise ConfigError(
            f"the RPC header {name} has no value: {reference} is "
            + ("empty" if not found else "several lines"),
            hint=f"put the whole value of the header there, as in: {name}: Bearer …",
        )
    return found
