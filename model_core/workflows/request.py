"""What is asked of a registration, and what comes back. Both travel as JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

from model_core.errors import BadInputError
from model_core.registration.verdict import Verdict

Moving = Literal["sar", "optical"]
Transform = Literal["affine", "affine+flow"]
Device = Literal["auto", "cpu", "cuda"]

DEFAULT_MAX_SHIFT = 50.0
DEFAULT_MODEL = "soma-compact"


@dataclass(frozen=True)
class OutputPaths:
    """Where each product goes; a product whose path is None is not made.

    ``registered``: GeoTIFF; ``displacement_raster``: GeoTIFF; ``displacements``: GeoPackage;
    ``gcps``: QGIS ``.points``; ``report``: HTML; ``summary``: JSON.
    """

    registered: str | None = None
    displacement_raster: str | None = None
    displacements: str | None = None
    gcps: str | None = None
    report: str | None = None
    summary: str | None = None


@dataclass(frozen=True)
class RegistrationRequest:
    """Everything that decides the result of a registration.

    Attributes:
        sar, optical: paths of the two rasters (anything GDAL opens).
        sar_band: 1-based band of the SAR image; None: the first.
        optical_bands: one or three 1-based bands; None: red, green, blue where they can be told
            from colour interpretation or band descriptions, else the first one or three.
        moving: which of the two is moved; the other one is the reference and stays.
        transform: "affine", or "affine+flow" for affine and a smooth local field.
        max_shift: largest expected shift, in reference pixels.
        max_rotation: largest expected rotation between the images, in degrees; None:
            small where georeferencing says which way north is; see ``registration.pipeline``.
        min_certainty: tie points below this certainty, in [0, 1], are left out of vectors and GCPs.
        spacing: distance of the displacement vectors, in reference pixels; None: chosen so that
            about 40 stand along the longer side.
        resampling: "nearest", "bilinear", "cubic"; None: nearest for integer class rasters
            (palette or ``uint8`` with a colour table), cubic otherwise.
        extent: (xmin, ymin, xmax, ymax) in the reference's CRS; None: the whole overlap.
        output_pixel_size: pixel size of the registered raster in units of the reference's CRS;
            None: the reference's own grid.
        model: name of a bundled model, or a path of a ``.safetensors`` checkpoint.
        device: "auto" takes CUDA where a kernel test passes on it.
        creation_options: of the registered raster, as GDAL's, ``("COMPRESS=ZSTD", ...)``.
        outputs: see :class:`OutputPaths`.
    """

    sar: str
    optical: str
    sar_band: int | None = None
    optical_bands: tuple[int, ...] | None = None
    moving: Moving = "sar"
    transform: Transform = "affine+flow"
    max_shift: float = DEFAULT_MAX_SHIFT
    max_rotation: float | None = None
    min_certainty: float = 0.3
    spacing: float | None = None
    resampling: str | None = None
    extent: tuple[float, float, float, float] | None = None
    output_pixel_size: float | None = None
    model: str = DEFAULT_MODEL
    device: Device = "auto"
    creation_options: tuple[str, ...] = ()
    outputs: OutputPaths = field(default_factory=OutputPaths)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> RegistrationRequest:
        """Build a request from its JSON form.

        Raises:
            BadInputError: an unknown key, a missing path, or a value out of its range.
        """
        known = {f.name for f in dataclasses.fields(RegistrationRequest)}
        unknown = sorted(set(data) - known)
        if unknown:
            raise BadInputError(
                f"The request has settings this version does not know ({', '.join(unknown)}); "
                "use the plugin and the core of one release."
            )
        values = dict(data)
        values["outputs"] = OutputPaths(**values.get("outputs", {}))
        for name in ("optical_bands", "extent", "creation_options"):
            if values.get(name) is not None:
                values[name] = tuple(values[name])
        request = RegistrationRequest(**values)
        request.check()
        return request

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)

    def check(self) -> None:
        """Raise BadInputError for a value that cannot work whatever the images are."""
        allowed: dict[str, tuple[object, ...]] = {
            "moving": ("sar", "optical"),
            "transform": ("affine", "affine+flow"),
            "device": ("auto", "cpu", "cuda"),
            "resampling": (None, "nearest", "bilinear", "cubic"),
        }
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                choices = ", ".join(str(v) for v in values if v is not None)
                raise BadInputError(
                    f"{name} is {getattr(self, name)!r}, which is not one of: {choices}; "
                    "choose one of these."
                )
        if not 0 < self.max_shift <= 2000:
            raise BadInputError(
                f"The largest shift is {self.max_shift:g} px, outside 0 to 2000; "
                "give the largest shift you expect, in pixels."
            )
        if self.max_rotation is not None and not 0 <= self.max_rotation <= 180:
            raise BadInputError(
                f"The largest rotation is {self.max_rotation:g} degrees, outside 0 to 180; "
                "give the largest rotation you expect."
            )
        if not 0 <= self.min_certainty <= 1:
            raise BadInputError(
                f"The smallest certainty is {self.min_certainty:g}, outside 0 to 1; "
                "0.3 is a good start."
            )
        for name in ("spacing", "output_pixel_size"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise BadInputError(f"{name} is {value:g}; give a number above 0 or leave it out.")


@dataclass(frozen=True)
class RegistrationResult:
    """What a registration found; ``summary.json`` is this, as JSON.

    Pixels are those of the reference. "Before" is what the georeferencing alone leaves, "after"
    what a second, independent pass over the registered pair still measures.

    Attributes:
        verdict: "registered", "doubtful" or "failed".
        reasons: plain sentences saying what the verdict rests on.
        rmse_before_px, rmse_after_px: root mean square of the displacement over reliable points.
        median_shift_px, median_shift_m: median length of the correction.
        inlier_ratio: share of independent check windows whose own best match agrees with the field.
        coverage: share of the overlap where the field is certain.
        affine: 2 × 3, reference pixel (x, y) of the working grid to moving position on it.
        seconds: wall time. device, device_reason, model: what it ran on, why, and with what.
        outputs: the products that were written.
        settings: the request. versions: of the core, torch, timm, rasterio, GDAL.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    rmse_before_px: float | None
    rmse_after_px: float | None
    median_shift_px: float | None
    median_shift_m: float | None
    inlier_ratio: float
    coverage: float
    affine: tuple[tuple[float, float, float], tuple[float, float, float]] | None
    seconds: float
    device: str
    device_reason: str
    model: str
    outputs: OutputPaths
    settings: dict[str, Any]
    versions: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)
