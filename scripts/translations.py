"""Brings ``resources/i18n`` up to date with the texts of the plugin, and compiles it.

Texts are the constants given to ``tr()``, and what users read of the settings and products in
``resources/definitions.json``. ``soma.ts`` is the template; every ``soma_LANGUAGE.ts``
keeps its translations, gains the new texts as unfinished and loses those that are gone.
``lrelease`` (Debian: ``qttools5-dev-tools``) writes the ``.qm`` files that QGIS loads.
"""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "i18n"
DEFINITIONS = ROOT / "resources" / "definitions.json"
CONTEXT = "SOMA"
TEMPLATE = "soma.ts"


READ_BY_USERS = ("title", "help", "unit", "unset", "filter")
"""Entries of the definitions that ``soma_qgis/definitions.py`` translates."""


def texts() -> Iterator[tuple[str, str]]:
    """Yield (text, file) of every text, each text once."""
    seen = set()
    for text, file in (*_of_code(), *_of_definitions()):
        if text not in seen:
            seen.add(text)
            yield text, file.relative_to(ROOT).as_posix()


def _of_code() -> Iterator[tuple[str, Path]]:
    """Yield the constants given to ``tr()``, in the order of files and lines."""
    for file in sorted((ROOT / "soma_qgis").rglob("*.py")):
        calls = [
            node
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            given = call.args[0] if call.args else None
            if name == "tr" and isinstance(given, ast.Constant):
                yield str(given.value), file


def _of_definitions() -> Iterator[tuple[str, Path]]:
    """Yield the texts of settings and products."""
    for entries in json.loads(DEFINITIONS.read_text(encoding="utf-8")).values():
        for entry in entries:
            yield from ((entry[key], DEFINITIONS) for key in READ_BY_USERS if entry.get(key))


def translations(file: Path) -> dict[str, str]:
    """Return the finished translations of a file by their texts."""
    if not file.exists():
        return {}
    return {
        message.findtext("source", ""): message.findtext("translation", "")
        for message in ET.parse(file).iter("message")
        if message.findtext("translation")
    }


def write(file: Path, language: str, known: dict[str, str]) -> int:
    """Write a file with all texts and what is known of them; return how many are unfinished."""
    root = ET.Element("TS", version="2.1", sourcelanguage="en")
    if language:
        root.set("language", language)
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = CONTEXT
    unfinished = 0
    for text, source in texts():
        message = ET.SubElement(context, "message")
        ET.SubElement(message, "location", filename=source)
        ET.SubElement(message, "source").text = text
        translation = ET.SubElement(message, "translation")
        if text in known:
            translation.text = known[text]
        else:
            translation.set("type", "unfinished")
            unfinished += 1
    ET.indent(root, " ")
    content = ET.tostring(root, encoding="unicode")
    declaration = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'
    file.write_text(f"{declaration}{content}\n", encoding="utf-8")
    return unfinished


def main() -> int:
    """Update all files and compile them; say what is unfinished."""
    FOLDER.mkdir(exist_ok=True)
    write(FOLDER / TEMPLATE, "", {})
    lrelease = shutil.which("lrelease")
    for file in sorted(FOLDER.glob("soma_*.ts")):
        language = file.stem.partition("_")[2]
        unfinished = write(file, language, translations(file))
        sys.stdout.write(f"{file.name}: {unfinished} texts unfinished\n")
        if lrelease is not None:
            target = file.with_suffix(".qm")
            subprocess.run([lrelease, "-silent", str(file), "-qm", str(target)], check=True)
    if lrelease is None:
        sys.stderr.write("lrelease was not found (Debian: qttools5-dev-tools): no .qm written.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
