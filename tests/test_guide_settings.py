"""The guide's tables of settings and products are those of the definitions."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from guide_settings import DEFINITIONS, PAGE, updated  # noqa: E402


def test_the_guide_has_every_setting_and_product_as_it_is_defined() -> None:
    """Where this fails, run ``python scripts/guide_settings.py``."""
    definitions = json.loads(DEFINITIONS.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    assert updated(page, definitions) == page
    for entry in definitions["settings"] + definitions["products"]:
        assert entry["help"] in page
