"""``soma:register``: a SAR and an optical image in, the registered raster and its evidence out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBand,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
    QgsProcessingUtils,
    QgsRasterLayer,
)

from soma_qgis.algorithms.base import (
    SomaAlgorithm,
    advanced,
    band_list,
    choice_parameter,
    creation_options,
    creation_options_parameter,
    is_given,
    resampling_parameter,
)
from soma_qgis.i18n import tr
from soma_qgis.layers.export import Export, Grid, export_grid, needs_export
from soma_qgis.layers.results import (
    AlikeStyler,
    DisplacementRasterStyler,
    Placing,
    VectorStyler,
    open_styled,
)
from soma_qgis.layers.source import LayerError, absolute, extent_in_file, symbology
from soma_qgis.settings import DEVICES, Settings

SAR = "SAR"
SAR_BAND = "SAR_BAND"
OPTICAL = "OPTICAL"
OPTICAL_BANDS = "OPTICAL_BANDS"
MOVING = "MOVING"
TRANSFORM = "TRANSFORM"
MAX_SHIFT = "MAX_SHIFT"
MIN_CERTAINTY = "MIN_CERTAINTY"
SPACING = "SPACING"
RESAMPLING = "RESAMPLING"
EXTENT = "EXTENT"
MODEL = "MODEL"
DEVICE = "DEVICE"
CREATE_OPTIONS = "CREATE_OPTIONS"
OUTPUT = "OUTPUT"
DISPLACEMENTS = "DISPLACEMENTS"
DISPLACEMENT_RASTER = "DISPLACEMENT_RASTER"
GCPS = "GCPS"
REPORT = "REPORT"
RMSE_BEFORE = "RMSE_BEFORE"
RMSE_AFTER = "RMSE_AFTER"
MEDIAN_SHIFT_M = "MEDIAN_SHIFT_M"
INLIER_RATIO = "INLIER_RATIO"
COVERAGE = "COVERAGE"
VERDICT = "VERDICT"
MEDIAN_SHIFT_PX = "MEDIAN_SHIFT_PX"
SECONDS = "SECONDS"
DEVICE_USED = "DEVICE_USED"
DEVICE_REASON = "DEVICE_REASON"
REASONS = "REASONS"

DEFAULT_MAX_SHIFT = 50.0
LARGEST_MAX_SHIFT = 2000.0
DEFAULT_MIN_CERTAINTY = 0.3
DEFAULT_MODEL = "soma-compact"

_PRODUCTS = {
    OUTPUT: "registered",
    DISPLACEMENTS: "displacements",
    DISPLACEMENT_RASTER: "displacement_raster",
    GCPS: "gcps",
    REPORT: "report",
}
"""Output parameters and the core's names of the products."""

_FIGURES = {
    RMSE_BEFORE: "rmse_before_px",
    RMSE_AFTER: "rmse_after_px",
    MEDIAN_SHIFT_M: "median_shift_m",
    INLIER_RATIO: "inlier_ratio",
    COVERAGE: "coverage",
    VERDICT: "verdict",
    MEDIAN_SHIFT_PX: "median_shift_px",
    SECONDS: "seconds",
    DEVICE_USED: "device",
    DEVICE_REASON: "device_reason",
}
"""Outputs that are figures and the core's names of them."""


class RegisterAlgorithm(SomaAlgorithm):
    """Registers a SAR image to an optical one, or the other way round."""

    def __init__(self) -> None:
        super().__init__()
        self._request: dict[str, Any] = {}
        self._exports: dict[str, Export] = {}
        self._name = ""
        self._symbology = ""

    def name(self) -> str:
        """Return the id, which never changes."""
        return "register"

    def displayName(self) -> str:
        """Return the name in the toolbox."""
        return tr("Register SAR and optical images")

    def shortDescription(self) -> str:
        """Return the tooltip."""
        return tr("Moves a SAR image onto an optical one, or the other way round.")

    def tags(self) -> list[str]:
        """Return words by which the toolbox finds the algorithm."""
        return tr("registration,coregistration,alignment,sar,sentinel-1,radar,shift,gcp").split(",")

    def shortHelpString(self) -> str:
        """Return the help beside the dialog."""
        return tr(
            "Finds where a SAR and an optical image show the same ground and moves one of them so "
            "that both fit. The other one is the reference and stays as it is.\n\n"
            "The two images must overlap and be georeferenced roughly; two images without any "
            "georeferencing are registered in pixels. CRSs and pixel sizes may differ. One of "
            "them may be a basemap (XYZ, WMS, WCS): it is exported first, at the resolution of the "
            "other one.\n\n"
            "Displacements are the correction applied to the moving image: new position = old "
            "position + (dx, dy), dx towards east and dy towards north, in metres.\n\n"
            "The verdict rests on evidence. registered: independent check windows agree. doubtful: "
            "the result is given, look at the report before using it. failed: no raster is "
            "written and the algorithm ends with an error that says why.\n\n"
            "RMSE_BEFORE, RMSE_AFTER: pixels of the reference, RMSE_AFTER as measured again after "
            "registration. MEDIAN_SHIFT_M: metres. INLIER_RATIO: share of the check windows that "
            "agree, 0 to 1. COVERAGE: share of the overlap where the field is certain, 0 to 1."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        for parameter in self._inputs():
            self.addParameter(parameter)
        for parameter in self._settings():
            self.addParameter(parameter)
        for parameter in self._destinations():
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputNumber(RMSE_BEFORE, tr("RMSE before (px)")))
        self.addOutput(QgsProcessingOutputNumber(RMSE_AFTER, tr("RMSE after (px)")))
        self.addOutput(QgsProcessingOutputNumber(MEDIAN_SHIFT_M, tr("Median shift (m)")))
        self.addOutput(QgsProcessingOutputNumber(INLIER_RATIO, tr("Check windows that agree")))
        self.addOutput(QgsProcessingOutputNumber(COVERAGE, tr("Share covered with certainty")))
        self.addOutput(QgsProcessingOutputString(VERDICT, tr("Verdict")))
        self.addOutput(QgsProcessingOutputNumber(MEDIAN_SHIFT_PX, tr("Median shift (px)")))
        self.addOutput(QgsProcessingOutputNumber(SECONDS, tr("Time (s)")))
        self.addOutput(QgsProcessingOutputString(DEVICE_USED, tr("Device that was used")))
        self.addOutput(QgsProcessingOutputString(DEVICE_REASON, tr("Why that device")))
        self.addOutput(QgsProcessingOutputString(REASONS, tr("What the verdict rests on")))

    def arguments(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> dict[str, Any]:
        """Return the core's ``RegistrationRequest`` as JSON, without outputs.

        A path is empty where the layer is no file and the run exports it first.
        """
        resampling = self.choice(parameters, RESAMPLING, context)
        sar_band, spacing = parameters.get(SAR_BAND), parameters.get(SPACING)
        return {
            "sar": self._path(parameters, SAR, context),
            "optical": self._path(parameters, OPTICAL, context),
            "sar_band": self.parameterAsInt(parameters, SAR_BAND, context)
            if is_given(sar_band)
            else None,
            "optical_bands": band_list(parameters.get(OPTICAL_BANDS)),
            "moving": self.choice(parameters, MOVING, context),
            "transform": self.choice(parameters, TRANSFORM, context),
            "max_shift": self.parameterAsDouble(parameters, MAX_SHIFT, context),
            "min_certainty": self.parameterAsDouble(parameters, MIN_CERTAINTY, context),
            "spacing": self.parameterAsDouble(parameters, SPACING, context)
            if is_given(spacing)
            else None,
            "resampling": resampling,
            "extent": self._extent(parameters, context),
            "model": absolute(self.parameterAsString(parameters, MODEL, context).strip()),
            "device": self.choice(parameters, DEVICE, context),
            "creation_options": creation_options(
                self.parameterAsString(parameters, CREATE_OPTIONS, context)
            ),
        }

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Take from the layers all that the run needs; the run itself touches none."""
        self._request = self.arguments(parameters, context)
        for name, key in ((SAR, "sar"), (OPTICAL, "optical")):
            if not self._request[key]:
                grid = self._export_grid(parameters, name, context)
                self._exports[key] = Export(self.layer(parameters, name, context), grid)
        moving = SAR if self._request["moving"] == "sar" else OPTICAL
        moved = self.layer(parameters, moving, context)
        self._name = moved.name()
        self._symbology = symbology(moved)
        return True

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Have the worker register, and judge what comes back."""
        outputs = self._outputs(parameters, context)
        request = {
            **self._request,
            **self._export(feedback),
            "outputs": {_PRODUCTS[name]: path for name, path in outputs.items()},
        }
        found = self.run_job("register", request, feedback, list(outputs.values()))
        reasons = " ".join(found["reasons"])
        if found["verdict"] == "failed":
            raise QgsProcessingException(
                tr("The images could not be registered, and no raster was written: {}").format(
                    reasons
                )
            )
        if found["verdict"] == "doubtful":
            feedback.pushWarning(
                tr("The result is doubtful, look at it before you use it: {}").format(reasons)
            )
        else:
            feedback.pushInfo(tr("Registered: {}").format(reasons))
        feedback.pushInfo(
            tr("{:.1f} s on {} ({}) with {}.").format(
                found["seconds"], found["device"], found["device_reason"], found["model"]
            )
        )
        self._style(outputs, context)
        figures = {name: found[key] for name, key in _FIGURES.items()}
        return {**outputs, **figures, REASONS: reasons}

    def _path(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> str:
        """Return the file of a layer; empty where it is to be exported, and that can be done."""
        if not needs_export(self.layer(parameters, name, context)):
            return self.source(parameters, name, context)
        self._export_grid(parameters, name, context)
        return ""

    def _export_grid(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> Grid:
        layer = self.layer(parameters, name, context)
        other: QgsRasterLayer = self.layer(parameters, OPTICAL if name == SAR else SAR, context)
        if needs_export(other):
            raise QgsProcessingException(
                tr("Neither {} nor {} is a file, and one must be.").format(
                    layer.name(), other.name()
                )
            )
        within = None
        if is_given(parameters.get(EXTENT)):
            within = self.parameterAsExtent(parameters, EXTENT, context, layer.crs())
        margin = self.parameterAsDouble(parameters, MAX_SHIFT, context)
        try:
            return export_grid(layer, other, margin, within)
        except LayerError as error:
            raise QgsProcessingException(str(error)) from error

    def _export(self, feedback: QgsProcessingFeedback) -> dict[str, str]:
        """Write the layers that are no files; return the core's names of them and their paths."""
        paths = {}
        for key, export in self._exports.items():
            paths[key] = str(QgsProcessingUtils.generateTempFilename(f"{key}.tif"))
            feedback.setProgressText(tr("Exporting {}").format(export.name))
            try:
                pixel = export.write(paths[key], feedback)
            except LayerError as error:
                raise QgsProcessingException(str(error)) from error
            feedback.pushInfo(tr("{} was exported at {}.").format(export.name, pixel))
        return paths

    def _extent(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> list[float] | None:
        if not is_given(parameters.get(EXTENT)):
            return None
        moving = self.choice(parameters, MOVING, context)
        reference = self.layer(parameters, OPTICAL if moving == "sar" else SAR, context)
        box = self.parameterAsExtent(parameters, EXTENT, context, reference.crs())
        return extent_in_file(box, reference)

    def _outputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, str]:
        """Return the paths of the products that are wanted."""
        layers = (OUTPUT, DISPLACEMENTS, DISPLACEMENT_RASTER)
        paths = {name: self.parameterAsOutputLayer(parameters, name, context) for name in layers}
        for name in (GCPS, REPORT):
            paths[name] = self.parameterAsFileOutput(parameters, name, context)
        # The worker runs in another folder, where a relative path would be another file.
        return {name: str(Path(path).absolute()) for name, path in paths.items() if path}

    def _style(self, outputs: dict[str, str], context: QgsProcessingContext) -> None:
        group = tr("{} (SOMA)").format(self._name)
        stylers: dict[str, tuple[str, Callable[[Any], Any]]] = {
            DISPLACEMENT_RASTER: (tr("Displacement towards east (m)"), DisplacementRasterStyler),
            OUTPUT: (
                tr("{} registered").format(self._name),
                lambda _: AlikeStyler(self._symbology),
            ),
            DISPLACEMENTS: (tr("Displacement vectors"), VectorStyler),
        }
        for height, (name, (title, styler)) in enumerate(stylers.items()):
            if name in outputs:
                open_styled(context, outputs[name], Placing(title, group, height), styler)

    @staticmethod
    def _inputs() -> list[QgsProcessingParameterDefinition]:
        sar = QgsProcessingParameterRasterLayer(SAR, tr("SAR image"))
        sar.setHelp(tr("Intensity, amplitude, dB or complex; any pixel size and CRS."))
        sar_band = QgsProcessingParameterBand(
            SAR_BAND, tr("SAR band"), parentLayerParameterName=SAR, optional=True
        )
        sar_band.setHelp(tr("The band to match, from 1; not set: the first. All bands are moved."))
        optical = QgsProcessingParameterRasterLayer(OPTICAL, tr("Optical image"))
        optical.setHelp(tr("Grey, RGB or multispectral; any pixel size and CRS."))
        optical_bands = QgsProcessingParameterBand(
            OPTICAL_BANDS,
            tr("Optical bands"),
            parentLayerParameterName=OPTICAL,
            optional=True,
            allowMultiple=True,
        )
        optical_bands.setHelp(tr("One or three bands to match, from 1; not set: red, green, blue."))
        moving = choice_parameter(MOVING, tr("Image to move"), ("sar", "optical"), "sar")
        moving.setHelp(tr("The other one is the reference: it stays, and gives CRS and grid."))
        return [sar, sar_band, optical, optical_bands, moving]

    @staticmethod
    def _settings() -> list[QgsProcessingParameterDefinition]:
        real = QgsProcessingParameterNumber.Type.Double
        transform = choice_parameter(
            TRANSFORM, tr("Transformation"), ("affine", "affine+flow"), "affine+flow"
        )
        transform.setHelp(
            tr(
                "affine: one shift, rotation, scale and shear for all. affine+flow: with a smooth "
                "local field on top, for relief and residual distortion."
            )
        )
        max_shift = QgsProcessingParameterNumber(
            MAX_SHIFT,
            tr("Largest shift (px)"),
            real,
            DEFAULT_MAX_SHIFT,
            False,
            1.0,
            LARGEST_MAX_SHIFT,
        )
        max_shift.setHelp(
            tr(
                "The largest shift to expect, in pixels of the reference. Larger takes longer "
                "and finds more wrong places that look alike."
            )
        )
        extent = QgsProcessingParameterExtent(EXTENT, tr("Extent to register"), optional=True)
        extent.setHelp(tr("Only the overlap inside is matched and written; not set: all of it."))
        min_certainty = QgsProcessingParameterNumber(
            MIN_CERTAINTY, tr("Smallest certainty"), real, DEFAULT_MIN_CERTAINTY, False, 0.0, 1.0
        )
        min_certainty.setHelp(
            tr("Vectors and GCPs below it are left out, 0 to 1; the raster is not affected.")
        )
        spacing = QgsProcessingParameterNumber(
            SPACING, tr("Spacing of vectors and GCPs (px)"), real, None, True, 1.0
        )
        spacing.setHelp(tr("In pixels of the reference; not set: about 40 along the longer side."))
        model = QgsProcessingParameterString(MODEL, tr("Model"), DEFAULT_MODEL)
        model.setHelp(tr("The name of a bundled model, or the path of a .safetensors file."))
        device = choice_parameter(DEVICE, tr("Device"), DEVICES, Settings.load().device)
        device.setHelp(tr("auto: the GPU where it passes a test, else the CPU; the log says why."))
        return [
            transform,
            max_shift,
            extent,
            advanced(min_certainty),
            advanced(spacing),
            advanced(resampling_parameter(RESAMPLING)),
            advanced(model),
            advanced(device),
            advanced(creation_options_parameter(CREATE_OPTIONS)),
        ]

    @staticmethod
    def _destinations() -> list[QgsProcessingParameterDefinition]:
        output = QgsProcessingParameterRasterDestination(OUTPUT, tr("Registered raster"))
        output.setHelp(tr("The moving image on the reference's grid, with all its bands."))
        displacements = QgsProcessingParameterVectorDestination(
            DISPLACEMENTS, tr("Displacement vectors"), optional=True
        )
        displacements.setHelp(
            tr(
                "Lines from the old to the new position, with dx_m (east) and dy_m (north) in "
                "metres, dx_px and dy_px in pixels, certainty and residual."
            )
        )
        raster = QgsProcessingParameterRasterDestination(
            DISPLACEMENT_RASTER, tr("Displacement raster"), optional=True
        )
        raster.setHelp(
            tr(
                "Bands dx and dy (metres, east and north, new = old + (dx, dy)), certainty and "
                "residual. From it the registration can be applied to other rasters."
            )
        )
        gcps = QgsProcessingParameterFileDestination(
            GCPS,
            tr("Ground control points"),
            fileFilter=tr("Ground control points (*.points)"),
            optional=True,
            createByDefault=False,
        )
        gcps.setHelp(tr("Control points that QGIS's Georeferencer loads for the moving image."))
        report = QgsProcessingParameterFileDestination(
            REPORT, tr("Report"), fileFilter=tr("HTML (*.html)"), optional=True
        )
        report.setHelp(tr("One HTML file with figures, images before and after, and settings."))
        return [output, displacements, raster, gcps, report]
