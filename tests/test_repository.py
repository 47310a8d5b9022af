"""What the documents name exists, the settings of tools can be read, and versions agree."""

from __future__ import annotations

import ast
import configparser
import re
from functools import cache
from pathlib import Path

import pytest

from model_core.version import __version__
from tests.core.test_floors import FLOORS, RESEARCH

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

DOCUMENTS = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "benchmarks" / "README.md",
        *DOCS.glob("*.md"),
        *(ROOT / ".github").rglob("*.md"),
    ]
)

TOP = ("model_core", "soma_qgis", "tests", "scripts", "resources", "docs", "benchmarks", ".github")
"""Folders of the repository; a path in a document begins with one of them."""

COMPLETE = (ROOT / ".github").is_dir()
"""Whether hidden files are here: ``make test-matrix`` leaves them behind."""

hidden_files = pytest.mark.skipif(not COMPLETE, reason="this copy has no hidden files")

YAML = sorted(
    [
        *ROOT.glob(".pre-commit-config.yaml"),
        ROOT / "CITATION.cff",
        ROOT / "mkdocs.yml",
        *(ROOT / ".github").rglob("*.yml"),
    ]
)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code_spans(document: Path) -> list[str]:
    """Return what stands between single backticks, blocks of code left out."""
    without_blocks = re.sub(r"^```.*?^```", "", text(document), flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`\n]+)`", without_blocks)


def named_paths(document: Path) -> set[str]:
    """Return the paths of the repository that a document names."""
    spans = {span.rstrip("/") for span in code_spans(document)}
    return {s for s in spans if s.split("/")[0] in TOP and re.fullmatch(r"[\w./-]+", s)}


def make_targets(path: Path) -> set[str]:
    """Return the targets that a text calls as ``make target``."""
    return set(re.findall(r"(?:`|^)(?:sudo )?make ([a-z-]+)", text(path), re.MULTILINE))


def by_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def identifiers() -> set[str]:
    """Return all names and keywords in the code, and the dotted names of its modules."""
    found: set[str] = set()
    for folder in ("model_core", "soma_qgis"):
        for file in (ROOT / folder).rglob("*.py"):
            module = file.relative_to(ROOT).with_suffix("")
            found |= {".".join(module.parts), *module.parts}
            for node in ast.walk(ast.parse(text(file))):
                for field in ("id", "name", "attr", "arg"):
                    value = getattr(node, field, None)
                    if isinstance(value, str):
                        found.add(value)
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_paths_in_documents_exist(document: Path) -> None:
    missing = [path for path in named_paths(document) if not (ROOT / path).exists()]
    assert [path for path in missing if COMPLETE or not path.startswith(".")] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_links_in_documents_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text(document)):
        if "://" not in link and not link.startswith("#"):
            assert (document.parent / link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_make_targets_in_documents_exist(document: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    assert make_targets(document) <= known


def test_paths_are_seen() -> None:
    """The tests above say nothing if they find nothing."""
    assert "model_core/products" in named_paths(DOCS / "architecture.md")
    assert "pyproject.toml" not in named_paths(ROOT / "CONTRIBUTING.md")
    assert "site-checks" in make_targets(DOCS / "releasing.md")


@pytest.mark.parametrize("name", ["architecture.md", "floors.svg"])
def test_every_part_of_the_core_is_in_the_picture_of_the_floors(name: str) -> None:
    content = text(DOCS / name)
    missing = [
        part for part in set().union(*FLOORS, RESEARCH) if not re.search(rf"\b{part}\b", content)
    ]
    assert missing == []


def glossary_rows() -> list[list[str]]:
    """Return the cells of all rows: the word, its meaning, the name in the code."""
    lines = [line for line in text(DOCS / "glossary.md").splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if row[0] != "word" and not set(row[0]) <= {"-"}]


def test_names_in_the_glossary_are_in_the_code() -> None:
    names = {name for row in glossary_rows() for name in re.findall(r"`([^`]+)`", row[2])}
    assert len(names) > 50
    assert names - identifiers() == set()


def test_a_word_has_one_entry_and_a_meaning() -> None:
    rows = glossary_rows()
    words = [row[0].lower() for row in rows]
    assert sorted(set(words)) == sorted(words)
    assert all(len(row) == 3 and row[1] for row in rows)


@pytest.mark.parametrize("path", YAML, ids=by_name)
def test_yaml_can_be_read(path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    assert isinstance(yaml.safe_load(text(path)), dict)


@hidden_files
def test_hooks_run_the_pinned_linters() -> None:
    yaml = pytest.importorskip("yaml")
    settings = yaml.safe_load(text(ROOT / ".pre-commit-config.yaml"))
    hooks = [hook for repository in settings["repos"] for hook in repository["hooks"]]
    programs = [hook["entry"].removeprefix(".venv/bin/python -m ").split()[0] for hook in hooks]
    assert programs == ["ruff", "ruff", "mypy"]
    pinned = text(ROOT / "requirements" / "dev.txt")
    assert all(f"\n{program}==" in pinned for program in programs)


@hidden_files
def test_workflows_call_what_exists() -> None:
    yaml = pytest.importorskip("yaml")
    known = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    called: set[str] = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for job in yaml.safe_load(text(path))["jobs"].values():
            assert job["timeout-minutes"] <= 90, path.name
            for step in job["steps"]:
                called |= set(re.findall(r"\bmake ([a-z-]+)", step.get("run", "")))
    assert {"lint", "test-matrix", "docs", "site-checks"} <= called & known


def test_every_page_is_in_the_documentation_site() -> None:
    yaml = pytest.importorskip("yaml")
    pages = set(re.findall(r"[\w/-]+\.md", str(yaml.safe_load(text(ROOT / "mkdocs.yml"))["nav"])))
    there = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    assert there <= pages


def test_versions_agree() -> None:
    metadata = configparser.ConfigParser()
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    cited = re.search(r"^version: (\S+)$", text(ROOT / "CITATION.cff"), re.MULTILINE)
    assert metadata["general"]["version"] == __version__
    assert cited is not None
    assert cited[1] == __version__
    assert f"## [{__version__}]" in text(ROOT / "CHANGELOG.md")


def test_modules_left_out_of_the_type_check_exist() -> None:
    listed = re.findall(
        r'^    "((?:tests|benchmarks)\.[\w.]+)",$', text(ROOT / "pyproject.toml"), re.M
    )
    missing = [name for name in listed if not (ROOT / (name.replace(".", "/") + ".py")).exists()]
    assert missing == []
