"""The public names: loaded late, one with the settings' definition, documented by what runs."""

from __future__ import annotations

import doctest
import inspect
import re
import subprocess
import sys
from importlib import import_module

import pytest

import model_core as soma
from model_core.settings import SETTINGS
from tests.conftest import ROOT

MODULES = ("functions", "result", "images", "field", "rasters", "plots", "html", "feedback")


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name, pair, tmp_path, monkeypatch):
    for file in ("sar.tif", "optical.tif"):
        (tmp_path / file).write_bytes((pair / file).read_bytes())
    monkeypatch.chdir(tmp_path)
    module = import_module(f"model_core.api.{name}")
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.failed == 0
    assert result.attempted > 0 or name not in ("functions", "result")


def test_import_loads_nothing_heavy():
    code = (
        "import sys, model_core; model_core.SomaError; dir(model_core);"
        "print(sorted({'torch', 'rasterio', 'numpy', 'timm'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_all_public_names_are_there():
    assert set(soma.__all__) <= set(dir(soma))
    for name in soma.__all__:
        assert getattr(soma, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'regster'"):
        _ = soma.regster


@pytest.mark.parametrize("function", [soma.register, soma.match, soma.apply])
def test_settings_are_keywords_with_the_definitions_defaults(function):
    parameters = inspect.signature(function).parameters
    shared = [name for name in parameters if name in SETTINGS]
    assert shared
    if function is soma.register:
        assert shared == list(SETTINGS)
    for name in shared:
        assert parameters[name].default == SETTINGS[name].default
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
    with pytest.raises(soma.BadInputError, match="no setting 'max_shfit'"):
        function(*["a.tif"] * 3 if function is soma.apply else ["a.tif"] * 2, max_shfit=3)


def test_a_function_takes_no_setting_that_means_nothing_to_it():
    with pytest.raises(soma.BadInputError, match="no setting 'extent'"):
        soma.match("a.tif", "b.tif", extent=(0, 0, 1, 1))


@pytest.mark.parametrize("function", [soma.register, soma.match, soma.apply, soma.load_model])
def test_every_parameter_has_a_paragraph_of_its_own(function):
    text = inspect.getdoc(function) or ""
    for name in inspect.signature(function).parameters:
        assert re.search(rf"^(Args:|)\n    {name}: ", text, re.MULTILINE), name
        if name in SETTINGS:
            first, _, _ = SETTINGS[name].help.partition("; not set:")
            assert first in " ".join(text.split()), name
