"""Where the gas of one transaction went, from a call trace. No chain in here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ZERO_BYTE, OTHER_BYTE, TRANSACTION = 4, 16, 21_000

Call = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """All calls of one function by the same callers: what they used, and what of it without what they called."""

    path: tuple[str, ...]  # callers, then the function itself
    count: int
    total: int
    own: int


def intrinsic(calldata: bytes) -> int:
    """What a transaction costs before its first instruction."""
    zeros = calldata.count(0)
    return TRANSACTION + ZERO_BYTE * zeros + OTHER_BYTE * (len(calldata) - zeros)


def frames(trace: Call, names: Mapping[str, str], selectors: Mapping[str, str]) -> tuple[Frame, ...]:
    """A callTracer's answer, folded by contract and function in order of appearance. The outermost call is without
    the intrinsic part, which is a frame of its own."""
    base = intrinsic(bytes.fromhex(trace["input"][2:]))
    folded: dict[tuple[str, ...], Frame] = {}
    for path, total, own in _walk(trace, (), names, selectors):
        known = folded.get(path, Frame(path, 0, 0, 0))
        folded[path] = Frame(path, known.count + 1, known.total + total, known.own + own)
    outer, *inner = folded.values()
    return (
        Frame(("transaction and its calldata",), 1, base, base),
        Frame(outer.path, 1, outer.total - base, outer.own - base),
        *inner,
    )


def text(found: tuple[Frame, ...]) -> str:
    """For people: indented like the calls."""
    return "\n".join(map(_line, found))


def _line(frame: Frame) -> str:
    times = f" × {frame.count}" if frame.count > 1 else ""
    label = f"{'  ' * len(frame.path)}{frame.path[-1]}{times}"
    return f"{label:<60}{frame.total:>11,}   own {frame.own:>9,}"


def _walk(
    call: Call, callers: tuple[str, ...], names: Mapping[str, str], selectors: Mapping[str, str]
) -> Iterator[tuple[tuple[str, ...], int, int]]:
    calls = call.get("calls", [])
    total = int(call["gasUsed"], 16)
    path = (*callers, _name(call, names, selectors))
    yield path, total, total - sum(int(inner["gasUsed"], 16) for inner in calls)
    for inner in calls:
        yield from _walk(inner, path, names, selectors)


def _name(call: Call, names: Mapping[str, str], selectors: Mapping[str, str]) -> str:
    to = str(call.get("to", ""))
    selector = call["input"][2:10]
    return f"{names.get(to.lower(), to)}.{selectors.get(selector, selector or 'receive')}"
