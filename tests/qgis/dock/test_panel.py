"""The panel as a person uses it, on the stub worker."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer, QgsReferencedRectangle
from qgis.PyQt.QtWidgets import QAbstractSpinBox, QComboBox, QGridLayout, QLabel, QPushButton

from soma_qgis.algorithms import names
from soma_qgis.dock.extent import as_parameter, from_parameter
from soma_qgis.dock.panel import SomaDock
from soma_qgis.engine.engine import Engine

from ..conftest import write_raster
from .conftest import run, wait


def widget(dock: SomaDock, setting: str) -> Any:
    return dock.form.fields[setting].widget


def test_an_empty_project_says_what_is_missing(dock: SomaDock) -> None:
    dock.check()
    assert "Choose a SAR and an optical layer" in dock.status.text()
    assert not dock.run_bar.run.isEnabled()
    assert dock.card.isHidden()
    assert dock.run_bar.cancel.isHidden()


def test_layers_are_guessed_and_the_overlap_is_said(
    dock: SomaDock, layers: list[QgsRasterLayer]
) -> None:
    assert (dock.form.sar_layer(), dock.form.optical_layer()) == (layers[1], layers[0])
    assert "Overlap: 0.5" in dock.status.text()
    assert "km²" in dock.status.text()


def test_swapped_layers_stay_when_more_come(
    dock: SomaDock, layers: list[QgsRasterLayer], tmp_path: Path
) -> None:
    dock.form.swap.click()
    QgsProject.instance().addMapLayer(
        QgsRasterLayer(write_raster(tmp_path / "more.tif", 1, 32630), "s1 more vv")
    )
    dock.check()
    assert (dock.form.sar_layer(), dock.form.optical_layer()) == (layers[0], layers[1])


def test_a_run_ends_with_a_card_and_in_the_history(
    dock: SomaDock, layers: list[QgsRasterLayer], tmp_path: Path
) -> None:
    dock.form.folder.setFilePath(str(tmp_path))
    for product in (names.DISPLACEMENTS, names.DISPLACEMENT_RASTER, names.REPORT):
        dock.form.ticks[product].setChecked(False)
    write = dock.run_bar.run.click
    write()
    write_raster(tmp_path / "s1_registered.tif", 2, 32630)
    assert not dock.run_bar.cancel.isHidden()
    wait(lambda: dock.queue.current is None)
    assert dock.card.record is not None
    assert dock.card.record.verdict == "registered"
    assert not dock.card.isHidden()
    assert not dock.compare.isHidden()
    assert dock.run_bar.cancel.isHidden()
    assert dock.history.list.count() == 1
    # The result is a SAR image by name; it must not be taken for the next run.
    dock.check()
    assert dock.form.sar_layer() == layers[1]


def test_a_killed_worker_is_a_sentence_and_the_next_run_works(
    dock: SomaDock, layers: list[QgsRasterLayer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMA_STUB", "crash")
    run(dock)
    assert dock.card.record is not None
    assert dock.card.record.verdict == "failed"
    assert "worker ended unexpectedly" in dock.card._explanation.text()
    monkeypatch.setenv("SOMA_STUB", "doubtful")
    run(dock)
    assert dock.card.record.verdict == "doubtful"
    assert "Try" in dock.card._explanation.text()


def test_cancel(
    dock: SomaDock, layers: list[QgsRasterLayer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMA_STUB", "polite")
    dock.run_bar.run.click()
    dock.run_bar.cancel.click()
    wait(lambda: dock.queue.current is None)
    assert dock.card.record is not None
    assert dock.card.record.verdict == "cancelled"


def test_repeat_brings_the_settings_back(dock: SomaDock, layers: list[QgsRasterLayer]) -> None:
    widget(dock, "max_shift").setValue(12.0)
    widget(dock, "moving").setCurrentIndex(1)
    widget(dock, "max_rotation").setValue(9.0)
    widget(dock, "creation_options").setText("COMPRESS=ZSTD|BIGTIFF=YES")
    bands = widget(dock, "optical_bands")
    bands.setCurrentIndex(bands.count() - 1)
    wanted = dock.form.run_settings()
    assert wanted.values["optical_bands"] == (4,)
    assert wanted.values["creation_options"] == ("COMPRESS=ZSTD", "BIGTIFF=YES")
    run(dock)
    widget(dock, "max_shift").setValue(99.0)
    dock.form.swap.click()
    widget(dock, "moving").setCurrentIndex(0)
    widget(dock, "max_rotation").clear()
    assert dock.form.run_settings().values["max_rotation"] is None
    dock.card.repeat.click()
    assert dock.form.run_settings() == wanted


def test_copied_commands_name_files(dock: SomaDock, layers: list[QgsRasterLayer]) -> None:
    run(dock)
    dock.card.command.click()
    text = QgsApplication.clipboard().text()
    assert text.startswith("qgis_process run soma:register -- ")
    assert f"SAR={layers[1].source()}" in text
    assert "TEMPORARY_OUTPUT" not in text


def test_saving_copies_temporary_results_and_the_layers_follow(
    dock: SomaDock, layers: list[QgsRasterLayer], tmp_path: Path
) -> None:
    run(dock)
    done = dock._shown_run
    assert done is not None
    assert done.record is not None
    # The stub writes nothing, so the file is put where it said.
    source = Path(done.record.results[names.OUTPUT])
    source.parent.mkdir(parents=True, exist_ok=True)
    write_raster(source, 2, 32630)
    layer = QgsRasterLayer(str(source), "s1 registered")
    QgsProject.instance().addMapLayer(layer)
    done.layers[names.OUTPUT] = layer
    folder = tmp_path / "kept"
    folder.mkdir()
    dock.saving.save(done, str(folder))
    wait(lambda: not dock.saving.busy)
    assert (folder / "s1_registered.tif").stat().st_size == source.stat().st_size
    assert layer.source() == str(folder / "s1_registered.tif")
    assert layer.isValid()


def test_areas_travel_as_text(dock: SomaDock, layers: list[QgsRasterLayer]) -> None:
    area = QgsReferencedRectangle(layers[1].extent(), layers[1].crs())
    found = from_parameter(as_parameter(area))
    assert found is not None
    assert (found.toString(3), found.crs()) == (area.toString(3), area.crs())
    assert (as_parameter(None), from_parameter("")) == ("", None)
    combo = dock.form.extent.combo
    combo.setCurrentIndex(combo.findData(layers[1].id()))
    assert dock.form.run_settings().values["extent"] == as_parameter(area)


def test_everything_is_explained_and_reached_by_keys(dock: SomaDock) -> None:
    for cls in (QComboBox, QAbstractSpinBox, QPushButton):
        for found in dock.findChildren(cls):
            assert found.toolTip(), found
    grid = dock.form.findChild(QGridLayout)
    labels = [label for label in dock.form.findChildren(QLabel) if "&" in label.text()]
    assert grid is not None
    keys = [label.text()[label.text().index("&") + 1].lower() for label in labels]
    assert len(labels) == 9
    assert all(label.buddy() is not None for label in labels)
    # U is Run's; the others are those of QGIS's own menus.
    assert len({*keys, *"ujevlsproedwmch"}) == len(keys) + len(set("ujevlsproedwmch"))


def test_the_keyboard_goes_through_the_panel_from_top_to_bottom(dock: SomaDock) -> None:
    names_of_fields = ("moving", "transform", "max_shift", "min_certainty", "device")
    wanted = [dock.form.sar, widget(dock, "sar_band"), dock.form.optical]
    wanted += [*(widget(dock, name) for name in names_of_fields), dock.run_bar.run]
    met: list[Any] = []
    here = dock.form.sar
    while not met or here is not dock.form.sar:
        if here in wanted:
            met.append(here)
        here = here.nextInFocusChain()
    assert met == wanted


def test_nothing_is_cut_off_at_the_side_with_large_letters(dock: SomaDock) -> None:
    font = dock.font()
    font.setPointSizeF(2 * font.pointSizeF())
    dock.setFont(font)
    dock.resize(100, 600)
    dock.show()
    QgsApplication.processEvents()
    body = dock._scroll.widget()
    assert body.minimumSizeHint().width() <= dock._scroll.viewport().width()


def test_a_worker_that_is_killed_is_a_sentence_and_leaves_nothing(
    dock: SomaDock,
    layers: list[QgsRasterLayer],
    stub_engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    dock.form.folder.setFilePath(str(folder))
    dock.check()
    monkeypatch.setenv("SOMA_STUB", "deaf")
    dock.run_bar.run.click()
    wait(lambda: any(folder.iterdir()))
    process = stub_engine.worker_pid()
    assert process is not None
    os.kill(process, signal.SIGKILL)
    wait(lambda: dock.queue.current is None)
    assert dock.card.record is not None
    assert dock.card.record.problem.startswith("The worker ended unexpectedly (killed by signal 9")
    assert list(folder.iterdir()) == []
    monkeypatch.setenv("SOMA_STUB", "registered")
    run(dock)
    assert dock.card.record.verdict == "registered"
