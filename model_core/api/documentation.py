"""Docstrings of functions that take settings, completed from the settings' definitions."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import TypeVar

from model_core.settings import SETTINGS, Setting

Function = TypeVar("Function", bound=Callable[..., object])

INDENT = 8
WIDTH = 100


def with_settings(function: Function) -> Function:
    """Give the docstring of a function a paragraph for each setting that the function takes.

    They come after the other arguments; the text is that of ``resources/definitions.json``.
    """
    parameters = inspect.signature(function).parameters
    paragraphs = [_paragraph(SETTINGS[name]) for name in parameters if name in SETTINGS]
    if "unknown" in parameters:
        paragraphs.append(f"{INDENT * ' '}unknown: there are no other settings.")
    if function.__doc__ is not None:  # Python can be told to leave docstrings out
        arguments, returns, rest = function.__doc__.partition("\n\n    Returns:")
        function.__doc__ = "\n\n".join([arguments, *paragraphs]) + returns + rest
    return function


def _paragraph(setting: Setting) -> str:
    limits = ""
    if setting.type == "choice":
        limits = f" One of {', '.join(map(repr, setting.choices))}."
    elif setting.minimum is not None and setting.maximum is not None:
        limits = f" From {setting.minimum:g} to {setting.maximum:g}."
    # In Python None is how a setting is not set.
    text = setting.help.replace("not set:", "None:")
    return textwrap.fill(
        f"{setting.name}: {text}{limits}",
        WIDTH,
        initial_indent=INDENT * " ",
        subsequent_indent=(INDENT + 4) * " ",
    )
