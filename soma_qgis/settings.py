"""The plugin's settings. An environment variable goes before what QGIS has stored."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from qgis.core import QgsSettings

GROUP = "soma_qgis"
PYTHON_VARIABLE = "SOMA_PYTHON"
KEEP_WARM_VARIABLE = "SOMA_KEEP_WARM"
KEEP_WARM = 180.0
DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Settings:
    """What a person may set.

    Attributes:
        python: Python that runs the worker; empty: found (see ``engine.environment``).
        keep_warm: seconds for which the worker waits for the next run; 0 ends it after each.
        device: one of ``DEVICES``: the default of the algorithms.
        wheels: folder of wheels to install from without a network; empty: the package index.
        index: address of one more package index, for a build of torch that the default one lacks.
    """

    python: str = ""
    keep_warm: float = KEEP_WARM
    device: str = DEVICES[0]
    wheels: str = ""
    index: str = ""

    @staticmethod
    def load() -> Settings:
        """Return the settings in force."""
        stored = Settings.stored()
        python = os.environ.get(PYTHON_VARIABLE) or stored.python
        keep_warm = os.environ.get(KEEP_WARM_VARIABLE) or stored.keep_warm
        return replace(stored, python=python.strip(), keep_warm=_seconds(keep_warm))

    @staticmethod
    def stored() -> Settings:
        """Return the settings in the QGIS profile, whatever the environment variables say."""
        profile = QgsSettings()

        def text(name: str) -> str:
            return str(profile.value(f"{GROUP}/{name}", "", str)).strip()

        device = text("device")
        return Settings(
            text("python"),
            _seconds(profile.value(f"{GROUP}/keep_warm", "")),
            device if device in DEVICES else DEVICES[0],
            text("wheels"),
            text("index"),
        )

    def save(self) -> None:
        """Store the settings in the QGIS profile."""
        profile = QgsSettings()
        for name, value in vars(self).items():
            profile.setValue(f"{GROUP}/{name}", value)


def _seconds(value: object) -> float:
    try:
        return max(0.0, float(str(value)))
    except ValueError:
        return KEEP_WARM
