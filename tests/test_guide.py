"""The user guide: its links lead somewhere, its pictures are there, its sentences are said."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from model_core.registration.verdict_config import THRESHOLDS

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "guide"
PAGES = sorted(GUIDE.glob("*.md"))
LARGEST_PICTURE = 200_000
SHORTEST = 8
"""Characters of a part of a sentence that is looked for: shorter ones are found anywhere."""


def links(page: Path) -> list[str]:
    """Return what a page links to or shows, apart from other sites."""
    found = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    return [link for link in found if "://" not in link]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_the_index_has_every_page() -> None:
    listed = {link for link in links(GUIDE / "README.md") if link.endswith(".md")}
    assert listed == {page.name for page in PAGES} - {"README.md"}


def test_every_picture_is_shown_and_small() -> None:
    shown = {link for page in PAGES for link in links(page) if link.endswith(".png")}
    pictures = sorted((GUIDE / "images").glob("*"))
    assert shown == {f"images/{picture.name}" for picture in pictures}
    for picture in pictures:
        assert picture.stat().st_size <= LARGEST_PICTURE, picture.name


def test_pictures_are_taken_by_make_screenshots() -> None:
    script = (ROOT / "scripts" / "screenshots.py").read_text(encoding="utf-8")
    assert re.search(
        r"^screenshots:.*\n(\t.*\n)*\t.*scripts/screenshots\.py",
        (ROOT / "Makefile").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    for picture in (GUIDE / "images").glob("*.png"):
        stem = re.sub(r"^squares_.*", "squares_", picture.stem)
        assert f'"{stem}' in script, picture.name


def said() -> str:
    """Return all texts in the code of the plugin and the core, values as "…"."""
    texts = []
    for folder in ("soma_qgis", "model_core"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = [getattr(part, "value", "…") for part in node.values]
                    texts.append("".join(p if isinstance(p, str) else "…" for p in parts))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.append(node.value)
    return "\n".join(texts)


def test_sentences_of_the_troubleshooting_page_are_those_of_the_code() -> None:
    page = (GUIDE / "troubleshooting.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("|")]
    sentences = [row for row in rows if row != "the sentence says" and row.strip("-")]
    assert len(sentences) > 30
    known = said()
    for sentence in sentences:
        parts = [part.strip(" ();,") for part in re.split(r"…|/ | \(", sentence)]
        for part in parts:
            assert len(part) < SHORTEST or part in known, (sentence, part)


def test_the_page_of_the_verdict_has_the_thresholds_of_the_code() -> None:
    page = (GUIDE / "verdict.md").read_text(encoding="utf-8")
    likely, sure = (f"{100 * share:.0f} %" for share in (THRESHOLDS.likely, THRESHOLDS.sure))
    assert f"with a probability of at least {sure}" in page
    assert f"at least {likely}, or more" in page
    assert f"less than {likely}:" in page
    assert f"more than {THRESHOLDS.largest_rmse:g} px of error" in page
