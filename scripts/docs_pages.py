"""Puts the pages that stand outside ``docs`` into the documentation site; a hook of mkdocs.

``CONTRIBUTING.md`` and others stand where readers and web sites look for them. Links between them
and the pages in ``docs`` are written as paths of the repository, so that they work there too; here
they become links of the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent

ADDED = {
    "README.md": "overview.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "LICENSE",
    "CITATION.cff": "CITATION.cff",
    "benchmarks/README.md": "benchmarks.md",
}
"""Files of the repository and the paths of their pages in the site."""

LINK = re.compile(r"\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages to the site's files."""
    for source, page in ADDED.items():
        content = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=content))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Turn the links of one page from paths of the repository into paths of the site."""
    here = page.file.src_uri
    from_repository = {target: source for source, target in ADDED.items()}
    return rewritten(markdown, from_repository.get(here, f"docs/{here}"), here)


def rewritten(markdown: str, source: str, page: str) -> str:
    """Return a text whose links lead to pages of the site.

    Args:
        source: the text's path in the repository.
        page: its path in the site.
    """

    def replace(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[1]))
        place = ADDED.get(target, target.removeprefix("docs/"))
        if target not in ADDED and not target.startswith("docs/"):
            return match[0]
        relative = posixpath.relpath(place, posixpath.dirname(page) or ".")
        return f"]({relative}{match[2] or ''})"

    return LINK.sub(replace, markdown)
