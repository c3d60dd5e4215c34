"""Durations in words."""

from __future__ import annotations


def duration(seconds: int) -> str:
    """1m40s, 2h, 3d4h: the two largest units that are not zero."""
    if seconds < 1:
        return "0s"
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2])
