"""Whether another monitor looks at a chain through the very same endpoints: then two monitors are one witness.

Endpoints may be secret, so monitors don't tell them. Each shows a print of every endpoint, hashed with its own key's
address. Whoever asks the same endpoint can hash it with that address and sees that it is the same; nobody else learns
anything, nor can anybody copy another one's prints in order to be taken for its double.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ccip_py.risk.config import place_of
from ccip_py.risk.http import Http, HttpError, parse_json
from ccip_py.risk.keccak import keccak
from ccip_py.risk.rpc import Target

_ANSWER_LIMIT = 4 * 1024 * 1024

Windows: TypeAlias = Mapping[int, Sequence[Target]]  # by the chain's selector


def prints(windows: Windows, bless_key: bytes) -> dict[str, list[str]]:
    """What is shown of them, by the chain's selector."""
    return {
        str(selector): sorted(_print(target, bless_key) for target in targets)
        for selector, targets in windows.items()
    }


def _print(target: Target, bless_key: bytes) -> str:
    return keccak(bless_key + json.dumps(place_of(target.url)).encode()).hex()


def shared(windows: Windows, shown: Any) -> list[int]:
    """The chains on which another monitor, whose status this is, has exactly these endpoints. Nonsense shares nothing."""
    try:
        theirs = {int(selector): set(known) for selector, known in shown["windows"].items()}
        own = prints(windows, bytes.fromhex(shown["blessKey"].removeprefix("0x")))
    except (KeyError, TypeError, ValueError, AttributeError):
        return []
    return [selector for selector in windows if theirs.get(selector) == set(own[str(selector)])]


async def doubles(http: Http, peers: Sequence[str], windows: Windows) -> list[tuple[str, int]]:
    """(peer, chain) wherever a peer that answers has the same endpoints."""
    found = []
    for peer in peers:
        try:
            shown = parse_json(await http.get(f"{peer}/status", _ANSWER_LIMIT))
        except (HttpError, ValueError):
            continue
        found += [(peer, selector) for selector in shared(windows, shown)]
    return found
