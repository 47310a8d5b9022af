"""What :func:`model_core.register` gives back."""

from __future__ import annotations

import os
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from model_core.api.feedback import ProgressListener, as_feedback
from model_core.api.field import as_dataset, field_arrays
from model_core.api.html import head
from model_core.api.images import Image, OpenImage, Raster, open_image
from model_core.api.plots import plot_registration
from model_core.api.rasters import as_given, move
from model_core.errors import BadInputError
from model_core.feedback import STAGES
from model_core.paths import checked_path
from model_core.products.finished_run import FinishedRun
from model_core.products.registered_raster import RasterOptions
from model_core.products.registry import in_folder
from model_core.products.report import report_data
from model_core.products.space import space_needed
from model_core.raster.destination import check_outputs
from model_core.raster.fill_search import find_fill_of_raster
from model_core.raster.opening import open_raster
from model_core.raster.output_folder import output_folder
from model_core.raster.scene import grid_of
from model_core.registration.words import percent
from model_core.settings import SETTINGS
from model_core.workflows.apply import check_geometry
from model_core.workflows.register import write_products

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from model_core.products.result import RegistrationResult
    from model_core.registration.transformation import Kind
    from model_core.registration.verdict import Verdict

FIGURES = (
    "rmse_before_px",
    "rmse_after_px",
    "median_shift_px",
    "median_shift_m",
    "inlier_ratio",
    "coverage",
)


class Registration:
    """The registration of a SAR and an optical image, as :func:`model_core.register` found it.

    Nothing is on disk until :meth:`save`. A failed registration is one of these, too: it has a
    verdict and reasons, and can be plotted, but it has no field, and moves and saves nothing.
    """

    def __init__(self, run: FinishedRun, images: tuple[OpenImage, OpenImage]) -> None:
        """``images``, SAR and optical, are kept: the run reads them again when it needs pixels."""
        self._run = run
        self._images = images

    @property
    def verdict(self) -> Verdict:
        """ "registered", "doubtful" (look at the plot before using it) or "failed"."""
        return self._run.result.verdict

    @property
    def probability(self) -> float:
        """That the alignment is right to some 3 px, where right and wrong ones are equally frequent
        beforehand; the verdict rests on it."""
        return self._run.result.probability

    @property
    def transformation(self) -> Kind | None:
        """The kind of transformation: "shift", "rigid" (and a rotation), "similarity" (and a
        scale), "affine" or "affine+flow" (and a smooth local field); None where it failed.

        How probable each kind is, by what was measured, is
        ``summary.transformation_probability``.
        """
        result = self._run.result
        return None if result.verdict == "failed" else result.transformation

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences saying what the verdict rests on."""
        return self._run.result.reasons

    @property
    def figures(self) -> Mapping[str, float | None]:
        """The figures by name; all but the last two are None where the registration failed.

        ``rmse_before_px`` and ``rmse_after_px``: root mean square of the misregistration, in pixels
        of the reference, as the images came and after; measured by the run's own check.
        ``median_shift_px`` and ``median_shift_m``: median length of the correction.
        ``inlier_ratio``: share of inliers among the verification windows that show enough to tell.
        ``coverage``: share of the overlap where the field is more likely right to a pixel than not.
        """
        return MappingProxyType({name: getattr(self._run.result, name) for name in FIGURES})

    @property
    def summary(self) -> RegistrationResult:
        """All that ``summary.json`` holds: also settings, seconds, device, model and versions."""
        return self._run.result

    @property
    def affine(self) -> NDArray[np.float64] | None:
        """The affine part, (2, 3), in pixels of the matching's grid; None where it failed.

        It takes (x, y, 1), pixel centres at integers, from the reference to the position where the
        moving image shows the same ground.
        """
        affine = self._run.result.affine
        return None if affine is None else np.array(affine, dtype=np.float64)

    @property
    def field(self) -> Any:
        """The displacement at control points: an xarray Dataset, or the same without xarray.

        Variables, each (y, x), float32, NaN where the images share no data: ``dx`` and ``dy``, the
        correction of the moving image in metres towards east and north (pixels, right and up, where
        the images are not georeferenced), ``certainty``, the probability that the correction
        is right to a pixel there, ``residual`` in reference pixels. Coordinates ``x`` and ``y``:
        where, on the map of the reference. Without xarray it is a
        :class:`~model_core.api.field.FieldArrays` with the same names.

        Raises:
            BadInputError: the registration failed.
        """
        self._refuse_failed("it has no field")
        return as_dataset(field_arrays(self._run.field))

    def warp(self, other: Image | None = None, *, resampling: str = "auto") -> Raster | Any:
        """Move an image onto the reference: the moving image itself, or another one of its ground.

        Args:
            other: another band, polarisation, date or product in the moving image's CRS, of any
                pixel size: a path, an open rasterio dataset, a DataArray, an array or (array,
                transform, crs). None: the moving image, all its bands.

            resampling: "nearest", "bilinear" or "cubic"; "auto": nearest for classes (palettes),
                cubic for everything else.

        Returns:
            The image on the reference's pixels, over the ground that both images share; a DataArray
            where one was given, else (array, transform, crs) with a masked array, (bands, H, W), or
            (H, W) where the array that was given has two axes.

        Raises:
            BadInputError: the registration failed, or the image cannot be used or is not of the
                moving image's geometry.

        Examples:
            >>> import model_core as soma
            >>> result = soma.register("sar.tif", "optical.tif", max_shift=20)
            >>> array, transform, crs = result.warp()
            >>> array.shape, crs.to_string()
            ((1, 256, 256), 'EPSG:32630')
        """
        self._refuse_failed("it moves nothing")
        method = SETTINGS["resampling"].checked(resampling)
        if other is None:
            moving_sar = self._run.settings["moving"] == "sar"
            image = self._images[0 if moving_sar else 1]
        else:
            image = open_image(other, "other image")
        with open_raster(image.path) as dataset:
            grid = grid_of(dataset, self._run.settings["dem"])
            check_geometry(self._run.field, grid)
            fill = self._run.fill if other is None else find_fill_of_raster(dataset)
            moved = move(dataset, grid, self._run.field, method, fill)
        return as_given(moved, self._run.field.grids.output, image.given)

    def save(
        self, folder: str | os.PathLike[str], *, progress: ProgressListener = None
    ) -> dict[str, Path]:
        """Write all products into a folder, with the names that the command line gives them.

        Args:
            folder: it is made where it does not exist; files of the same names are replaced.

            progress: see :func:`model_core.register`.

        Returns:
            The files by product: "registered", "displacement_raster", "displacements", "gcps",
            "report", "summary".

        Raises:
            BadInputError: the registration failed, or the folder cannot be written to; no file is
                left.
            CancelledError: on request; no file is left.

        Examples:
            >>> import model_core as soma
            >>> result = soma.register("sar.tif", "optical.tif", max_shift=20)
            >>> result.save("result")["report"].name
            'report.html'
        """
        self._refuse_failed("there is nothing to save")
        target = Path(checked_path("The folder", folder))
        outputs = in_folder(target)
        feedback = as_feedback(progress, STAGES["write"][0], 1.0)
        run = self._run
        with output_folder(target):
            options = RasterOptions.of(run.settings)
            needed = space_needed(outputs, run.moving.path, run.field.grids, options)
            check_outputs(outputs.values(), [image.path for image in self._images], needed)
            written = write_products(run, outputs, feedback).outputs
        return {name: Path(path) for name, path in written.items()}

    def plot(self) -> Figure:
        """Return a figure: checkerboards of both images before and after, and the displacement.

        Where the registration failed it shows the images as they came.

        Returns:
            A matplotlib Figure, which a notebook shows; ``figure.savefig("picture.png")`` saves it.

        Raises:
            SomaError: matplotlib is not installed.
        """
        return plot_registration(report_data(self._run))

    def _refuse_failed(self, consequence: str) -> None:
        if self.verdict == "failed":
            raise BadInputError(
                f"The registration failed, so {consequence}: {self.reasons[0]} Look at plot()."
            )

    def _names(self) -> tuple[str, str]:
        """Return the names of the moving image and of the reference."""
        return self._run.moving.name, self._run.reference.name

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A Registration reads its images again when it needs them and cannot be pickled; "
            "save() it, or pickle its summary, its field or what warp() gives."
        )

    def __repr__(self) -> str:
        moving, reference = self._names()
        text = f"{moving} to {reference}"
        if self.verdict == "failed":
            return f"<Registration, failed: {text}; {self.reasons[0]}>"
        before, after = self.figures["rmse_before_px"], self.figures["rmse_after_px"]
        found = f"{self.verdict} ({percent(self.probability)}): {text}, {self.transformation}"
        if before is None or after is None:
            return f"<Registration, {found}>"
        return f"<Registration, {found}, RMSE {before:.2f} px before, {after:.2f} px after>"

    def _repr_html_(self) -> str:
        return head(self._run.result, self._run.field.working.crs is not None)
