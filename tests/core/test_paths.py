"""Paths that cannot be used get one sentence, whatever the system says of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_core.errors import BadInputError
from model_core.paths import checked_path, exists, is_file, is_folder

QUESTIONS = [exists, is_file, is_folder]


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that may not be looked into; to root as well, who may look anywhere."""
    folder = tmp_path / "closed"
    real = os.stat

    def stat(path: Any, **options: Any) -> os.stat_result:
        if Path(path).parent == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", lambda path, **options: stat(path, **options))
    return folder


@pytest.mark.parametrize("ask", QUESTIONS)
def test_what_lies_in_a_closed_folder_is_not_said_to_be_missing(
    ask: Callable[[Path], bool], closed: Path
) -> None:
    with pytest.raises(BadInputError, match=r"sar\.tif cannot be used \(Permission denied\); ask"):
        ask(closed / "sar.tif")


@pytest.mark.parametrize("ask", QUESTIONS)
def test_a_name_that_no_file_can_have(ask: Callable[[str], bool]) -> None:
    with pytest.raises(BadInputError, match=r"^aaa.*a\.tif cannot .*; choose a shorter") as caught:
        ask("a" * 5000 + ".tif")
    assert len(str(caught.value)) < 400


def test_links_that_turn_round(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(BadInputError, match=r"/a cannot be used .*; choose another place"):
        exists(tmp_path / "a")


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (exists, [True, True, False, False]),
        (is_file, [True, False, False, False]),
        (is_folder, [False, True, False, False]),
    ],
)
def test_what_is_there_and_what_is_not(
    ask: Callable[[Path], bool], expected: list[bool], tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    found = [ask(path) for path in (file, tmp_path, tmp_path / "none", file / "below")]
    assert found == expected


@pytest.mark.parametrize("value", ["", "  ", "a\0b", b"bytes.tif", 7, None, ["a.tif"]])
def test_what_is_no_path(value: Any) -> None:
    with pytest.raises(BadInputError, match=r"^The raster is .*, which is not a path; give the"):
        checked_path("The raster", value)


def test_an_integer_that_python_does_not_write_out() -> None:
    with pytest.raises(
        BadInputError, match="is of the type int and too long to show, which is not a"
    ):
        checked_path("The raster", 10**5000)


def test_a_name_in_another_encoding_is_shown_and_refused() -> None:
    name = os.fsdecode(b"\xfcber.tif")
    with pytest.raises(BadInputError, match=r"is \\udcfcber\.tif, whose name is not in UTF-8"):
        checked_path("The raster", name)
    assert checked_path("The raster", "über.tif") == "über.tif"
