"""Whether a Python runs the core, and the report that a person sends with a question."""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qgis.core import Qgis
from qgis.PyQt.QtCore import QT_VERSION_STR

from soma_qgis.engine.child import ask, last_words
from soma_qgis.engine.environment import OLDEST, status, why_unfit
from soma_qgis.i18n import tr
from soma_qgis.locations import metadata_path
from soma_qgis.settings import Settings


@dataclass(frozen=True)
class Check:
    """What came of trying a Python.

    Attributes:
        ok: it runs the core.
        sentence: versions and device, or why not.
        facts: what ``model_core info`` said; empty where it said nothing.
    """

    ok: bool
    sentence: str
    facts: dict[str, Any] = field(default_factory=dict)


def check(python: str, cancelled: Callable[[], bool]) -> Check:
    """Try a Python: imports, versions, and a computation on the device.

    Raises:
        EngineCancelledError: ``cancelled`` returned True.
    """
    if not Path(python).is_file():
        return Check(False, tr("There is no program {}; choose another one.").format(python))
    unfit = why_unfit(python, cancelled, again=True)
    if unfit:
        text = tr("This Python cannot run SOMA ({}); install what is missing, or choose another.")
        return Check(False, text.format(unfit))
    done = ask([python, "-m", "model_core", "info", "--json"], cancelled)
    try:
        facts = dict(json.loads(done.stdout))
    except ValueError:
        text = tr("The core does not start in this Python ({}).")
        return Check(False, text.format(last_words(done)))
    versions = {name: str(version) for name, version in facts["versions"].items()}
    for name, oldest in OLDEST.items():
        if tuple(map(int, re.findall(r"\d+", versions[name])[:3])) < oldest:
            wanted = ".".join(map(str, oldest))
            text = tr("{} is {}, and SOMA needs {} or later; update it, or choose another Python.")
            return Check(False, text.format(name, versions[name], wanted), facts)
    sentence = tr("It works: Python {python}, torch {torch}, timm {timm}, rasterio {rasterio};")
    device = tr("runs on {} ({}).").format(facts["device"], facts["device_reason"])
    return Check(True, f"{sentence.format(**versions)} {device}", facts)


def report(found: Check | None, log: str = "") -> str:
    """Return what a person who helps must know, without names and passwords: in English."""
    metadata = metadata_path().read_text(encoding="utf-8")
    version = re.search(r"^version=(.*)$", metadata, re.MULTILINE)
    now = status()
    lines = [
        f"SOMA {version.group(1) if version else '?'}, QGIS {Qgis.QGIS_VERSION}, "
        f"Qt {QT_VERSION_STR}, Python {platform.python_version()} in QGIS",
        f"{platform.platform()}, {platform.machine()}",
        f"Python of the worker: {now.python} ({now.sentence})",
        f"Settings: {Settings.load()}",
    ]
    if found is not None:
        lines += [f"Check: {found.sentence}", json.dumps(found.facts.get("versions", {}))]
    return redacted("\n".join([*lines, *(["", log] if log else [])]))


def redacted(text: str) -> str:
    """Return a text with the home folder as ``~`` and without users and passwords in addresses."""
    home = str(Path.home())
    flags = re.IGNORECASE if sys.platform == "win32" else re.RegexFlag(0)
    for form in {home, home.replace("\\", "/"), home.replace("\\", "\\\\")}:
        if len(form) > 1:  # the root of the disk is nobody's home
            text = re.sub(re.escape(form) + r"(?![\w.-])", "~", text, flags=flags)
    return re.sub(r"//[^/\s@]+@", "//***@", text)
