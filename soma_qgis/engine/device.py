"""The device that runs will use, as it was last found out, kept in the QGIS profile."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import QgsSettings

from soma_qgis.engine.diagnostics import Check
from soma_qgis.settings import GROUP

_KEY = f"{GROUP}/device_found"


@dataclass(frozen=True)
class FoundDevice:
    """What the core takes where it may choose.

    Attributes:
        name: "cpu" or "cuda".
        reason: of the core, a clause.
    """

    name: str
    reason: str


def remember_device(python: str, device: FoundDevice) -> None:
    """Keep what was found out with a Python, in place of what was known before."""
    QgsSettings().setValue(_KEY, [python, device.name, device.reason])


def known_device(python: str) -> FoundDevice | None:
    """Return what was last found out with a Python, or None where nothing was."""
    kept = QgsSettings().value(_KEY) or []
    if len(kept) != 3 or kept[0] != python:
        return None
    return FoundDevice(str(kept[1]), str(kept[2]))


def remembered(python: str, found: Check) -> Check:
    """Return what came of a check, and keep the device that it has found."""
    if found.ok:
        device = FoundDevice(found.facts["device"], found.facts["device_reason"])
        remember_device(python, device)
    return found
