"""Writes the tables of settings and products into the user guide, from their definitions.

What stands in ``docs/guide/settings.md`` between a comment ``<!-- settings -->`` or
``<!-- products -->`` and the next ``<!-- end -->`` is replaced.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "guide" / "settings.md"
DEFINITIONS = ROOT / "resources" / "definitions.json"

END = "<!-- end -->"

PARAMETERS = {"creation_options": "CREATE_OPTIONS"}
"""As in ``soma_qgis/definitions.py``."""


def settings_table(entries: list[dict[str, Any]]) -> str:
    """Return one row a setting."""
    rows = [
        (
            entry["title"] + (" (advanced)" if entry.get("advanced") else ""),
            f"`{PARAMETERS.get(entry['name'], entry['name'].upper())}`",
            _default(entry),
            entry["help"],
        )
        for entry in entries
    ]
    return _table(("setting", "in the toolbox", "default", "meaning"), rows)


def products_table(entries: list[dict[str, Any]]) -> str:
    """Return one row a product."""
    rows = [
        (
            entry["title"],
            f"`{entry['parameter']}`",
            f"`{entry['file']}`",
            "yes" if entry.get("required") or entry.get("by_default", True) else "no",
            entry["help"],
        )
        for entry in entries
    ]
    head = ("product", "in the toolbox", "end of its file's name", "made by default", "meaning")
    return _table(head, rows)


def updated(page: str, definitions: dict[str, list[dict[str, Any]]]) -> str:
    """Return the text of the page with both tables brought up to date."""
    tables = {
        "settings": settings_table(definitions["settings"]),
        "products": products_table(definitions["products"]),
    }
    for name, table in tables.items():
        mark = f"<!-- {name} -->"
        before, _, after = page.partition(mark)
        page = f"{before}{mark}\n{table}\n{END}{after.partition(END)[2]}"
    return page


def main() -> int:
    """Update the page."""
    definitions = json.loads(DEFINITIONS.read_text(encoding="utf-8"))
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8"), definitions), encoding="utf-8")
    return 0


def _default(entry: dict[str, Any]) -> str:
    default = entry.get("default")
    if default is None:
        return str(entry["unset"])
    if isinstance(default, list):
        return " ".join(map(str, default)) or "none"
    unit = f" {entry['unit']}" if entry.get("unit") else ""
    return f"{default:g}{unit}" if isinstance(default, float) else str(default)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
