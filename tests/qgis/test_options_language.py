"""The plugin in the person's language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QTranslator

import soma_qgis
from soma_qgis import i18n
from soma_qgis.locations import translations_folder

FILES = sorted(translations_folder().glob("soma_*.ts"))


@pytest.fixture(autouse=True)
def back_to_english(qgis_app: Any) -> Iterator[None]:
    yield
    i18n.unload_translation()


def messages(file: Path) -> list[tuple[str, str]]:
    found = ElementTree.parse(file).iter("message")
    return [(each.findtext("source", ""), each.findtext("translation", "")) for each in found]


def test_the_plugin_speaks_the_language_of_qgis(
    qgis_processing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QgsApplication, "locale", lambda: "zh_CN")
    plugin = soma_qgis.classFactory(None)
    plugin.initProcessing()
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("soma:register")
    assert algorithm.displayName() == "配准 SAR 与光学影像"
    assert algorithm.parameterDefinition("SAR").description() == "SAR 影像"
    plugin.unload()
    assert i18n.tr("SAR image") == "SAR image"


def test_a_language_without_translation_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QgsApplication, "locale", lambda: "xx")
    i18n.load_translation()
    assert i18n.tr("SAR image") == "SAR image"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_translations_keep_the_places_of_values(file: Path) -> None:
    pairs = messages(file)
    assert len(pairs) > 100
    for text, translated in pairs:
        if translated:
            places = [sorted(re.findall(r"\{[^}]*\}", each)) for each in (text, translated)]
            assert places[0] == places[1], text
            assert ("&" in text) == ("&" in translated), text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_loaded_is_what_was_translated(file: Path) -> None:
    translator = QTranslator()
    assert translator.load(str(file.with_suffix(".qm")))
    for text, translated in messages(file):
        if translated:
            assert translator.translate("SOMA", text) == translated
