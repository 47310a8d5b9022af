"""Letters that, pressed with Alt, lead to the fields of the panel."""

from __future__ import annotations

from string import ascii_lowercase

OF_QGIS = frozenset("ujevlsproedwmch")
"""Letters of QGIS's own menus, and U of the panel's Run."""


def with_key(title: str, taken: set[str]) -> str:
    """Return a title with "&" before a letter that is still free, and take that letter.

    A title in another script gets it in brackets at its end, as is usual there; one for which no
    letter is left stays without.
    """
    letters = title.lower() if title.isascii() else ascii_lowercase
    letter = next((each for each in letters if _free(each, taken)), None)
    if letter is None:
        return title
    taken.add(letter)
    if not title.isascii():
        return f"{title}(&{letter.upper()})"
    place = letters.index(letter)
    return f"{title[:place]}&{title[place:]}"


def _free(letter: str, taken: set[str]) -> bool:
    return letter in ascii_lowercase and letter not in OF_QGIS and letter not in taken
