"""What a killed process left is finished or deleted by the next run; what another writes stays."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from model_core.raster.output import UNFINISHED, atomic_writes
from model_core.raster.unfinished import clear_leftovers
from tests.core.raster.test_output import contents, fill, names, write

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def killed(work: Callable[[], None]) -> None:
    """Do something in a child that kills itself in the middle of it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])


def write_and_die(folders: list[Path], at: int) -> None:
    """Write x.tif and y.tif into folders; die when files are moved for the ``at``-th time."""
    left = [at]
    replace = Path.replace

    def dying(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(self, target)

    setattr(Path, "replace", dying)  # noqa: B010 (of this process alone, which ends)
    paths = {f"{f.name}/{n}": f / n for f in folders for n in ("x.tif", "y.tif")}
    with atomic_writes(paths) as temporary:
        for path in temporary.values():
            path.write_text("new", encoding="utf-8")


def test_what_a_killed_process_was_writing_is_deleted_by_the_next(tmp_path: Path) -> None:
    def work() -> None:
        with atomic_writes({"a": tmp_path / "a.tif"}) as temporary:
            temporary["a"].write_text("half", encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)

    fill(tmp_path, "a.tif")
    killed(work)
    assert [name for name in names(tmp_path) if name.startswith(UNFINISHED)]
    assert contents(tmp_path)["a.tif"] == "old"
    write(tmp_path, "b.tif")
    assert contents(tmp_path) == {"a.tif": "old", "b.tif": "new"}


@pytest.mark.parametrize("visited", [0, 1])
@pytest.mark.parametrize("at", range(1, 8))
def test_what_was_complete_is_put_in_place_by_the_next_run(
    tmp_path: Path, at: int, visited: int
) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        fill(folder, "x.tif", "x.tif.ovr")
    killed(lambda: write_and_die(folders, at))
    for folder in (folders[visited], *folders):
        clear_leftovers(folder)
    # The first to be moved is the plan; without it nothing was complete.
    text = "old" if at == 1 else "new"
    expected = {f"{f}/{n}": text for f in "ab" for n in ("x.tif", "y.tif")}
    if at == 1:
        expected = {f"{f}/{n}": "old" for f in "ab" for n in ("x.tif", "x.tif.ovr")}
    assert contents(tmp_path) == expected
    assert [names(folder) for folder in folders] == [sorted(n[2:] for n in expected)[::2]] * 2


def test_what_a_living_process_writes_is_left_alone(tmp_path: Path) -> None:
    read, ready = os.pipe()
    go, end = os.pipe()
    child = os.fork()
    if child == 0:
        with atomic_writes({"a": tmp_path / "a.tif"}) as temporary:
            temporary["a"].write_text("its own", encoding="utf-8")
            os.write(ready, b"1")
            os.read(go, 1)
        os._exit(0)
    os.read(read, 1)
    write(tmp_path, "b.tif")
    clear_leftovers(tmp_path)
    os.write(end, b"1")
    assert os.waitpid(child, 0)[1] == 0
    assert contents(tmp_path) == {"a.tif": "its own", "b.tif": "new"}


def test_an_empty_folder_without_an_owner_goes(tmp_path: Path) -> None:
    (tmp_path / f"{UNFINISHED}1-0123abcd").mkdir()
    (tmp_path / "of the user").mkdir()
    clear_leftovers(tmp_path)
    assert names(tmp_path) == ["of the user"]


def test_a_plan_that_cannot_be_read_is_left_for_a_person(tmp_path: Path) -> None:
    folder = tmp_path / f"{UNFINISHED}1-0123abcd"
    folder.mkdir()
    fill(folder, "lock", "moves.json", text="[[")
    clear_leftovers(tmp_path)
    assert names(folder) == ["lock", "moves.json"]
