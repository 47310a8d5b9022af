"""Where the plugin's parts lie: beside its code in the zip, beside its folder in the repository."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

PLUGIN = Path(__file__).resolve().parent


def _part(name: str) -> Path:
    inside = PLUGIN / name
    return inside if inside.exists() else PLUGIN.parent / name


def core_folder() -> Path:
    """Return the folder that holds ``model_core``: for the worker's path, never for QGIS's."""
    return _part("model_core").resolve().parent


def icon_path(name: str) -> str:
    """Return the path of an icon."""
    return str(_part("resources") / "icons" / name)


def style_path(name: str) -> str:
    """Return the path of a QML style."""
    return str(_part("resources") / "styles" / name)


def definitions_path() -> Path:
    """Return the file that defines settings and products, which the core reads as well."""
    return _part("resources") / "definitions.json"


def requirements_folder() -> Path:
    """Return the folder of the lists of what the managed environment holds."""
    return _part("resources") / "requirements"


def translations_folder() -> Path:
    """Return the folder of the translations."""
    return _part("resources") / "i18n"


def metadata_path() -> Path:
    """Return the plugin's ``metadata.txt``."""
    return _part("metadata.txt")


def homepage() -> str:
    """Return the address of the plugin's pages."""
    metadata = ConfigParser(interpolation=None)
    metadata.read(metadata_path(), encoding="utf-8")
    return metadata["general"]["homepage"]
