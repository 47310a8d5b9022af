"""Functions that take settings: signature and docstring are completed from the definitions."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import TypeVar

from model_core.settings import SETTINGS, Setting

Function = TypeVar("Function", bound=Callable[..., object])

INDENT = 8
WIDTH = 100


def with_settings(*names: str) -> Callable[[Function], Function]:
    """Return a decorator that shows the settings of a function that takes ``**settings``.

    ``help()`` and editors then show each as a keyword with its default, and its paragraph after
    those of the other arguments; the text is that of ``resources/definitions.json``.

    Args:
        names: of the settings; none given: all of them.
    """
    taken = [SETTINGS[name] for name in names or SETTINGS]

    def complete(function: Function) -> Function:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        keywords = [
            inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default)
            for one in taken
        ]
        shown = signature.replace(parameters=[*own, *keywords])
        function.__signature__ = shown  # type: ignore[attr-defined]
        if function.__doc__ is not None:  # Python can be told to leave docstrings out
            arguments, returns, rest = function.__doc__.partition("\n\n    Returns:")
            paragraphs = [_paragraph(one) for one in taken]
            function.__doc__ = "\n\n".join([arguments, *paragraphs]) + returns + rest
        return function

    return complete


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
