"""Options of the command line, made from the definitions of the settings."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from model_core.errors import BadInputError
from model_core.paths import checked_path
from model_core.settings import SETTINGS, Setting

SHORTER = {"creation_options": "--co", "output_pixel_size": "--pixel-size"}
"""Second names of options."""

MOST_THREADS = 1024
"""More than any machine has cores for: so many cannot be meant, and starting them can fail."""


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


def path(text: str) -> Path:
    """Return the path that an option names; for ``type`` of ``add_argument``.

    An empty text, as of a variable that is not set, would be the current folder.
    """
    try:
        return Path(checked_path("It", text))
    except BadInputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def add_threads(parser: argparse.ArgumentParser, default: int | None = None) -> None:
    """Add ``--threads``; without a default as many as torch takes, one a core."""
    said = "one a core" if default is None else default
    parser.add_argument(
        "--threads", type=int, default=default, metavar="N", help=f"on the CPU (default: {said})"
    )


def add_device(parser: argparse.ArgumentParser, default: str = "auto") -> None:
    """Add ``--device`` to a command that does not take all settings of a registration."""
    choices = SETTINGS["device"].choices
    parser.add_argument("--device", choices=choices, default=default, help=f"default: {default}")


def check_threads(threads: int | None) -> None:
    """Check what was given for ``--threads``.

    Raises:
        BadInputError: it is no number of threads.
    """
    if threads is not None and not 1 <= threads <= MOST_THREADS:
        raise BadInputError(f"--threads is {threads}; give 1 to {MOST_THREADS}, or leave it out.")


def limit_threads(threads: int | None) -> None:
    """Let torch use so many threads; None: as many as it takes by itself.

    Raises:
        BadInputError: it is no number of threads.
    """
    import torch

    check_threads(threads)
    if threads is not None:
        torch.set_num_threads(threads)


def given_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that were given on the command line; they are not checked yet."""
    return {name: value for name, value in vars(options).items() if name in SETTINGS}


def _help(setting: Setting) -> str:
    default = ""
    if setting.default not in (None, (), []) and setting.type != "flag":
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
        "flag": {"action": argparse.BooleanOptionalAction},
        "text": {"metavar": "TEXT"},
        "path": {"metavar": "FILE"},
        "options": {"action": "append", "metavar": "NAME=VALUE"},
    }
    return forms[setting.type]
