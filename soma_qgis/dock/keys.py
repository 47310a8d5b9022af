"""Letters that, pressed with Alt, lead to the fields of the panel."""

from __future__ import annotations

OF_QGIS = frozenset("ujevlsproedwmch")
"""Letters of QGIS's own menus, and U of the panel's Run."""


def with_key(title: str, taken: set[str]) -> str:
    """Return a title with "&" before a letter that is still free, and take that letter.

    A title in another script gets it in brackets at its end, as is usual there; one for which no
    letter is left stays without.
    """
    free = [letter for letter in title.lower() if _free(letter, taken)]
    if free:
        place = title.lower().index(free[0])
        taken.add(free[0])
        return f"{title[:place]}&{title[place:]}"
    others = [letter for letter in "abcdefghijklmnopqrstuvwxyz" if _free(letter, taken)]
    if title.isascii() or not others:
        return title
    taken.add(others[0])
    return f"{title}(&{others[0].upper()})"


def _free(letter: str, taken: set[str]) -> bool:
    return "a" <= letter <= "z" and letter not in OF_QGIS and letter not in taken
