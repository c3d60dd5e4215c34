"""Amounts of tokens as people write them, exact both ways: no float, no rounding, no guess."""

from __future__ import annotations

import re

from ccip_py.errors import BadInput


def decimal_amount(text: str, decimals: int) -> int:
    """Whole tokens as people write them, exact in smallest units: no sign, exponent, comma, or digit too many."""
    match = re.fullmatch(r"([0-9]{1,78})(?:\.([0-9]{1,78}))?", text)
    if match is None:
        raise BadInput(f"not an amount: {text!r}", code="BAD_AMOUNT", hint="digits with a decimal point: 1.5")
    whole, fraction = match[1], (match[2] or "").rstrip("0")
    if len(fraction) > decimals:
        hint = f"this token has {decimals} decimals; nothing is rounded for you"
        raise BadInput(f"too many decimals: {text!r}", code="BAD_AMOUNT", hint=hint)
    amount = int(whole + fraction.ljust(decimals, "0"))
    if amount >= 2**256:
        raise BadInput(f"too large an amount: {text!r}", code="BAD_AMOUNT", hint="a uint256 does not hold it")
    return amount


def whole_tokens(amount: int, decimals: int) -> str:
    """Smallest units as whole tokens, exactly."""
    if decimals == 0:
        return str(amount)
    digits = str(amount).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}".rstrip("0").rstrip(".")
