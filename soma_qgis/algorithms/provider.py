"""The Processing provider ``soma``."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from soma_qgis.algorithms.apply_registration import ApplyRegistrationAlgorithm
from soma_qgis.algorithms.register import RegisterAlgorithm
from soma_qgis.i18n import tr
from soma_qgis.locations import icon_path


class SomaProvider(QgsProcessingProvider):
    """Lists the algorithms."""

    def id(self) -> str:
        """Return the id, which never changes."""
        return "soma"

    def name(self) -> str:
        """Return the name in the toolbox."""
        return tr("SOMA")

    def longName(self) -> str:
        """Return the name that says what it is."""
        return tr("SOMA: SAR and optical image registration")

    def icon(self) -> QIcon:
        """Return the provider's icon."""
        return QIcon(icon_path("soma.svg"))

    def svgIconPath(self) -> str:
        """Return the icon's file."""
        return icon_path("soma.svg")

    def loadAlgorithms(self) -> None:
        """Add the algorithms."""
        self.addAlgorithm(RegisterAlgorithm())
        self.addAlgorithm(ApplyRegistrationAlgorithm())

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        """Return what the worker writes as rasters."""
        return ["tif", "tiff"]

    def supportedOutputVectorLayerExtensions(self) -> list[str]:
        """Return what the worker writes as vectors."""
        return ["gpkg"]

    def supportsNonFileBasedOutput(self) -> bool:
        """Return False: the worker writes files."""
        return False
