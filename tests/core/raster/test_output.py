"""Files are complete or not there, and nothing is left of a run that did not end well."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from model_core.errors import BadInputError
from model_core.raster.output import (
    UNFINISHED,
    atomic_writes,
    check_outputs,
    clean_up,
    output_folder,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_files_appear_at_once_under_their_names(tmp_path: Path) -> None:
    with atomic_writes({"a": tmp_path / "a.tif", "b": str(tmp_path / "b.tif")}) as temporary:
        for path in temporary.values():
            path.write_text("new", encoding="utf-8")
            assert path.parent == tmp_path
        assert not {"a.tif", "b.tif"} & set(names(tmp_path))
    assert names(tmp_path) == ["a.tif", "b.tif"]


def write_one_of_two(folder: Path, fail: bool) -> None:
    """Write a.tif with a side file, as GDAL does, but not b.tif."""
    with atomic_writes({"a": folder / "a.tif", "b": folder / "b.tif"}) as temporary:
        temporary["a"].write_text("new", encoding="utf-8")
        temporary["a"].with_name(temporary["a"].name + ".aux.xml").touch()
        if fail:
            raise ZeroDivisionError


@pytest.mark.parametrize("fail", [True, False], ids=["an error", "a file that was left out"])
def test_where_one_fails_the_old_files_stay_and_no_other_does(tmp_path: Path, fail: bool) -> None:
    (tmp_path / "a.tif").write_text("old", encoding="utf-8")
    with pytest.raises(ZeroDivisionError if fail else BadInputError):
        write_one_of_two(tmp_path, fail)
    assert names(tmp_path) == ["a.tif"]
    assert (tmp_path / "a.tif").read_text(encoding="utf-8") == "old"


def test_clean_up_deletes_what_is_being_written_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "other.tif").touch()
    with atomic_writes({"a": tmp_path / "a.tif"}) as temporary:
        temporary["a"].touch()
        assert temporary["a"].name.startswith(UNFINISHED)
        clean_up()
        assert names(tmp_path) == ["other.tif"]
        temporary["a"].touch()


def fail_in(folder: Path) -> None:
    with output_folder(folder):
        assert folder.is_dir()
        raise ZeroDivisionError


def test_folders_that_were_made_go_again_where_nothing_was_put_into_them(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    with pytest.raises(ZeroDivisionError):
        fail_in(deep)
    assert names(tmp_path) == []
    with output_folder(deep):
        (deep / "result.txt").touch()
    assert (deep / "result.txt").exists()
    with output_folder(tmp_path / "a"):
        pass
    assert (tmp_path / "a").is_dir()


def test_outputs_that_cannot_be_written_are_refused_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "in.tif"
    given.touch()
    outputs = {
        "is also an input": [str(tmp_path / "x" / ".." / "in.tif")],
        "named for two outputs": [str(tmp_path / "a.tif"), str(tmp_path / "x" / ".." / "a.tif")],
        "does not exist": [str(tmp_path / "nowhere" / "a.tif")],
        "is a folder": [str(tmp_path)],
    }
    for said, paths in outputs.items():
        with pytest.raises(BadInputError, match=said):
            check_outputs(paths, [str(given)])
    check_outputs([str(tmp_path / "a.tif")], [str(given)], needed_bytes=1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    with pytest.raises(BadInputError, match="has 5 MB free, but up to 6 MB are needed"):
        check_outputs([str(tmp_path / "a.tif")], [str(given)], needed_bytes=6_000_000)
    assert names(tmp_path) == ["in.tif"]
