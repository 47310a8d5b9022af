"""Texts for people, translated where a translation is loaded."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication


def tr(text: str) -> str:
    """Return a text in the person's language; values are filled in afterwards."""
    return str(QCoreApplication.translate("SOMA", text))
