"""The command line is made from the definitions: a new setting needs its line, and nothing else."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from model_core.__main__ import build_parser, main
from model_core.commands.options import given_settings
from model_core.settings import SETTINGS, Setting
from model_core.workflows.request import RegistrationRequest

PATHS = ("--sar", "a.tif", "--optical", "b.tif", "--out", "out")


def options(*arguments: str) -> argparse.Namespace:
    return build_parser().parse_args(["register", *PATHS, *arguments])


def settings(*arguments: str) -> dict[str, object]:
    """Return the settings of the request that a command line asks for."""
    request = RegistrationRequest("a.tif", "b.tif", {}, given_settings(options(*arguments)))
    return dict(request.settings)


def text_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    return " ".join(capsys.readouterr().out.split())


def test_every_setting_can_be_given() -> None:
    given = settings(
        *("--sar-band", "2", "--optical-bands", "4", "3", "2", "--moving", "optical"),
        *("--transform", "affine", "--max-shift", "12.5", "--max-rotation", "9"),
        *("--max-scale", "1.05", "--extent", "-3.5", "39", "-3", "40", "--min-certainty", "0"),
        *("--spacing", "16", "--resampling", "bilinear", "--output-pixel-size", "12"),
        *("--output-grid", "moving"),
        *("--dem", "heights.tif", "--mask", "sea.geojson"),
        "--ignore-water",
        *("--tie-points", "a.points", "--check-points", "b.csv"),
        *("--model", "other", "--device", "cpu", "--creation-options", "COMPRESS=ZSTD"),
    )
    assert given == {
        "sar_band": 2,
        "optical_bands": (4, 3, 2),
        "moving": "optical",
        "transform": "affine",
        "max_shift": 12.5,
        "max_rotation": 9.0,
        "max_scale": 1.05,
        "extent": (-3.5, 39.0, -3.0, 40.0),
        "mask": "sea.geojson",
        "ignore_water": True,
        "tie_points": "a.points",
        "check_points": "b.csv",
        "min_certainty": 0.0,
        "spacing": 16.0,
        "resampling": "bilinear",
        "output_grid": "moving",
        "output_pixel_size": 12.0,
        "dem": "heights.tif",
        "model": "other",
        "device": "cpu",
        "creation_options": ("COMPRESS=ZSTD",),
    }
    assert set(given) == set(SETTINGS)


def test_nothing_given_means_the_defaults() -> None:
    assert settings() == dict(RegistrationRequest("a.tif", "b.tif").settings)


def test_the_help_waits_for_no_heavy_package() -> None:
    code = (
        "import sys; from model_core.__main__ import build_parser; build_parser(); "
        "print(sorted({'numpy', 'rasterio', 'torch', 'timm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_variable_that_is_not_set_is_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["register", "--sar", "a.tif", "--optical", "b.tif", "--out", ""])
    assert end.value.code == 2
    assert "not a path" in capsys.readouterr().err


def test_options_can_be_repeated_and_have_shorter_names() -> None:
    given = settings("--co", "COMPRESS=ZSTD", "--co", "BIGTIFF=YES", "--pixel-size", "3")
    assert given["creation_options"] == ("COMPRESS=ZSTD", "BIGTIFF=YES")
    assert given["output_pixel_size"] == 3


def test_the_help_says_defaults_and_what_unset_means(capsys: pytest.CaptureFixture[str]) -> None:
    text = text_of("register", capsys)
    assert "The largest shift to expect" in text
    assert "(default: 50)" in text
    assert SETTINGS["max_rotation"].help in text
    assert "not set: 4, or 25" in text


def test_match_takes_the_same_definitions(capsys: pytest.CaptureFixture[str]) -> None:
    text = text_of("match", capsys)
    assert SETTINGS["max_shift"].help in text
    assert "(default: 50)" in text
    assert "--spacing" not in text


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "1e308"])
def test_a_number_that_is_none_gets_one_sentence(
    value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["register", *PATHS, f"--max-shift={value}"]) == 2
    sentence = capsys.readouterr().err
    assert sentence.count("\n") == 1
    assert re.search(r"max_shift is \S+, which is not a number from 1 to 2000", sentence)


def test_a_word_instead_of_a_number_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["register", *PATHS, "--max-shift", "far"])
    assert caught.value.code == 2
    assert "invalid float value: 'far'" in capsys.readouterr().err


INVENTED = [
    (Setting("season", "choice", "Season", "Leaf on or off.", "on", choices=("on", "off")), "off"),
    (Setting("tide", "number", "Tide", "Height, 100 % at spring.", None, minimum=0.0), 2.5),
]


@pytest.mark.parametrize(("setting", "value"), INVENTED, ids=["choice", "number"])
def test_an_invented_setting_appears_everywhere(
    setting: Setting,
    value: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(SETTINGS, setting.name, setting)
    assert setting.help in text_of("register", capsys)
    assert settings(f"--{setting.name}", str(value))[setting.name] == value
    assert settings()[setting.name] == setting.default
    request = RegistrationRequest.from_dict({"sar": "a", "optical": "b", setting.name: value})
    assert request.to_dict()[setting.name] == value


@pytest.mark.parametrize("threads", ["0", "-1", "100000"])
@pytest.mark.parametrize(
    "command",
    [
        ["match", "--sar", "a.tif", "--optical", "b.tif", "--json"],
        ["evaluate", "--pairs", "pairs.csv", "--out"],
        ["train", "--config", "smoke", "--out"],
        ["refine-labels", "--config", "smoke", "--out"],
    ],
    ids=lambda command: command[0],
)
def test_no_number_of_threads_is_one_sentence(
    command: list[str], threads: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = torch.get_num_threads()
    assert main([*command, str(tmp_path / "out"), "--threads", threads]) == 2
    assert f"--threads is {threads}; give 1 to 1024" in capsys.readouterr().err
    assert torch.get_num_threads() == before
    assert not (tmp_path / "out").exists()
