"""The products of a registration by name, as ``resources/definitions.json`` lists them.

A product is made by the module that its entry names; see ``products.writing``. To add one, write
such a module and add its entry; request, command line and plugin then offer it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from model_core.settings import definitions


@dataclass(frozen=True)
class Product:
    """One file that a registration can write.

    Attributes:
        name: in requests, in Python and in ``summary.json``.
        file: its usual name in a folder of results.
        module: that makes it; see the text of this module.
        title: what it is called in a form.
        help: one or two sentences.
        stage: of the progress, in which it is written. Products of the stage "report" come last
            and tell the time that all others took.
        when_failed: it is written even where the verdict is "failed".
    """

    name: str
    file: str
    module: str
    title: str
    help: str
    stage: Literal["write", "report"] = "write"
    when_failed: bool = False

    @staticmethod
    def from_entry(entry: Mapping[str, Any]) -> Product:
        """Return the product of an entry of the definitions; what forms alone need is left out."""
        known = {field.name for field in fields(Product)}
        return Product(**{key: value for key, value in entry.items() if key in known})


PRODUCTS: dict[str, Product] = {
    entry["name"]: Product.from_entry(entry) for entry in definitions()["products"]
}
"""All products by name, in the order of forms and help texts."""


def in_folder(folder: Path) -> dict[str, str]:
    """Return the paths of all products, by name, under their usual file names in a folder."""
    return {name: str(folder / product.file) for name, product in PRODUCTS.items()}
