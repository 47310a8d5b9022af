"""Texts for users, translated where a translation is loaded."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

from soma_qgis.locations import translations_folder

_loaded: list[QTranslator] = []
"""At most one; Qt does not keep it."""


def tr(text: str) -> str:
    """Return a text in the person's language; values are filled in afterwards."""
    return str(QCoreApplication.translate("SOMA", text))


def language() -> str:
    """Return the two letters of the language that QGIS was started in, or is set to."""
    started = QgsApplication.instance().translation()  # differs from the setting with --lang
    return str(started or QgsApplication.locale())[:2]


def load_translation() -> None:
    """Load the translation for QGIS's language, if there is one; before any text is made."""
    unload_translation()
    translator = QTranslator()
    if translator.load(str(translations_folder() / f"soma_{language()}.qm")):
        QCoreApplication.installTranslator(translator)
        _loaded.append(translator)


def unload_translation() -> None:
    """Take the translation back."""
    while _loaded:
        QCoreApplication.removeTranslator(_loaded.pop())
