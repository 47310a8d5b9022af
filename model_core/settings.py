"""The settings of a registration, each defined once, and what may be given for them.

``resources/definitions.json`` holds name, type, unit, default, limits and help of each. Command
line, request, Processing parameters and panel are made from it, and the Python interface's
signatures are compared with it: adding a setting touches that file, ``api/functions.py`` and the
code that acts on it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from model_core.errors import BadInputError, given
from model_core.locations import DEFINITIONS
from model_core.paths import checked_path

SettingType = Literal[
    "band", "bands", "choice", "number", "flag", "extent", "text", "path", "options"
]

LONGEST_TEXT = 4096
"""Characters of a text."""

OPTIONS_SEPARATOR = "|"
"""Between options that come as one text, as QGIS and its GDAL tools write them."""

NAME_AND_VALUE = re.compile(r"[A-Za-z][A-Za-z0-9_]*\s*=\s*\S")


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        name: in requests and in Python; the command line's is ``--max-shift`` for ``max_shift``,
            Processing's ``MAX_SHIFT``.
        type: "band" (from 1), "bands" (as many as ``count`` allows), "choice" (one of ``choices``),
            "number", "flag" (true or false), "extent" (xmin, ymin, xmax, ymax), "text", "path" (of
            a file that exists, of what ``accepts`` says), "options" (NAME=VALUE texts).
        title: what it is called in a form.
        help: one or two sentences.
        default: None where not giving it has a meaning of its own, which ``unset`` says.
        unit: of a number, as shown to users.
        minimum: of a number or band, allowed itself; None: there is none.
        maximum: of a number or band, allowed itself; None: there is none.
        choices: of a choice.
        count: how many bands.
        of: the image ("sar" or "optical") of a band.
        accepts: what a path may lead to: "raster", "polygons", "lines", "points", "file" (a text of
            other than geometries). In QGIS layers of these may be given.
        filter: of a dialog that asks for a path.
        advanced: rarely needed; forms fold it away.
    """

    name: str
    type: SettingType
    title: str
    help: str
    default: Any = None
    unit: str = ""
    unset: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    count: tuple[int, ...] = ()
    of: str = ""
    accepts: tuple[str, ...] = ()
    filter: str = ""
    advanced: bool = False

    def checked(self, value: Any) -> Any:
        """Return a value in the setting's own type: numbers as float, lists as tuple.

        NumPy's scalars and arrays are taken as the numbers and lists that they hold.

        Raises:
            BadInputError: it is of another type, or outside the limits.
        """
        value = _plain(value)
        if value is None and self.default is None:
            return None
        check = {
            "choice": self._choice,
            "number": self._number,
            "flag": self._flag,
            "band": self._band,
            "bands": self._bands,
            "extent": self._extent,
            "text": self._text,
            "path": self._path,
            "options": self._options,
        }[self.type]
        return check(value)

    def _error(self, value: Any, wanted: str) -> BadInputError:
        return BadInputError(
            f"{self.name} is {given(value)}, which is not {wanted}; give one that is."
        )

    def _choice(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise self._error(value, f"one of {', '.join(self.choices)}")
        return value

    def _number(self, value: Any) -> float:
        low, high = self.minimum, self.maximum
        if low is None:
            wanted = "a number"
        else:
            wanted = (
                f"a number of at least {low:g}"
                if high is None
                else f"a number from {low:g} to {high:g}"
            )
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._error(value, wanted)
        number = float(value) if abs(value) < 1e300 else math.inf
        above = low is not None and number < low
        if not math.isfinite(number) or above or (high is not None and number > high):
            raise self._error(value, wanted)
        return number

    def _flag(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self._error(value, "true or false")
        return value

    def _band(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self._error(value, "the number of a band, from 1")
        return value

    def _bands(self, value: Any) -> tuple[int, ...]:
        counts = " or ".join(str(count) for count in self.count)
        if not isinstance(value, (list, tuple)) or len(value) not in self.count:
            raise self._error(value, f"{counts} numbers of bands")
        return tuple(self._band(one) for one in value)

    def _extent(self, value: Any) -> tuple[float, ...]:
        wanted = "four finite numbers xmin, ymin, xmax, ymax, each minimum below its maximum"
        if not isinstance(value, (list, tuple)) or len(value) != 4:
            raise self._error(value, wanted)
        try:
            xmin, ymin, xmax, ymax = (self._number(one) for one in value)
        except BadInputError:
            raise self._error(value, wanted) from None
        if not (xmin < xmax and ymin < ymax):
            raise self._error(value, wanted)
        return xmin, ymin, xmax, ymax

    def _text(self, value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
            raise self._error(value, f"a text of 1 to {LONGEST_TEXT} characters")
        return checked_path(self.name, value)

    def _path(self, value: Any) -> str:
        return checked_path(self.name, value)

    def _options(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
            raise self._error(value, "a list of texts NAME=VALUE")
        options = [one.strip() for text in value for one in text.split(OPTIONS_SEPARATOR)]
        for option in filter(None, options):
            if not NAME_AND_VALUE.match(option) or not option.isprintable():
                raise BadInputError(
                    f"The creation option {given(option)} is not of the form NAME=VALUE; "
                    "write it so."
                )
        return tuple(filter(None, options))


def _plain(value: Any) -> Any:
    """Return Python's own number or list in place of NumPy's, also within a list."""
    if isinstance(value, (list, tuple, range)):
        return [one.tolist() if hasattr(one, "tolist") else one for one in value]
    return value.tolist() if hasattr(value, "tolist") else value


@lru_cache(maxsize=1)
def definitions() -> dict[str, list[dict[str, Any]]]:
    """Return the definitions as they stand in the file: "settings" and "products"."""
    return dict(json.loads(DEFINITIONS.read_text(encoding="utf-8")))


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


SETTINGS: dict[str, Setting] = {
    entry["name"]: Setting(**_tuples(entry)) for entry in definitions()["settings"]
}
"""All settings by name, in the order of forms and help texts."""


def check_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return all settings, those that are not given by their defaults, in their own types.

    Raises:
        BadInputError: a setting is unknown, or its value cannot be used.
    """
    unknown = sorted(map(given, set(values) - set(SETTINGS)))
    if unknown:
        raise BadInputError(
            f"There is no setting {unknown[0]}; the settings are: {', '.join(SETTINGS)}."
        )
    return {
        name: setting.checked(values.get(name, setting.default))
        for name, setting in SETTINGS.items()
    }
