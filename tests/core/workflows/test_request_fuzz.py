"""Random requests: each is sound, or refused with one sentence."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from model_core.errors import BadInputError
from model_core.products.registry import PRODUCTS
from model_core.raster.creation_options import CreationOptions
from model_core.raster.creation_tables import COG, GTIFF
from model_core.settings import SETTINGS
from model_core.workflows.request import RegistrationRequest
from tests.core.fuzzing import TEXTS, VALUES, assert_sentence, examples

BOTH = {"sar": "a.tif", "optical": "b.tif"}
OUTPUTS = st.dictionaries(st.sampled_from(list(PRODUCTS)), VALUES, max_size=3)
SETTING_VALUES = st.dictionaries(st.sampled_from(list(SETTINGS)), VALUES, max_size=3)
NAMES = st.sampled_from(["DRIVER", *GTIFF, *COG]) | st.text("ABCDEFGHIJ_ ", max_size=8)
OPTION_VALUES = TEXTS | st.integers().map(str) | st.floats().map(str) | st.sampled_from(
    ["YES", "NO", "ZSTD", "COG", "GTiff", "VRT", "JPEG", "ALL_CPUS", "a|B=1", "=", "1e999"]
)  # fmt: skip


@examples(300)
@given(VALUES | SETTING_VALUES.map(lambda some: BOTH | some), OUTPUTS)
def test_a_request_is_sound_or_refused(data: Any, outputs: dict[str, Any]) -> None:
    if isinstance(data, dict) and "sar" in data:
        data = data | {"outputs": outputs}
    try:
        request = RegistrationRequest.from_dict(data)
    except BadInputError as error:
        assert_sentence(str(error))
        return
    again = RegistrationRequest.from_dict(json.loads(json.dumps(request.to_dict())))
    assert again == request


@examples(300)
@given(st.sampled_from(list(SETTINGS)), VALUES)
def test_a_setting_is_in_its_own_type_or_refused(name: str, value: Any) -> None:
    setting = SETTINGS[name]
    try:
        checked = setting.checked(value)
    except BadInputError as error:
        assert_sentence(str(error))
        return
    assert setting.checked(checked) == checked


@examples(300)
@given(st.lists(st.builds("{}={}".format, NAMES, OPTION_VALUES) | TEXTS, max_size=3))
def test_creation_options_can_be_meant_or_are_refused(options: list[str]) -> None:
    try:
        found = CreationOptions.of(options)
    except BadInputError as error:
        assert_sentence(str(error))
        return
    assert all(name == name.upper() and value for name, value in found.options.items())
