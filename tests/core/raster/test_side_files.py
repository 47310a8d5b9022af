"""What belongs to a file by its name."""

from __future__ import annotations

from pathlib import Path

from model_core.raster.side_files import side_files


def test_side_files_are_those_that_are_read_with_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    own = {"a.tif.aux.xml", "a.tif.ovr", "a.tif.msk", "a.tif.msk.ovr"}
    by_stem = {"a.tfw", "a.tifw", "a_RPC.TXT"}
    for name in {*own, *by_stem, "a.qml", "a.tif.txt", "a.ovr", "b.tif.ovr", "ab.tfw"}:
        (tmp_path / name).touch()
    # World files may be those of another format where there is no file.
    assert {side.name for side in side_files(path)} == own
    path.touch()
    assert {side.name for side in side_files(path)} == own | by_stem


def test_a_name_may_be_too_long_to_have_any(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    path.touch()
    assert side_files(path) == []
