"""Numbers as texts, in the report and along the axes of its plots."""

from __future__ import annotations

import math


def nice_number(value: float) -> float:
    """Return the largest of 1, 2, 5 × a power of ten that is not above ``value`` (> 0)."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (5, 2, 1) if power * step <= value * (1 + 1e-9))


def number(value: float) -> str:
    """Return a number with about three significant digits and no exponent."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
