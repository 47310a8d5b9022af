"""What belongs into the plugin's folder: one list for the zip and for the development profile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = "soma_qgis"

CHECKS = (".bandit", ".secrets.baseline")
"""What tells the checks of the plugin site which of their findings are excused, and why."""

BESIDE = ("metadata.txt", "LICENSE", "resources", "model_core", *CHECKS)
"""Entries of the repository that stand beside the plugin's own code in its folder."""

RESEARCH = (
    *(f"model_core/{name}" for name in ("training", "evaluation", "simulation")),
    *(
        f"model_core/commands/{name}.py"
        for name in ("train", "refine_labels", "evaluate", "simulate")
    ),
)
"""Parts of the core that no registration needs: they make networks and judge them."""

LEFT_OUT = ("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache")


class PluginIncompleteError(Exception):
    """Something that belongs into the plugin is not in the repository."""


def entries() -> dict[str, Path]:
    """Return the entries of the plugin's folder by name, as files and folders of the repository.

    Raises:
        PluginIncompleteError: one is not there.
    """
    folder = ROOT / PLUGIN
    code = {path.name: path for path in sorted(folder.glob("*")) if _wanted(path)}
    found = code | {name: ROOT / name for name in BESIDE}
    missing = [name for name, path in found.items() if not path.exists()]
    if "__init__.py" not in code:
        missing.insert(0, f"{PLUGIN}/__init__.py")
    if missing:
        raise PluginIncompleteError(f"The plugin is incomplete: {', '.join(missing)} not found.")
    return found


def files() -> Iterator[tuple[str, Path]]:
    """Yield every file of the plugin as (path within the plugins folder, file), sorted."""
    for name, path in sorted(entries().items()):
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in inside:
            relative = Path(name, *file.relative_to(path).parts)
            research = any(relative.is_relative_to(part) for part in RESEARCH)
            wanted = not research and all(_wanted(Path(part)) for part in relative.parts)
            if file.is_file() and wanted:
                yield Path(PLUGIN, relative).as_posix(), file


def _wanted(path: Path) -> bool:
    hidden = path.name.startswith(".") and path.name not in CHECKS
    return not hidden and path.name not in LEFT_OUT and path.suffix != ".pyc"
