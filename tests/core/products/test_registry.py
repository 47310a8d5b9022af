"""The products of the definitions; a new one needs a module and a line, and nothing else."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from model_core.__main__ import main
from model_core.products.finished_run import FinishedRun
from model_core.products.registry import PRODUCTS, Product, in_folder
from tests.core.workflows.scenes import Error, optical, sar


@pytest.mark.parametrize("name", PRODUCTS)
def test_every_product_has_a_module_that_writes_it(name: str) -> None:
    assert callable(import_module(PRODUCTS[name].module).write)


def test_a_folder_holds_each_product_under_its_own_name(tmp_path: Path) -> None:
    paths = in_folder(tmp_path)
    assert list(paths) == list(PRODUCTS)
    assert len(set(paths.values())) == len(paths)
    assert paths["displacement_raster"] == str(tmp_path / "displacement.tif")


def write_kml(run: FinishedRun, path: Path) -> None:
    places = "".join(f"<Placemark>{x} {y}</Placemark>" for x, y in run.tie_points.new)
    path.write_text(f"<kml>{places}</kml>", encoding="utf-8")


@pytest.fixture
def kml(monkeypatch: pytest.MonkeyPatch) -> Product:
    """An invented product: the module, and the line of the definitions."""
    module = ModuleType("invented_kml")
    module.__dict__["write"] = write_kml
    monkeypatch.setitem(sys.modules, module.__name__, module)
    line = json.loads(
        '{"name": "kml", "parameter": "KML", "type": "file", "file": "points.kml",'
        ' "module": "invented_kml", "title": "Tie points", "help": "For globes."}'
    )
    product = Product.from_entry(line)
    monkeypatch.setitem(PRODUCTS, product.name, product)
    return product


def test_an_invented_product_is_written_like_all_others(
    kml: Product, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moving = sar(tmp_path / "sar.tif", Error(east=137.0, north=-84.0))
    reference = optical(tmp_path / "optical.tif")
    out = tmp_path / "out"
    arguments = ["--sar", str(moving), "--optical", str(reference), "--out", str(out)]
    assert main(["register", *arguments]) == 0
    assert (out / kml.file).read_text(encoding="utf-8").count("<Placemark>") > 100
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["outputs"]["kml"] == str(out / kml.file)
    assert str(out / kml.file) in (out / "report.html").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["register", "--help"])
    assert kml.file in capsys.readouterr().out


def test_nothing_but_the_summary_is_written_of_a_failed_registration() -> None:
    assert [name for name, product in PRODUCTS.items() if product.when_failed] == ["summary"]
