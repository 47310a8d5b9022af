"""What a Python file imports, wherever in it, and from which line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Import:
    """One imported name.

    Attributes:
        name: in full: ``a.b.c`` for ``from a.b import c``, whether ``c`` is a module or not.
        line: where it stands, from 1.
    """

    name: str
    line: int


def imports(source: str, package: str = "") -> list[Import]:
    """Return all imports of a source.

    Imports inside functions and under ``TYPE_CHECKING`` count, and so do ``import_module`` and
    ``__import__`` with a text; of an f-string, the part before its first value counts.

    Args:
        source: the text of a Python file.
        package: the dotted name of the package that the file is in; relative imports start there.
    """
    return [
        Import(name, node.lineno)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Call))
        for name in _names(node, package)
    ]


def imports_of(file: Path) -> list[Import]:
    """Return all imports of a file of the repository."""
    package = ".".join(file.relative_to(ROOT).parent.parts)
    return imports(file.read_text(encoding="utf-8"), package)


def _names(node: ast.Import | ast.ImportFrom | ast.Call, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = [*above, *([node.module] if node.module else [])]
        yield from (".".join([*base, alias.name]) for alias in node.names)
    elif node.args and _called(node) in ("import_module", "__import__"):
        first = node.args[0]
        if isinstance(first, ast.JoinedStr):
            first = first.values[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value.rstrip(".")


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""
