"""SOMA for QGIS: registration of SAR and optical images."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

    from soma_qgis.plugin import SomaPlugin


def classFactory(iface: QgisInterface | None) -> SomaPlugin:
    """Return the plugin; ``iface`` is None in ``qgis_process``."""
    from soma_qgis.i18n import load_translation

    load_translation()  # first: some texts are made when their module is imported
    from soma_qgis.plugin import SomaPlugin

    return SomaPlugin(iface)
