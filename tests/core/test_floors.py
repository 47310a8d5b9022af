"""The core's packages stand on floors: lower never imports higher, and nothing runs in a circle."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.core.imports import ROOT, Import, imports, imports_of

CORE = ROOT / "model_core"

FLOORS = (
    {
        "errors",
        "feedback",
        "locations",
        "memory",
        "paths",
        "settings",
        "device",
        "version",
        "versions",
    },
    {"geometry"},
    {"raster"},
    {"network"},
    {"registration"},
    {"products"},
    {"workflows"},
    {"api", "commands", "worker"},
)
"""Modules and packages of the core, from the ground up; docs/architecture.md says what each is."""

RESEARCH = {"training", "evaluation", "simulation"}
"""Beside the commands: it may use all that is below them, and is no part of the plugin."""

RESEARCH_COMMANDS = {
    f"model_core/commands/{name}.py" for name in ("train", "evaluate", "refine_labels", "simulate")
}
"""The only files outside that may import research."""

ROOF = {"model_core", "__main__", "__init__"}
"""The public interface and the program: they may import everything, nothing imports them."""

LEVELS = {name: level for level, names in enumerate(FLOORS) for name in names}
TOP = len(FLOORS)


def files() -> list[Path]:
    return sorted(CORE.rglob("*.py"))


def part_of(file: Path) -> str:
    """Return the module or package right below ``model_core`` that a file belongs to."""
    return file.relative_to(CORE).parts[0].removesuffix(".py")


def imported_part(name: str) -> str | None:
    """Return the part of the core that an import needs; None where it is none of the core's."""
    parts = name.split(".")
    if parts[0] != "model_core":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in LEVELS.keys() | RESEARCH else "model_core"


def why_not(path: str, part: str, wanted: str) -> str | None:
    """Return why a file of a part must not import another part; None where it may."""
    if part in ROOF or part == wanted:
        return None
    if wanted in RESEARCH:
        allowed = part in RESEARCH or path in RESEARCH_COMMANDS
        return None if allowed else f"{wanted} is research"
    if wanted in ROOF:
        return "model_core itself is the roof: import the module that defines it"
    level = TOP - 1 if part in RESEARCH else LEVELS[part]
    too_high = LEVELS[wanted] > level or (part in RESEARCH and LEVELS[wanted] == level)
    return f"{wanted} is above {part}" if too_high else None


def violations(path: str, part: str, found: Iterable[Import]) -> list[str]:
    """Return "file:line: name: why" for each import that goes up."""
    lines = []
    for one in found:
        wanted = imported_part(one.name)
        reason = why_not(path, part, wanted) if wanted else None
        if reason:
            lines.append(f"{path}:{one.line}: {one.name}: {reason}")
    return lines


def test_lower_never_imports_higher() -> None:
    found = [
        line
        for file in files()
        for line in violations(str(file.relative_to(ROOT)), part_of(file), imports_of(file))
    ]
    assert not found, "\n" + "\n".join(found)


def test_every_part_of_the_core_has_its_floor() -> None:
    there = {part_of(file) for file in files()}
    assert there - ROOF == LEVELS.keys() | RESEARCH


@pytest.mark.parametrize(
    ("path", "source", "allowed"),
    [
        ("model_core/raster/view.py", "from model_core.geometry.grid import Grid", True),
        ("model_core/raster/view.py", "from model_core.network import soma", False),
        ("model_core/raster/view.py", "def f():\n    import model_core.worker.jobs", False),
        ("model_core/raster/view.py", "from ..products.report import write_report", False),
        ("model_core/raster/view.py", "from model_core import __version__", False),
        ("model_core/device.py", "from model_core import errors", True),
        ("model_core/workflows/apply.py", "import_module('model_core.training.data')", False),
        ("model_core/commands/train.py", "from model_core.training import trainer", True),
        ("model_core/commands/match.py", "from model_core.training import trainer", False),
        ("model_core/training/data.py", "from model_core.evaluation import pairs", True),
        ("model_core/training/data.py", "from model_core.workflows import register", True),
        ("model_core/training/data.py", "from model_core.commands import feedback", False),
        ("model_core/__main__.py", "import_module(f'model_core.commands.{name}')", True),
    ],
)
def test_violations_are_seen(path: str, source: str, allowed: bool) -> None:
    package = ".".join(Path(path).parent.parts)
    found = violations(path, part_of(ROOT / path), imports(source, package))
    assert (not found) == allowed, found
    assert all(line.startswith(f"{path}:") for line in found)


def modules() -> dict[str, Path]:
    """Return the files of the core by the dotted names of their modules."""
    names = {}
    for file in files():
        parts = file.relative_to(ROOT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return names


def circles(needs: dict[str, set[str]]) -> dict[str, list[str]]:
    """Return what is left when all that needs nothing, or that nothing needs, is taken away."""
    left = {name: wanted & needs.keys() for name, wanted in needs.items()}
    while True:
        needed = {name for wanted in left.values() for name in wanted}
        free = {name for name, wanted in left.items() if not wanted or name not in needed}
        if not free:
            return {name: sorted(wanted) for name, wanted in left.items()}
        left = {name: wanted - free for name, wanted in left.items() if name not in free}


def test_no_modules_import_each_other_in_a_circle() -> None:
    known = modules()
    needs = {
        module: {
            name
            for one in imports_of(file)
            for name in (one.name, one.name.rpartition(".")[0])
            if name in known and name != module
        }
        for module, file in known.items()
        if part_of(file) not in ROOF
    }
    assert circles(needs) == {}


def test_circles_are_seen() -> None:
    needs = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"a"}}
    assert circles(needs) == {"b": ["c"], "c": ["b"]}
