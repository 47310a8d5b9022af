"""Where the files that come with SOMA are: in the repository, in the plugin's zip, in the wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "resources"

RESOURCES = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "resources"
"""In a wheel inside the package; in the repository and in the plugin's zip beside it."""

WEIGHTS = RESOURCES / "weights"
"""The bundled models and their manifest."""

DEFINITIONS = RESOURCES / "definitions.json"
"""The settings and the products, for the core and the plugin alike."""
