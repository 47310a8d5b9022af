"""The plugin's settings. An environment variable goes before what QGIS has stored."""

from __future__ import annotations

import os
from dataclasses import dataclass

from qgis.core import QgsSettings

GROUP = "soma_qgis"
PYTHON_VARIABLE = "SOMA_PYTHON"
KEEP_WARM_VARIABLE = "SOMA_KEEP_WARM"
KEEP_WARM = 180.0


@dataclass(frozen=True)
class Settings:
    """What a person may set.

    Attributes:
        python: Python that runs the worker; empty: found (see ``engine.environment``).
        keep_warm: seconds for which the worker waits for the next run; 0 ends it after each.
    """

    python: str = ""
    keep_warm: float = KEEP_WARM

    @staticmethod
    def load() -> Settings:
        """Return the settings in force."""
        stored = QgsSettings()
        python = os.environ.get(PYTHON_VARIABLE) or stored.value(f"{GROUP}/python", "", str)
        keep_warm = os.environ.get(KEEP_WARM_VARIABLE) or stored.value(f"{GROUP}/keep_warm", "")
        return Settings(str(python).strip(), _seconds(keep_warm))

    def save(self) -> None:
        """Store the settings in the QGIS profile."""
        stored = QgsSettings()
        stored.setValue(f"{GROUP}/python", self.python)
        stored.setValue(f"{GROUP}/keep_warm", self.keep_warm)


def _seconds(value: object) -> float:
    try:
        return max(0.0, float(str(value)))
    except ValueError:
        return KEEP_WARM
