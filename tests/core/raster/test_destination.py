"""What speaks against an output is said before any work, and nothing is touched."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio.shutil

from model_core.errors import BadInputError
from model_core.raster.destination import check_outputs
from model_core.raster.output_folder import output_folder, remove_empty_folders
from tests.core.raster.test_output import names
from tests.core.rasters import write


def refused(output: Path | str, *inputs: Path | str) -> str:
    with pytest.raises(BadInputError) as caught:
        check_outputs([str(output)], [str(path) for path in inputs])
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def picture(path: Path) -> Path:
    return write(path, np.zeros((1, 8, 8), np.uint8))


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


def test_folders_that_still_wait_for_a_file_go_when_the_process_is_stopped(tmp_path: Path) -> None:
    with output_folder(tmp_path / "a" / "b"):
        remove_empty_folders()
        assert names(tmp_path) == []


def test_outputs_that_cannot_be_written_are_refused_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = picture(tmp_path / "in.tif")
    (tmp_path / "x").mkdir()
    (tmp_path / "y.tif").touch(mode=0o444)
    says = {
        str(tmp_path / "x" / ".." / "in.tif"): "is also an input",
        str(tmp_path / "nowhere" / "a.tif"): "does not exist",
        str(given / "a.tif"): "is no folder",
        str(tmp_path): "is a folder",
        str(tmp_path / ("a" * 300)): "name too long",
        str(tmp_path / ("a" * 300) / "a.tif"): "name too long",
        str(tmp_path / "a\0.tif"): "not a path",
        str(tmp_path / "y.tif"): "write-protected",
        os.devnull: "no file but a device",
    }
    for output, said in says.items():
        assert said in refused(output, given)
    with pytest.raises(BadInputError, match="named for two outputs"):
        check_outputs([str(tmp_path / "a.tif"), str(tmp_path / "x" / ".." / "a.tif")], [])
    check_outputs([str(tmp_path / "a.tif")], [str(given)])
    assert names(tmp_path) == ["in.tif", "x", "y.tif"]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    outputs = {str(tmp_path / "a.tif"): 3_000_000, str(tmp_path / "x" / "b.tif"): 3_000_000}
    with pytest.raises(BadInputError, match=r"has 5\.0 MB free, but up to 6\.0 MB are needed"):
        check_outputs(outputs, [], outputs)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize(("mode", "said"), [(0o000, "Permission denied"), (0o555, "written to")])
def test_closed_folders_are_refused(request: pytest.FixtureRequest, mode: int, said: str) -> None:
    closed = Path(tempfile.mkdtemp())  # pytest's folders are closed for others
    request.addfinalizer(closed.rmdir)
    closed.chmod(mode)
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:  # for whom nothing is closed
                os.setuid(65534)
            os._exit(0 if said in refused(closed / "a.tif") else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    closed.chmod(0o755)
    assert names(closed) == []


def hard_link(path: Path, source: Path) -> Path:
    os.link(source, path)
    return source


def link(path: Path, source: Path) -> Path:
    path.symlink_to(source)
    return source


def input_is_link(path: Path, source: Path) -> Path:
    source.replace(path)
    source.symlink_to(path)
    return source


def vrt(path: Path, source: Path) -> Path:
    source.replace(path)
    made = source.with_suffix(".vrt")
    rasterio.shutil.copy(path, made, driver="VRT")
    return made


def nested_vrt(path: Path, source: Path) -> Path:
    inner = vrt(path, source)
    folder = inner.parent / "sub"
    folder.mkdir()
    outer = folder / "outer.vrt"
    text = inner.read_text(encoding="utf-8")
    text = text.replace(str(path), "../in.vrt").replace('relativeToVRT="0"', 'relativeToVRT="1"')
    text = text.replace(path.name, "../in.vrt")
    outer.write_text(text, encoding="utf-8")
    return outer


def archive(path: Path, source: Path) -> str:
    made = shutil.make_archive(str(path), "zip", source.parent, source.name)
    Path(made).replace(path)
    return f"/vsizip/{path}/{source.name}"


def subdataset(path: Path, source: Path) -> str:
    source.replace(path)
    return f"GTIFF_DIR:1:{path}"


def part_of_vrt(path: Path, source: Path) -> str:
    source.replace(path)
    return f"vrt://{path}?bands=1"


def inline_vrt(path: Path, source: Path) -> str:
    text = vrt(path, source).read_text(encoding="utf-8")
    return text.replace('"1">out.tif', f'"0">{path}')


KINDS: list[Callable[[Path, Path], Path | str]] = [
    hard_link, link, input_is_link, vrt, nested_vrt, archive, subdataset, part_of_vrt, inline_vrt,
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_what_is_read_is_never_written(
    kind: Callable[[Path, Path], Path | str], tmp_path: Path
) -> None:
    output = tmp_path / "out.tif"
    given = kind(output, picture(tmp_path / "in.tif"))
    before = output.read_bytes()
    assert "is also an input" in refused(output, given)
    assert output.read_bytes() == before


def test_another_raster_is_none_of_the_input(tmp_path: Path) -> None:
    given = vrt(tmp_path / "source.tif", picture(tmp_path / "in.tif"))
    picture(tmp_path / "out.tif")
    check_outputs([str(tmp_path / "out.tif")], [str(given), str(tmp_path / "none.tif"), "<XML"])


def test_a_world_file_of_an_input_is_not_taken_for_one_of_the_output(tmp_path: Path) -> None:
    given = picture(tmp_path / "a.tif")
    (tmp_path / "a.tfw").write_text("1\n0\n0\n-1\n0\n0\n", encoding="utf-8")
    output = tmp_path / "a.tfw.tif"
    check_outputs([str(output)], [str(given)])
    other = tmp_path / "a.tifff"
    other.touch()
    assert "a.tfw, which the input a.tif needs" in refused(other, given)
