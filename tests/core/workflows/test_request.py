"""A request that exists is sound; one that is not gets one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_core.errors import BadInputError
from model_core.settings import SETTINGS
from model_core.workflows.request import RegistrationRequest


def test_what_is_not_given_has_the_defaults() -> None:
    request = RegistrationRequest("sar.tif", "optical.tif")
    assert list(request.settings) == list(SETTINGS)
    assert request.settings["max_shift"] == 50.0
    assert request.settings["resampling"] == "auto"
    assert request.settings["max_scale"] is None
    assert dict(request.outputs) == {}


def test_paths_may_be_path_objects() -> None:
    request = RegistrationRequest(Path("sar.tif"), "o.tif", {"report": Path("r.html")})  # type: ignore[arg-type, dict-item]
    assert (request.sar, request.outputs["report"]) == ("sar.tif", "r.html")


def test_numbers_may_be_numpys() -> None:
    given = {
        "sar_band": np.int64(2),
        "optical_bands": np.array([4, 3, 2]),
        "extent": [np.float32(1), np.int16(2), np.float64(3), np.uint8(4)],
        "max_shift": np.float32(20),
        "spacing": np.array(16),
    }
    settings = RegistrationRequest("a.tif", "b.tif", {}, given).settings
    found = {name: settings[name] for name in given}
    assert found == {
        "sar_band": 2,
        "optical_bands": (4, 3, 2),
        "extent": (1.0, 2.0, 3.0, 4.0),
        "max_shift": 20.0,
        "spacing": 16.0,
    }
    assert json.loads(json.dumps(found))["optical_bands"] == [4, 3, 2]
    bands = RegistrationRequest("a.tif", "b.tif", {}, {"optical_bands": range(1, 4)})
    assert bands.settings["optical_bands"] == (1, 2, 3)


@pytest.mark.parametrize("value", [np.bool_(True), np.nan, np.float32(np.inf), np.ones(2)])
def test_numpys_values_are_held_to_the_limits(value: object) -> None:
    with pytest.raises(BadInputError, match="max_shift is"):
        RegistrationRequest("a.tif", "b.tif", {}, {"max_shift": value})


def test_the_json_form_brings_the_request_back() -> None:
    settings = {"optical_bands": [4, 3, 2], "extent": [0, 0, 10, 10.5], "moving": "optical"}
    request = RegistrationRequest("a.tif", "b.tif", {"summary": "s.json"}, settings)
    text = json.dumps(request.to_dict(), allow_nan=False)
    assert RegistrationRequest.from_dict(json.loads(text)) == request
    outputs = json.loads(text)["outputs"]
    assert outputs["summary"] == "s.json"
    assert outputs["registered"] is None


def test_nothing_of_a_request_can_be_changed() -> None:
    request = RegistrationRequest("a.tif", "b.tif")
    with pytest.raises(TypeError):
        request.settings["max_shift"] = 7  # type: ignore[index]
    with pytest.raises(TypeError):
        request.outputs["report"] = "r.html"  # type: ignore[index]


BOTH = {"sar": "a.tif", "optical": "b.tif"}

REFUSED: list[tuple[Any, str]] = [
    ([], "is a list"),
    (None, "NoneType"),
    ({"sar": "a.tif"}, "no optical image"),
    ({"sar": 7, "optical": "b.tif"}, "The sar image is 7"),
    ({"sar": "", "optical": "b.tif"}, "sar image is ''"),
    ({"sar": "a\0.tif", "optical": "b.tif"}, "which is not a path"),
    (BOTH | {"max_shfit": 7}, "max_shfit"),
    (BOTH | {7: 7}, "does not know (7)"),
    (BOTH | {"max_shift": "far"}, "max_shift is 'far'"),
    (BOTH | {"max_shift": None}, "max_shift is None"),
    (BOTH | {"max_shift": float("nan")}, "max_shift is nan"),
    (BOTH | {"max_scale": 0.5}, "from 1 to 2"),
    (BOTH | {"max_shift": 2001}, "from 1 to 2000"),
    (BOTH | {"output_pixel_size": 0}, "at least 1e-09"),
    (BOTH | {"extent": [0, 5, 10, 1]}, "each minimum below its maximum"),
    (BOTH | {"extent": [10, 0, 0, 5]}, "each minimum below its maximum"),
    (BOTH | {"extent": [0, 0, 10]}, "four finite numbers"),
    (BOTH | {"extent": [0, 0, 10, float("inf")]}, "four finite numbers"),
    (BOTH | {"resampling": "lanczos"}, "one of auto, nearest"),
    (BOTH | {"optical_bands": "432"}, "1 or 3 numbers"),
    (BOTH | {"creation_options": ["COMPRESS"]}, "NAME=VALUE"),
    (BOTH | {"outputs": "folder"}, "outputs of the request"),
    (BOTH | {"outputs": {"map": "m.tif"}}, "no product 'map'"),
    (BOTH | {"outputs": {"report": 7}}, "The output report is 7"),
    (BOTH | {"outputs": {"report": "a\ud800"}}, "a\\ud800, whose name is not in UTF-8"),
    (BOTH | {"sar_band": True}, "sar_band is True"),
    (BOTH | {"sar_band": -1}, "sar_band is -1"),
    (BOTH | {"max_shift": True}, "max_shift is True"),
    (BOTH | {"max_shift": 10**400}, "max_shift is 1000"),
    (BOTH | {"max_shift": [[[[[[[[1]]]]]]]]}, "max_shift is [[[[[["),
    (BOTH | {"min_certainty": float("nan")}, "min_certainty is nan"),
    (BOTH | {"spacing": 1e-9}, "from 1 to 100000"),
    (BOTH | {"model": "m" * 10**6}, "a text of 1 to 4096 characters"),
    (BOTH | {"model": "m\udfff"}, "whose name is not in UTF-8"),
    (BOTH | {"x" * 10**6: 1}, "does not know (xxx"),
    (BOTH | {"sar": "  "}, "sar image is '  '"),
]


@pytest.mark.parametrize(("data", "words"), REFUSED)
def test_what_cannot_be_used_gets_one_sentence(data: Any, words: str) -> None:
    with pytest.raises(BadInputError) as caught:
        RegistrationRequest.from_dict(data)
    sentence = str(caught.value)
    assert words in sentence
    assert sentence.endswith(".")
    assert ";" in sentence
    assert len(sentence) < 600
    assert sentence.isprintable()


def test_all_files_that_are_read_are_known() -> None:
    assert RegistrationRequest("a.tif", "b.tif").inputs == ("a.tif", "b.tif")
    wanted = RegistrationRequest("a.tif", "b.tif", settings={"dem": "heights.tif"})
    assert wanted.inputs == ("a.tif", "b.tif", "heights.tif")
    wanted = RegistrationRequest("a.tif", "b.tif", settings={"model": "own.safetensors"})
    assert wanted.inputs == ("a.tif", "b.tif", "own.safetensors")
