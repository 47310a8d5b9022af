"""Writing a product: the module that the registry names does it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from model_core.products.finished_run import FinishedRun
from model_core.products.registry import Product


def write_product(product: Product, run: FinishedRun, path: Path) -> None:
    """Write a product of a run, by ``write(run, path)`` of the product's module.

    Raises:
        BadInputError: the file cannot be written.
        CancelledError: on request.
    """
    import_module(product.module).write(run, path)
