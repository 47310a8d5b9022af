"""Jobs refuse arguments that they cannot use, with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.worker.jobs import APPLY_ARGUMENTS, JOBS, find_job

APPLY: dict[str, Any] = {
    "displacement_raster": "d.tif",
    "raster": "r.tif",
    "output": "o.tif",
    "resampling": "auto",
    "output_grid": "auto",
    "output_pixel_size": None,
    "creation_options": [],
    "dem": None,
}


def test_jobs_are_those_of_the_protocol() -> None:
    assert sorted(JOBS) == ["apply", "info", "ping", "register"]
    with pytest.raises(BadInputError, match="'dance'"):
        find_job("dance")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "given nothing"),
        ({key: APPLY[key] for key in APPLY_ARGUMENTS[1:]}, "displacement_raster, raster"),
        (APPLY | {"speed": 3}, "speed"),
        (APPLY | {"raster": None}, "raster is None"),
        (APPLY | {"resampling": None}, "resampling is None"),
        (APPLY | {"creation_options": "COMPRESS"}, "list of texts"),
        (APPLY, "d.tif does not exist"),
    ],
)
def test_apply_refuses(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        JOBS["apply"](arguments, Feedback())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "no sar image"),
        ({"sar": "a.tif", "optical": "b.tif", "resampling": None}, "resampling is None"),
        ({"sar": "a.tif", "optical": "b.tif"}, "a.tif does not exist"),
    ],
)
def test_register_refuses(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        JOBS["register"](arguments, Feedback())
