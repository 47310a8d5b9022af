"""What the measurements of ``gpu.py`` share: model, images, and the form of their results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from benchmarks.scene_pairs import scene_pair
from model_core.products.registry import in_folder
from model_core.raster.view import View
from model_core.registration.model import RegistrationModel, load_model
from model_core.settings import check_settings
from model_core.workflows.bounds import search_bounds
from model_core.workflows.match import PairMatch, match_pair, plain_view
from model_core.workflows.request import RegistrationRequest

SCENES = {
    "512 px, Spain": ("sen1floods11_spain_s1_vv_vh_db.tif", "sen1floods11_spain_s2_13band.tif"),
    "1024 px, mountains": ("volkov_tile_035_s1vh.tif", "volkov_tile_035_s2rgb.tif"),
}


class TimeUp(BaseException):
    """The time of a measurement is over; no Exception, so that no code under test catches it."""


class Row(NamedTuple):
    """A row of the table: what was measured, what came of it, seconds and device memory (MB)."""

    what: str
    result: str
    seconds: float | None = None
    device_peak: float | None = None


@dataclass
class Bench:
    """What the measurements share.

    Attributes:
        data: folder with ``scenes`` and ``pairs``.
        device: "cuda" or "cpu".
        small: small sizes, to try the flow.
        profiles: texts for a person.
    """

    data: Path
    device: str
    small: bool
    profiles: list[str] = field(default_factory=list)

    @cached_property
    def model(self) -> RegistrationModel:
        """The bundled network, on the device."""
        return load_model(check_settings({})["model"], self.device)[0]

    def scenes(self) -> dict[str, tuple[str, str]]:
        """Return the real scenes, SAR and optical; of small sizes, a part of one."""
        if self.small:
            pair = scene_pair(256)
            return {"256 px": (str(pair.sar), str(pair.optical))}
        folder = self.data / "scenes"
        return {name: (str(folder / a), str(folder / b)) for name, (a, b) in SCENES.items()}

    def request(self, size: int, outputs: Path | None = None) -> RegistrationRequest:
        """Return the request for the mirrored pair of a size; all products go to ``outputs``."""
        pair = scene_pair(size)
        products = in_folder(outputs) if outputs else {}
        return RegistrationRequest(
            str(pair.sar), str(pair.optical), products, {"device": self.device}
        )

    @cached_property
    def views(self) -> tuple[View, View]:
        """SAR and optical image of 512 px, in memory."""
        pair = scene_pair(128 if self.small else 512)
        return plain_view(pair.sar, "sar"), plain_view(pair.optical, "optical")

    def match(self, model: RegistrationModel | None = None) -> PairMatch:
        """Match the two images of :attr:`views`."""
        bounds = search_bounds(check_settings({}), georeferenced=False)
        return match_pair(model or self.model, *self.views, bounds)


@dataclass(frozen=True)
class Measurement:
    """A measurement.

    Attributes:
        title: for the table.
        run: makes it; rows that it yields stay, whatever happens after them.
        seconds: that it may take.
        needs: seconds that must be left for it to begin.
    """

    title: str
    run: Callable[[Bench], Iterable[Row]]
    seconds: float
    needs: float = 5.0
