"""The file of definitions is sound: nothing in it is overlooked or taken for something else."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest

from model_core.products.registry import PRODUCTS, Product
from model_core.settings import SETTINGS, Setting, SettingType, definitions

ENTRIES = [(part, entry) for part in ("settings", "products") for entry in definitions()[part]]
FORMS_OF_PRODUCTS = {"parameter", "type", "filter", "required", "by_default"}
"""Keys that only the plugin reads."""


def twice(values: list[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_nothing_is_defined_twice() -> None:
    settings, products = definitions()["settings"], definitions()["products"]
    assert twice([setting["name"] for setting in settings]) == []
    assert twice([product["name"] for product in products]) == []
    assert twice([product["file"] for product in products]) == []
    parameters = [setting["name"].upper() for setting in settings]
    parameters += [product["parameter"] for product in products]
    assert twice(parameters) == []
    assert len(SETTINGS) == len(settings)
    assert len(PRODUCTS) == len(products)


@pytest.mark.parametrize(("part", "entry"), ENTRIES, ids=[entry["name"] for _, entry in ENTRIES])
def test_every_key_is_one_that_somebody_reads(part: str, entry: dict[str, Any]) -> None:
    known = {field.name for field in fields(Setting if part == "settings" else Product)}
    assert set(entry) <= known | (FORMS_OF_PRODUCTS if part == "products" else set())
    assert entry["title"]
    assert entry["help"].endswith(".")


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=list(SETTINGS))
def test_types_are_known_and_defaults_within_their_limits(setting: Setting) -> None:
    assert setting.type in get_args(SettingType)
    default = setting.checked(setting.default)
    assert default == (tuple(setting.default) if setting.type == "options" else setting.default)
    assert bool(setting.choices) == (setting.type == "choice")
    assert bool(setting.count) == (setting.type in ("band", "bands"))
    assert bool(setting.accepts) == (setting.type == "path")
    assert bool(setting.unset) == (setting.default is None), "what not setting it means"


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=list(PRODUCTS))
def test_products_are_written_in_a_stage_that_there_is(product: Product) -> None:
    assert product.stage in get_args(get_type_hints(Product)["stage"])
