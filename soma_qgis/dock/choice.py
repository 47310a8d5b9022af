"""What a person has chosen in the panel, and what Processing makes of it."""

from __future__ import annotations

import dataclasses
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soma_qgis.algorithms import register as names
from soma_qgis.algorithms.base import AUTOMATIC

ALGORITHM = "soma:register"

PRODUCTS = {
    names.DISPLACEMENTS: "_displacements.gpkg",
    names.DISPLACEMENT_RASTER: "_displacement.tif",
    names.GCPS: ".points",
    names.REPORT: "_report.html",
}
"""Products that may be left out, and the ends of their files' names."""

REGISTERED_END = "_registered.tif"


@dataclass(frozen=True)
class Choice:
    """The settings of one run.

    Attributes:
        sar, optical: ids of layers, or sources where the layer is gone.
        sar_band: from 1; None: the first. optical_bands: one or three; empty: red, green, blue.
        moving: "sar" or "optical". transform: "affine" or "affine+flow".
        extent: "xmin,xmax,ymin,ymax [CRS]", as Processing has it; empty: the whole overlap.
        folder: where the results go; empty: temporary files.
        products: those of :data:`PRODUCTS` that are made.
        max_shift, spacing: pixels of the reference; spacing None: chosen by the core.
        min_certainty: 0 to 1. resampling, model, device: as in ``soma:register``.
    """

    sar: str = ""
    optical: str = ""
    sar_band: int | None = None
    optical_bands: tuple[int, ...] = ()
    moving: str = "sar"
    transform: str = "affine+flow"
    extent: str = ""
    folder: str = ""
    products: tuple[str, ...] = (names.DISPLACEMENTS, names.DISPLACEMENT_RASTER, names.REPORT)
    max_shift: float = names.DEFAULT_MAX_SHIFT
    min_certainty: float = names.DEFAULT_MIN_CERTAINTY
    spacing: float | None = None
    resampling: str = AUTOMATIC
    model: str = names.DEFAULT_MODEL
    device: str = AUTOMATIC

    @property
    def reference(self) -> str:
        """The layer that stays."""
        return self.optical if self.moving == "sar" else self.sar

    @property
    def moved(self) -> str:
        """The layer that is moved."""
        return self.sar if self.moving == "sar" else self.optical

    def parameters(self, outputs: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters of ``soma:register``; ``outputs``: its destinations."""
        given: dict[str, Any] = {
            names.SAR: self.sar,
            names.SAR_BAND: self.sar_band,
            names.OPTICAL: self.optical,
            names.OPTICAL_BANDS: list(self.optical_bands),
            names.MOVING: self.moving,
            names.TRANSFORM: self.transform,
            names.MAX_SHIFT: self.max_shift,
            names.EXTENT: self.extent,
            names.MIN_CERTAINTY: self.min_certainty,
            names.SPACING: self.spacing,
            names.RESAMPLING: self.resampling,
            names.MODEL: self.model,
            names.DEVICE: self.device,
        }
        return {
            **{name: value for name, value in given.items() if value not in (None, "", [])},
            **outputs,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the choice as JSON."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Choice:
        """Return the choice in a JSON form; what another release has written and this one does not
        know is left out."""
        known = {field.name for field in dataclasses.fields(Choice)}
        values = {name: value for name, value in data.items() if name in known}
        for name in ("optical_bands", "products"):
            if name in values:
                values[name] = tuple(values[name])
        return Choice(**values)


def output_files(folder: str, title: str, products: tuple[str, ...]) -> dict[str, str]:
    """Return a file for each output in a folder, named after the moving layer.

    Nothing that exists is overwritten: where a name is taken, all get a number.
    """
    stem = re.sub(r'[\\/:*?"<>|\s]+', "_", title).strip("._") or "image"
    ends = {names.OUTPUT: REGISTERED_END, **{name: PRODUCTS[name] for name in products}}
    number = 1
    while True:
        suffix = "" if number == 1 else f"_{number}"
        files = {name: Path(folder) / f"{stem}{suffix}{end}" for name, end in ends.items()}
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
