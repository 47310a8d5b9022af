"""Files of a run appear together or not at all; nothing is left of one that did not end well."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from model_core.errors import BadInputError
from model_core.raster import moves
from model_core.raster.output import (
    EARLIER,
    UNFINISHED,
    atomic_write,
    atomic_writes,
    clean_up,
    temporary_folder,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in files}


def fill(folder: Path, *files: str, text: str = "old") -> None:
    for name in files:
        (folder / name).write_text(text, encoding="utf-8")


def write(folder: Path, *files: str, text: str = "new", beside: str = "") -> None:
    """Write files in one go, each with a side file where that is wanted."""
    with atomic_writes({name: folder / name for name in files}) as temporary:
        for path in temporary.values():
            path.write_text(text, encoding="utf-8")
            if beside:
                path.with_name(path.name + beside).write_text(text, encoding="utf-8")


def fail_in(paths: dict[str, Path]) -> None:
    """Write files, and fail then."""
    with atomic_writes(paths) as temporary:
        for path in temporary.values():
            path.write_text("half", encoding="utf-8")
        raise ZeroDivisionError


def test_all_files_appear_at_once_under_their_names(tmp_path: Path) -> None:
    with atomic_writes({"a": tmp_path / "a.tif", "b": str(tmp_path / "b.tif")}) as temporary:
        for name, path in temporary.items():
            path.write_text("new", encoding="utf-8")
            assert path.name == f"{name}.tif"
        assert [name.startswith(UNFINISHED) for name in names(tmp_path)] == [True]
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
    fill(tmp_path, "a.tif", "a.tif.ovr")
    with pytest.raises(ZeroDivisionError if fail else BadInputError):
        write_one_of_two(tmp_path, fail)
    assert contents(tmp_path) == {"a.tif": "old", "a.tif.ovr": "old"}


@pytest.mark.parametrize("blocked", ["a.tif", "b.gpkg", "c.html"])
@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_where_one_cannot_be_put_in_place_all_are_put_back(
    tmp_path: Path, blocked: str, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ("a.tif", "b.gpkg", "c.html")
    fill(tmp_path, *files[:2], "a.tif.aux.xml", "b.gpkg-wal")
    before = contents(tmp_path)
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if target == tmp_path / blocked and self.parent.name == "new":
            raise PermissionError(13, "held by another program", str(self), None, str(target))
        return replace(self, target)

    def no_link(*_: object, **__: object) -> None:
        raise OSError(95, "no links here")

    monkeypatch.setattr(Path, "replace", held)
    if not links:
        monkeypatch.setattr(os, "link", no_link)
    with pytest.raises(BadInputError, match=rf"^{blocked} could not be written \(held by another"):
        write(tmp_path, *files)
    assert contents(tmp_path) == before


def test_where_files_cannot_even_be_put_back_none_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "a.tif", "b.tif")

    def no_way(move: moves.Move) -> None:
        raise OSError(5, "Input/output error", str(move.target))

    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if target.name == "b.tif":
            raise PermissionError(13, "held", str(target))
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(moves, "_put_back", no_way)
        patch.setattr(Path, "replace", held)
        with pytest.raises(BadInputError, match="the older files are in"):
            write(tmp_path, "a.tif", "b.tif")
    [kept] = tmp_path.glob(f"{UNFINISHED}*")
    assert sorted(contents(kept / "old").values()) == ["old", "old"]
    write(tmp_path, "c.tif")  # the next run ends what this one could not
    assert contents(tmp_path) == {"a.tif": "new", "b.tif": "new", "c.tif": "new"}


def test_side_files_come_and_go_with_their_file(tmp_path: Path) -> None:
    stale = ["a.tif.ovr", "a.tif.aux.xml", "a.tif.msk", "a.tfw", "b.gpkg-wal", "b.gpkg-journal"]
    others = ["a.qml", "b.qml", "a.txt", "other.tif.ovr", "c.tfw"]
    fill(tmp_path, "a.tif", "b.gpkg", *stale, *others)
    write(tmp_path, "a.tif", "b.gpkg")
    assert names(tmp_path) == sorted(["a.tif", "b.gpkg", *others])
    write(tmp_path, "a.tif", beside=".aux.xml")
    assert contents(tmp_path)["a.tif.aux.xml"] == "new"


def test_an_earlier_result_makes_place_as_a_whole(tmp_path: Path) -> None:
    def failed_run() -> None:
        left = [tmp_path / name for name in ("a.tif", "b.html")]
        with atomic_writes({"summary": tmp_path / "s.json"}, left) as temporary:
            temporary["summary"].write_text("failed", encoding="utf-8")

    failed_run()
    assert contents(tmp_path) == {"s.json": "failed"}
    for text in ("first", "second"):
        fill(tmp_path, "a.tif", "b.html", "s.json", text=text)
        if text == "first":
            fill(tmp_path, "a.tif.ovr", text=text)
        for _ in range(2):  # what failed after a failure changes nothing
            failed_run()
    assert contents(tmp_path) == {
        "s.json": "failed",
        f"{EARLIER}/a.tif": "second",
        f"{EARLIER}/b.html": "second",
        f"{EARLIER}/s.json": "second",
    }


def test_square_brackets_and_the_longest_names_are_names(tmp_path: Path) -> None:
    longest = "x" * 251 + ".tif"
    write(tmp_path, "scene[1].tif", "50%*?.tif", longest)
    assert names(tmp_path) == sorted(["scene[1].tif", "50%*?.tif", longest])
    with pytest.raises(ZeroDivisionError):
        fail_in({"b": tmp_path / "b[0].tif"})
    assert len(names(tmp_path)) == 3


def test_a_file_that_is_written_with_others_is_just_written(tmp_path: Path) -> None:
    with atomic_writes({"a": tmp_path / "a.tif"}) as temporary:
        with atomic_write(temporary["a"]) as inner:
            assert inner == temporary["a"]
            inner.write_text("new", encoding="utf-8")
        assert inner.exists()
    assert contents(tmp_path) == {"a.tif": "new"}


def test_clean_up_deletes_what_is_being_written_and_nothing_else(tmp_path: Path) -> None:
    def cleaned_up() -> None:
        with atomic_write(tmp_path / "a.tif") as temporary, temporary_folder() as elsewhere:
            temporary.touch()
            clean_up()
            assert names(tmp_path) == ["other.tif"]
            assert not elsewhere.exists()

    (tmp_path / "other.tif").touch()
    with pytest.raises(BadInputError):
        cleaned_up()
    assert names(tmp_path) == ["other.tif"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_does_not_clean_up_what_its_parent_writes(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "a.tif") as temporary:
        temporary.write_text("new", encoding="utf-8")
        child = os.fork()
        if child == 0:
            clean_up()
            os._exit(0)
        os.waitpid(child, 0)
    assert contents(tmp_path) == {"a.tif": "new"}


def test_a_signal_waits_until_all_files_are_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        signal.raise_signal(signal.SIGINT)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, "a.tif", "b.tif")
    assert contents(tmp_path) == {"a.tif": "new", "b.tif": "new"}


def test_two_runs_into_one_folder_leave_the_files_of_one(tmp_path: Path) -> None:
    files = [f"{number}.tif" for number in range(8)]
    runs = [
        threading.Thread(target=write, args=(tmp_path, *files), kwargs={"text": text})
        for text in "abcdef"
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert names(tmp_path) == files
    assert len(set(contents(tmp_path).values())) == 1


def test_files_in_two_folders_are_one_result(tmp_path: Path) -> None:
    places = [tmp_path / name for name in "ab"]
    for place in places:
        place.mkdir()
        fill(place, "x.tif")
    paths = {place.name: place / "x.tif" for place in places}
    with pytest.raises(ZeroDivisionError):
        fail_in(paths)
    assert contents(tmp_path) == {"a/x.tif": "old", "b/x.tif": "old"}
    with atomic_writes(paths) as temporary:
        for path in temporary.values():
            path.write_text("new", encoding="utf-8")
    assert contents(tmp_path) == {"a/x.tif": "new", "b/x.tif": "new"}
