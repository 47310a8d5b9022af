"""``soma:register``: a SAR and an optical image in, the registered raster and its evidence out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterRasterLayer,
    QgsProcessingUtils,
    QgsRasterLayer,
)

from soma_qgis.algorithms.base import SomaAlgorithm
from soma_qgis.algorithms.figures import figures
from soma_qgis.algorithms.loading import MovedLayer, open_results
from soma_qgis.algorithms.names import OPTICAL, REASONS, SAR
from soma_qgis.algorithms.parameters import is_given, product_destination, setting_parameter
from soma_qgis.algorithms.paths import layer_of, only_selected
from soma_qgis.definitions import Setting, products, setting_named, settings
from soma_qgis.i18n import tr
from soma_qgis.layers.export import Export, ExportGrid, export_grid, has_own_pixels, needs_export
from soma_qgis.layers.source import LayerError, extent_in_file, place_of
from soma_qgis.layers.vector_export import VectorExport


class RegisterAlgorithm(SomaAlgorithm):
    """Registers a SAR image to an optical one, or the other way round."""

    def __init__(self) -> None:
        super().__init__()
        self._request: dict[str, Any] = {}
        self._exports: dict[str, Export] = {}
        self._vectors: dict[str, VectorExport] = {}
        self._moved = MovedLayer("", "")

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
            "The verdict rests on the probability that the alignment is right, as independent "
            "verification windows show it. registered: it is high. doubtful: the result is given, "
            "look at the report before using it. failed: no raster is written and the algorithm "
            "ends with an error that says why.\n\n"
            "VERDICT: one of these three. PROBABILITY: that the alignment is right to some 3 "
            "pixels, 0 to 1, if right and wrong ones are equally frequent beforehand. "
            "TRANSFORMATION: its kind, a word of TRANSFORM.\n\n"
            "RMSE_BEFORE, RMSE_AFTER: pixels of the reference, RMSE_AFTER as measured again after "
            "registration. MEDIAN_SHIFT_M: metres. INLIER_RATIO: share of the verification "
            "windows that agree, of those that show enough to tell, 0 to 1. COVERAGE: share of the "
            "overlap where the displacement is more likely right to a pixel than not, 0 to 1."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        for parameter in self._images_with_bands():
            self.addParameter(parameter)
        for setting in settings():
            if not setting.of:  # those of an image stand below it
                self.addParameter(setting_parameter(setting))
        for product in products():
            self.addParameter(product_destination(product))
        for figure in figures():
            self.addOutput(figure.definition())

    def arguments(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> dict[str, Any]:
        """Return the core's ``RegistrationRequest`` as JSON, without outputs.

        A path is empty where the layer is no file and the run exports it first.
        """
        return {
            "sar": self._path(parameters, SAR, context),
            "optical": self._path(parameters, OPTICAL, context),
            **{setting.name: self.value(setting, parameters, context) for setting in settings()},
        }

    def value(
        self, setting: Setting, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> Any:
        """Return what the parameters say of a setting, as the worker takes it."""
        if setting.type == "extent":
            return self._extent(setting, parameters, context)
        return super().value(setting, parameters, context)

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
        self._vectors = self._vector_exports(parameters, context)
        moving, _ = self._moving_and_reference(parameters, context)
        self._moved = MovedLayer.of(self.layer(parameters, moving, context))
        return True

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Have the worker register, and judge what comes back."""
        paths = self._paths(parameters, context)
        request = {**self._request, **self._export(feedback), "outputs": paths}
        found = self.run_job("register", request, feedback, list(paths.values()))
        self._judge(found, feedback)
        open_results(context, paths, self._moved)
        return {
            **{made.parameter: paths[made.name] for made in products() if made.name in paths},
            **{figure.output: found[figure.key] for figure in figures()},
            REASONS: " ".join(found["reasons"]),
        }

    @staticmethod
    def _judge(found: dict[str, Any], feedback: QgsProcessingFeedback) -> None:
        """Tell the person the verdict; a failed registration is an error."""
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
        named = {"tie_points": tr("Tie points"), "check_points": tr("Check points")}
        for key, title in named.items():
            points = found.get(key)
            if points is not None:
                text = tr("{}: RMSE {:.2f} px before, {:.2f} px after, CE90 {:.2f} px.")
                figures = (points[f"{name}_px"] for name in ("rmse_before", "rmse_after", "ce90"))
                feedback.pushInfo(text.format(title, *figures))
        feedback.pushInfo(
            tr("{:.1f} s on {} ({}) with {}.").format(
                found["seconds"], found["device"], found["device_reason"], found["model"]
            )
        )

    def _path(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> str:
        """Return the file of a layer; empty where it is to be exported, and that can be done."""
        if not needs_export(self.layer(parameters, name, context)):
            return self.source(parameters, name, context)
        self._export_grid(parameters, name, context)
        return ""

    def _export_grid(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> ExportGrid:
        layer = self.layer(parameters, name, context)
        other: QgsRasterLayer = self.layer(parameters, OPTICAL if name == SAR else SAR, context)
        if needs_export(other) and not (has_own_pixels(layer) or has_own_pixels(other)):
            raise QgsProcessingException(
                tr("Neither {} nor {} is a file, and one must be.").format(
                    layer.name(), other.name()
                )
            )
        within, extent = None, setting_named("extent").parameter
        if is_given(parameters.get(extent)):
            within = self.parameterAsExtent(parameters, extent, context, layer.crs())
        margin = self.value(setting_named("max_shift"), parameters, context)
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
        for key, vector in self._vectors.items():
            paths[key] = str(QgsProcessingUtils.generateTempFilename(f"{key}.gpkg"))
            try:
                vector.write(paths[key])
            except LayerError as error:
                raise QgsProcessingException(str(error)) from error
        return paths

    def _vector_exports(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> dict[str, VectorExport]:
        """Take the features of the vector layers of settings, by the settings' names."""
        placed = place_of(self.layer(parameters, OPTICAL, context)) == "crs"
        found = {}
        for setting in settings():
            if setting.type == "path" and self._request[setting.name] == "":
                layer = layer_of(self, setting, parameters, context)
                selected = only_selected(parameters[setting.parameter])
                found[setting.name] = VectorExport(layer, selected, placed)
        return found

    def _extent(
        self, setting: Setting, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> list[float] | None:
        """Return an extent in the reference's CRS."""
        if not is_given(parameters.get(setting.parameter)):
            return None
        _, name = self._moving_and_reference(parameters, context)
        reference = self.layer(parameters, name, context)
        box = self.parameterAsExtent(parameters, setting.parameter, context, reference.crs())
        return extent_in_file(box, reference)

    def _moving_and_reference(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[str, str]:
        """Return the parameters of the moving image and of the reference."""
        moving = self.value(setting_named("moving"), parameters, context)
        return (SAR, OPTICAL) if moving == "sar" else (OPTICAL, SAR)

    def _paths(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, str]:
        """Return the files of the products that are wanted, by the products' names."""
        paths = {}
        for product in products():
            read = self.parameterAsOutputLayer if product.is_layer else self.parameterAsFileOutput
            path = read(parameters, product.parameter, context)
            if path:
                # The worker runs in another folder, where a relative path would be another file.
                paths[product.name] = str(Path(path).absolute())
        return paths

    @staticmethod
    def _images_with_bands() -> list[QgsProcessingParameterDefinition]:
        sar = QgsProcessingParameterRasterLayer(SAR, tr("SAR image"))
        sar.setHelp(tr("Intensity, amplitude, dB or complex; any pixel size and CRS."))
        optical = QgsProcessingParameterRasterLayer(OPTICAL, tr("Optical image"))
        optical.setHelp(tr("Grey, RGB or multispectral; any pixel size and CRS."))
        found = []
        for image in (sar, optical):
            bands = [setting for setting in settings() if setting.of.upper() == image.name()]
            found += [image, *map(setting_parameter, bands)]
        return found
