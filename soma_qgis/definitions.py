"""The settings and products of a registration, each defined once in ``resources/definitions.json``.

Parameters of Processing, the panel's form, the request to the worker and the names of files are all
made from these, so that a setting or a product that is added to that file appears in all of them.
The core reads the same file (``model_core/settings.py``), and is never imported into QGIS.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from soma_qgis.i18n import tr
from soma_qgis.locations import definitions_path
from soma_qgis.settings import Settings

_PARAMETERS = {"creation_options": "CREATE_OPTIONS"}
"""Ids in Processing that are not the name in upper case: ids never change."""

MANY_DECIMALS = 9
"""Of a number without limits, which may be in metres as in degrees."""

SMALL_RANGE = 10.0
"""A number that cannot change by more than this is shown with two decimals."""

TEXTS = ("title", "help", "unit", "unset", "filter")
"""Entries that users read: they are translated."""


@dataclass(frozen=True)
class Setting:
    """One setting; see ``model_core.settings.Setting``.

    Attributes:
        name: in the request.
        type: "band", "bands", "choice", "number", "flag", "extent", "text", "path" or
            "options" (texts NAME=VALUE).
        title: what it is called in a form, translated.
        help: one or two sentences, translated.
        unit: of a number.
        default: None where not giving it has a meaning of its own, which ``unset`` says.
        minimum: of a number or band, allowed itself; None: there is none.
        maximum: of a number or band, allowed itself; None: there is none.
        choices: of a choice.
        count: how many bands.
        of: the image ("sar" or "optical") of a band.
        accepts: what a path may lead to: "raster", "polygons", "lines", "points", which may be
            layers, or "file".
        filter: of a dialog that asks for a path.
        advanced: rarely needed; forms fold it away.
    """

    name: str
    type: str
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

    @property
    def parameter(self) -> str:
        """The id in Processing."""
        return _PARAMETERS.get(self.name, self.name.upper())

    @property
    def decimals(self) -> int:
        """How many decimals of a number a form shows."""
        if self.minimum is None or self.maximum is None:
            return MANY_DECIMALS
        return 2 if self.maximum - self.minimum <= SMALL_RANGE else 1


@dataclass(frozen=True)
class Product:
    """One file that a registration can write.

    Attributes:
        name: in the request.
        parameter: the id in Processing.
        type: "raster", "vector" (both become layers) or "file".
        file: its name in a folder of results.
        filter: of a file dialog.
        required: it is always made.
        by_default: it is made unless a person says otherwise.
    """

    name: str
    parameter: str
    type: str
    title: str
    help: str
    file: str
    filter: str = ""
    required: bool = False
    by_default: bool = True

    @property
    def is_layer(self) -> bool:
        """Whether it can be shown in the map."""
        return self.type in ("raster", "vector")


def settings() -> tuple[Setting, ...]:
    """Return all settings, in the order of forms, with texts in the person's language."""
    found = tuple(_made(Setting, entry) for entry in _read(definitions_path())["settings"])
    # What a person has set for all runs goes before what the definition says.
    own = {"device": Settings.load().device}
    return tuple(
        dataclasses.replace(setting, default=own.get(setting.name, setting.default))
        for setting in found
    )


def setting_named(name: str) -> Setting:
    """Return one setting by its name."""
    return next(setting for setting in settings() if setting.name == name)


def products() -> tuple[Product, ...]:
    """Return all products, in the order of forms, with texts in the person's language."""
    return tuple(_made(Product, entry) for entry in _read(definitions_path())["products"])


_Definition = TypeVar("_Definition", Setting, Product)


def _made(cls: type[_Definition], entry: Mapping[str, Any]) -> _Definition:
    known = {field.name for field in dataclasses.fields(cls)}
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in entry.items()
        if key in known
    }
    return cls(**{**values, **{key: tr(values[key]) for key in TEXTS if values.get(key)}})


@cache
def _read(path: Path) -> dict[str, list[dict[str, Any]]]:
    return dict(json.loads(path.read_text(encoding="utf-8")))
