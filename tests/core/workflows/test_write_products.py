"""Whatever goes wrong while products are written, the folder holds one whole result."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.products.finished_run import FinishedRun
from model_core.products.registered_raster import RasterOptions
from model_core.products.registry import PRODUCTS, in_folder
from model_core.raster.output import EARLIER
from model_core.workflows.apply import apply_registration
from model_core.workflows.register import compute, open_scenes, write_products
from model_core.workflows.request import RegistrationRequest
from tests.core.workflows.scenes import Error, optical, sar


class Ear(Feedback):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def log(self, message: str) -> None:
        self.heard.append(message)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    folder = tmp_path_factory.mktemp("images")
    images = sar(folder / "sar.tif", Error(east=137.0)), optical(folder / "optical.tif")
    request = RegistrationRequest(str(images[0]), str(images[1]), settings={"transform": "shift"})
    return compute(request, open_scenes(request), Feedback())


def failed(run: FinishedRun) -> FinishedRun:
    return dataclasses.replace(run, result=dataclasses.replace(run.result, verdict="failed"))


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond some bytes, as on a full disk."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size here")
@pytest.mark.parametrize(
    ("name", "driver"), [*((name, "GTiff") for name in PRODUCTS), ("registered", "COG")]
)
def test_a_disk_that_is_full_at_any_product_leaves_the_older_result(
    run: FinishedRun, tmp_path: Path, name: str, driver: str
) -> None:
    settings = dict(run.settings) | {"creation_options": (f"DRIVER={driver}",)}
    run = dataclasses.replace(run, settings=settings)
    outputs = {name: in_folder(tmp_path)[name]}
    write_products(run, outputs, Feedback())
    before = contents(tmp_path)
    [(file, whole)] = before.items()
    for share in (0.0, 0.5, 0.97):
        with largest_file(int(share * len(whole))), pytest.raises(BadInputError) as caught:
            write_products(run, outputs, Feedback())
        assert str(caught.value).startswith(f"{file} could not be written")
        assert contents(tmp_path) == before


def test_a_product_that_another_program_holds_keeps_all_older_ones(
    run: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = in_folder(tmp_path)
    write_products(run, outputs, Feedback())
    (tmp_path / "registered.tif.ovr").touch()
    before = contents(tmp_path)
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if target == tmp_path / "report.html":
            raise PermissionError(13, "in use", str(self), None, str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(BadInputError, match=r"report\.html could not be written \(in use\)"):
        write_products(run, outputs, Feedback())
    assert contents(tmp_path) == before


def test_a_failed_run_moves_an_earlier_result_away_as_a_whole(
    run: FinishedRun, tmp_path: Path
) -> None:
    outputs, ear = in_folder(tmp_path), Ear()
    write_products(failed(run), outputs, ear)
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]
    assert ear.heard == []
    write_products(run, outputs, Feedback())
    before = contents(tmp_path)
    write_products(failed(run), outputs, ear)
    assert ear.heard == [f"The files of an earlier run are in {tmp_path / EARLIER} now."]
    assert contents(tmp_path / EARLIER) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [EARLIER, "summary.json"]


def test_a_failed_run_that_writes_nothing_moves_nothing(run: FinishedRun, tmp_path: Path) -> None:
    outputs = {"registered": str(tmp_path / "registered.tif")}
    write_products(run, outputs, Feedback())
    before = contents(tmp_path)
    write_products(failed(run), outputs, Feedback())
    assert contents(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size here")
def test_an_applied_registration_is_whole_or_not_there(run: FinishedRun, tmp_path: Path) -> None:
    saved, output = tmp_path / "displacement.tif", tmp_path / "again.tif"
    write_products(run, {"displacement_raster": str(saved)}, Feedback())
    options = RasterOptions()
    arguments = str(saved), run.moving.path, str(output), options
    apply_registration(*arguments, Feedback())
    before = contents(tmp_path)
    with largest_file(output.stat().st_size - 1000), pytest.raises(BadInputError, match="again"):
        apply_registration(*arguments, Feedback())
    assert contents(tmp_path) == before
