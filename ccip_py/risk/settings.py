"""Judgement of a chain's settings (AN10): thresholds, quorums, owners, keys, code, ramps, pools. Pure.

A setting is compared with what it was when this monitor first saw it final, or with what its operator
says to expect (`[chains.expected]`). A threshold that was too low already then, lower than a third of faulty
keys allows, is an alert for as long as it stays: nothing fell while anybody watched. The RMN pointer has no
such leeway, see `judge_pointer`.
"""

from collections.abc import Mapping, Sequence

from ccip_py.risk.judge import Alert, Bless, Curse, Evidence, Verdict

# Settings whose value is a number that must not fall: fewer signatures would be enough than before.
THRESHOLDS = ("bless threshold", "curse threshold", "quorum")


def judge_setting(
    chain: int,
    neighbours: Sequence[int],
    name: str,
    before: str,
    now: str,
    expected: str | None,
    changes: int,
) -> Verdict:
    """Alert about a change that nobody announced; curse the chain if a threshold fell. `changes` counts how often the
    setting was seen to change: to fall again is another fact than the fall that an owner has reviewed.

    A change is for people to judge: monitors can't know whether the new owner is the right one. That fewer signatures than
    before are enough is different: it is what an attacker with the owner's key would do first, and an owner with
    good reasons can announce it.
    """
    if now in (before, expected):
        return Bless(0)
    evidence = Evidence(
        "AN10",
        chain,
        tuple(neighbours),
        f"{name} changed from {before} to {now}",
        {"chain": str(chain), "setting": name, "before": before, "now": now, "changes": changes},
    )
    fell = name.startswith(THRESHOLDS) and int(now) < int(before)
    return Curse(evidence) if fell else Alert(evidence)


def judge_strength(chain: int, name: str, value: int, keys: int) -> Verdict:
    """Alert while fewer of `keys` are enough than must be, if a third of them may be at fault: 2f+1, so that
    the honest outnumber the others; f+1 for a curse, where one honest key among them is enough."""
    faults = (keys - 1) // 3
    needed = faults + 1 if name == "curse threshold" else 2 * faults + 1
    if value >= needed:
        return Bless(0)
    facts = {"chain": str(chain), "setting": name, "value": value, "keys": keys, "needed": needed}
    return Alert(Evidence("AN10", chain, (), f"{name} is {value} of {keys}, and {needed} are needed", facts))


def judge_roles(chain: int, own: Mapping[str, bytes], others: Mapping[str, Sequence[bytes]]) -> Verdict:
    """Alert if a key of this monitor (`own`, by what it is for) does something else as well (`others`, by what that is).

    Whoever holds such a key could both commit and bless, or stop a chain and lift the curse; so it doesn't bless.
    """
    held = sorted(
        f"{use} key is also {role}"
        for use, key in own.items()
        for role, keys in others.items()
        if key in keys
    )
    if not held:
        return Bless(0)
    facts = {"chain": str(chain), "held": held}
    return Alert(Evidence("AN10", chain, (), f"this monitor's {'; '.join(held)}: it does not bless", facts))
