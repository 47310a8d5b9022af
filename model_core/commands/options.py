"""Options of the command line, made from the definitions of the settings."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from model_core.settings import SETTINGS, Setting

SHORTER = {"creation_options": "--co", "output_pixel_size": "--pixel-size"}
"""Second names of options."""


def add_settings(parser: argparse.ArgumentParser, names: Iterable[str] | None = None) -> None:
    """Add an option for each setting: ``--max-shift`` for ``max_shift``.

    Args:
        parser: of a command.
        names: of the settings, in the order of the help; None: all.
    """
    for name in SETTINGS if names is None else names:
        setting = SETTINGS[name]
        flags = [f"--{name.replace('_', '-')}", *([SHORTER[name]] if name in SHORTER else [])]
        parser.add_argument(
            *flags, dest=name, default=argparse.SUPPRESS, help=_help(setting), **_form(setting)
        )


def given_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that were given on the command line; they are not checked yet."""
    return {name: value for name, value in vars(options).items() if name in SETTINGS}


def _help(setting: Setting) -> str:
    default = ""
    if setting.default not in (None, (), []):
        number = isinstance(setting.default, float)
        default = f" (default: {setting.default:g})" if number else f" (default: {setting.default})"
    return f"{setting.title}. {setting.help}{default}".replace("%", "%%")


def _form(setting: Setting) -> dict[str, Any]:
    """Return what ``add_argument`` needs to read a setting of this type."""
    unit = setting.unit.upper() if setting.unit.isalpha() else "NUMBER"
    forms: dict[str, dict[str, Any]] = {
        "band": {"type": int, "metavar": "BAND"},
        "bands": {"type": int, "nargs": "+", "metavar": "BAND"},
        "choice": {"choices": setting.choices},
        "number": {"type": float, "metavar": unit},
        "extent": {"type": float, "nargs": 4, "metavar": ("XMIN", "YMIN", "XMAX", "YMAX")},
        "text": {"metavar": "TEXT"},
        "options": {"action": "append", "metavar": "NAME=VALUE"},
    }
    return forms[setting.type]
