"""``soma:applyregistration``: a saved registration applied to another raster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
)

from soma_qgis.algorithms.base import SomaAlgorithm
from soma_qgis.algorithms.loading import MovedLayer, open_registered
from soma_qgis.algorithms.parameters import setting_parameter
from soma_qgis.definitions import setting_named
from soma_qgis.i18n import tr

DISPLACEMENT_RASTER = "DISPLACEMENT_RASTER"
INPUT = "INPUT"
OUTPUT = "OUTPUT"

SETTINGS = ("resampling", "output_grid", "output_pixel_size", "creation_options", "dem")
"""Those of a registration that its application has as well."""


class ApplyRegistrationAlgorithm(SomaAlgorithm):
    """Moves a raster by a displacement raster that ``soma:register`` wrote."""

    def __init__(self) -> None:
        super().__init__()
        self._arguments: dict[str, Any] = {}
        self._moved = MovedLayer("", "")

    def name(self) -> str:
        """Return the id, which never changes."""
        return "applyregistration"

    def displayName(self) -> str:
        """Return the name in the toolbox."""
        return tr("Apply a registration")

    def shortDescription(self) -> str:
        """Return the tooltip."""
        return tr("Moves a raster by the displacement raster of an earlier registration.")

    def tags(self) -> list[str]:
        """Return words by which the toolbox finds the algorithm."""
        return tr("registration,coregistration,alignment,displacement,warp").split(",")

    def shortHelpString(self) -> str:
        """Return the help beside the dialog."""
        return tr(
            "Applies a registration that was saved as a displacement raster to any raster that has "
            "the geometry of the moving image: other bands, other polarisations, products derived "
            "from it. Nothing is matched again.\n\n"
            "Displacements are the correction applied to the moving image: new position = old "
            "position + (dx, dy), dx towards east and dy towards north, in metres."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        displacement = QgsProcessingParameterRasterLayer(
            DISPLACEMENT_RASTER, tr("Displacement raster")
        )
        displacement.setHelp(tr("The displacement raster of an earlier registration."))
        self.addParameter(displacement)
        raster = QgsProcessingParameterRasterLayer(INPUT, tr("Raster to move"))
        raster.setHelp(tr("A raster with the geometry of the image that was moved."))
        self.addParameter(raster)
        for name in SETTINGS:
            self.addParameter(setting_parameter(setting_named(name)))
        output = QgsProcessingParameterRasterDestination(OUTPUT, tr("Registered raster"))
        output.setHelp(tr("The raster on the grid of the registration, with all its bands."))
        self.addParameter(output)

    def arguments(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> dict[str, Any]:
        """Return the arguments of the core's ``apply_registration``, without the output."""
        return {
            "displacement_raster": self.source(parameters, DISPLACEMENT_RASTER, context),
            "raster": self.source(parameters, INPUT, context),
            **{name: self.value(setting_named(name), parameters, context) for name in SETTINGS},
        }

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Take from the layers all that the run needs; the run itself touches none."""
        self._arguments = self.arguments(parameters, context)
        self._moved = MovedLayer.of(self.layer(parameters, INPUT, context))
        return True

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Have the worker apply the registration."""
        # The worker runs in another folder, where a relative path would be another file.
        output = str(Path(self.parameterAsOutputLayer(parameters, OUTPUT, context)).absolute())
        self.run_job("apply", {**self._arguments, "output": output}, feedback, [output])
        open_registered(context, output, self._moved)
        return {OUTPUT: output}
