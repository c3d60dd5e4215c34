"""Judgement of a chain's settings (AN10): thresholds, quorums, owners, keys, code. Pure.

A setting is compared with what it was when this monitor first saw it final, or with what its operator
says to expect (`[chains.expected]`). The RMN pointer has no such leeway, see `judge_pointer`.
"""

from collections.abc import Sequence

from ccip_py.risk.judge import Alert, Bless, Curse, Evidence, Verdict

# Settings whose value is a number that must not fall: fewer signatures would be enough than before.
THRESHOLDS = ("bless threshold", "curse threshold", "quorum")


def judge_setting(
    chain: int, neighbours: Sequence[int], name: str, before: str, now: str, expected: str | None
) -> Verdict:
    """Alert about a change that nobody announced; curse the chain if a threshold fell."""
    if now in (before, expected):
        return Bless(0)
    evidence = Evidence(
        "AN10",
        chain,
        tuple(neighbours),
        f"{name} changed from {before} to {now}",
        {"chain": str(chain), "setting": name, "before": before, "now": now},
    )
    fell = name.startswith(THRESHOLDS) and int(now) < int(before)
    return Curse(evidence) if fell else Alert(evidence)
