"""The guide's tables of settings and products are those of the definitions."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "guide_settings.py"


def test_the_guide_has_every_setting_and_product_as_it_is_defined() -> None:
    """Where this fails, run ``python scripts/guide_settings.py``."""
    script = runpy.run_path(str(SCRIPT))
    definitions = json.loads(script["DEFINITIONS"].read_text(encoding="utf-8"))
    page = script["PAGE"].read_text(encoding="utf-8")
    assert script["updated"](page, definitions) == page
    for entry in definitions["settings"] + definitions["products"]:
        assert entry["help"] in page
