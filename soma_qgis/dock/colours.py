"""Colours of verdicts that can be read on light and on dark themes."""

from __future__ import annotations

Colour = tuple[int, int, int]

HUES: dict[str, Colour] = {
    "registered": (30, 140, 70),
    "doubtful": (200, 130, 0),
    "failed": (200, 45, 45),
    "cancelled": (120, 120, 120),
}
TINT = 0.14
"""Share of the hue in the background of a card."""

READABLE = 4.5
"""Contrast of text that WCAG asks for."""


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour with ``share`` of the second in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second))
    return red, green, blue


def contrast(first: Colour, second: Colour) -> float:
    """Return the contrast of two colours as WCAG defines it, 1 to 21."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def readable(hue: Colour, background: Colour) -> Colour:
    """Return the hue, lightened or darkened until it can be read on a background."""
    goal: Colour = (255, 255, 255) if _luminance(background) < 0.18 else (0, 0, 0)
    for step in range(11):
        colour = mix(hue, goal, step / 10)
        if contrast(colour, background) >= READABLE:
            return colour
    return goal


def style(colour: Colour) -> str:
    """Return a colour as style sheets have it."""
    return "rgb({}, {}, {})".format(*colour)


def _luminance(colour: Colour) -> float:
    parts = []
    for part in colour:
        share = part / 255
        parts.append(share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4)
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
