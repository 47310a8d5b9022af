"""What a person has set in the panel for one run, and what Processing makes of it."""

from __future__ import annotations

import dataclasses
import re
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from soma_qgis.algorithms import names
from soma_qgis.algorithms.parameters import parameter_value
from soma_qgis.definitions import products, settings

ALGORITHM = "soma:register"


def default_products() -> tuple[str, ...]:
    """Return the ids of the products that are made unless a person says otherwise."""
    return tuple(
        product.parameter for product in products() if product.by_default and not product.required
    )


@dataclass(frozen=True)
class RunSettings:
    """The settings of one run.

    Attributes:
        sar: id of the SAR layer, or its source where the layer is gone.
        optical: id of the optical layer, or its source where the layer is gone.
        folder: where the results go; empty: temporary files.
        products: ids of those that are made beside the required ones.
        values: of all settings, by their names in the definitions; those that are not given have
            their default, and unknown ones (of another release) are dropped. The extent is
            "xmin,xmax,ymin,ymax [CRS]", as Processing has it.
    """

    sar: str = ""
    optical: str = ""
    folder: str = ""
    products: tuple[str, ...] = field(default_factory=default_products)
    values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Complete the values, in the types that they have before they are stored as JSON."""
        values = {
            setting.name: self.values.get(setting.name, setting.default) for setting in settings()
        }
        values = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "products", tuple(self.products))

    @property
    def sar_moves(self) -> bool:
        """Whether the SAR image is moved onto the optical one, or the other way round."""
        return bool(self.values["moving"] == "sar")

    @property
    def reference(self) -> str:
        """The layer that stays."""
        return self.optical if self.sar_moves else self.sar

    @property
    def moved(self) -> str:
        """The layer that is moved."""
        return self.sar if self.sar_moves else self.optical

    def parameters(self, outputs: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters of ``soma:register``; ``outputs``: its destinations."""
        given = {
            setting.parameter: parameter_value(setting, self.values[setting.name])
            for setting in settings()
            if self.values[setting.name] not in (None, "", ())
        }
        return {names.SAR: self.sar, names.OPTICAL: self.optical, **given, **outputs}

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> RunSettings:
        """Return the settings in a JSON form; what this release does not know is left out."""
        known = {each.name for each in dataclasses.fields(RunSettings)}
        return RunSettings(**{name: value for name, value in data.items() if name in known})


def output_files(folder: str, title: str, wanted: Iterable[str]) -> dict[str, str]:
    """Return a file for each output in a folder, named after the moving layer.

    Nothing that exists is overwritten: where a name is taken, all get a number.

    Args:
        folder: of the results.
        title: of the moving layer.
        wanted: ids of the products that are made beside the required ones.
    """
    stem = re.sub(r'[\\/:*?"<>|\s]+', "_", title).strip("._") or "image"
    chosen = set(wanted)
    ends = {
        product.parameter: product.file
        for product in products()
        if product.required or product.parameter in chosen
    }
    number = 1
    while True:
        suffix = "" if number == 1 else f"_{number}"
        files = {name: Path(folder) / f"{stem}{suffix}_{end}" for name, end in ends.items()}
        if not any(file.exists() for file in files.values()):
            return {name: str(file) for name, file in files.items()}
        number += 1


def command(parameters: dict[str, Any]) -> str:
    """Return the ``qgis_process`` command of a run, for a POSIX shell or for Windows's."""
    words = ["qgis_process", "run", ALGORITHM, "--"]
    for name, value in parameters.items():
        text = ",".join(str(part) for part in value) if isinstance(value, list) else str(value)
        words.append(f"{name}={text}")
    if sys.platform == "win32":
        return " ".join(f'"{word}"' if re.search(r'[\s"&|<>^]', word) else word for word in words)
    return shlex.join(words)
