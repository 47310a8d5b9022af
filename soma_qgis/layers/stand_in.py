"""Files for the worker where a layer says more than its own file, or has none outside of QGIS."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from qgis.core import QgsProcessingFeedback, QgsProviderRegistry, QgsRasterLayer

from soma_qgis.i18n import tr
from soma_qgis.layers.source import LayerError, absolute, in_pixels

INLINE = "<VRTDataset"
MEMORY = "/vsimem/"
IMAGES = {".tif", ".tiff", ".img", ".vrt", ".jp2", ".png", ".jpg", ".bmp", ".asc"}


@dataclass(frozen=True)
class BandNodata:
    """What a layer takes for nodata in a band.

    Attributes:
        declared: the file's own value, where the layer goes by it.
        chosen: single values from the layer's properties.
    """

    declared: float | None
    chosen: tuple[float, ...]


class StandIn:
    """What only QGIS knows of a layer: taken in its thread, written in another one.

    It becomes a virtual raster of GDAL's over the layer's own file. A layer that lies in QGIS's
    memory is copied beside it.
    """

    def __init__(self, layer: QgsRasterLayer) -> None:
        """Take from the layer all that is needed; it may be gone when the file is written."""
        parts = QgsProviderRegistry.instance().decodeUri("gdal", layer.source())
        self.name = layer.name()
        self._options = list(parts.get("openOptions") or [])
        self._source = gdal_source(layer)
        self._crs = _crs_of_its_own(layer)
        self._nodata = _nodata(layer) if _has_nodata_of_its_own(layer) else None

    @property
    def file_name(self) -> str:
        """The name of the file: that of the layer's own, which summary and report then show."""
        inline = self._source.lstrip().startswith(INLINE)
        name = self.name if inline else re.split(r"[/\\]", self._source.split("?")[0])[-1]
        name = re.sub(r'[<>:"/\\|?*\s]+', "_", name).strip("_")[-80:]
        # GDAL goes by the content, others may go by the name.
        return name if Path(name).suffix.lower() in IMAGES else f"{name}.vrt"

    def write(self, path: str, feedback: QgsProcessingFeedback) -> list[str]:
        """Write the file, in whichever thread, and return all that was written.

        Raises:
            LayerError: it cannot be written, or the layer's file cannot be read any more.
        """
        from osgeo import gdal

        source, written = self._source, [path]
        try:
            if MEMORY in source:
                copy = str(Path(path).with_name(f"pixels_of_{Path(path).name}"))
                source, self._options, written = self._copied(copy, feedback), [], [path, copy]
            if source.lstrip().startswith(INLINE):
                Path(path).write_text(_with_absolute_names(source), encoding="utf-8")
            else:
                _found(gdal.Translate(path, self._opened(source), format="VRT"))
            dataset = _found(gdal.Open(path, gdal.GA_Update))
            if self._crs:
                dataset.SetProjection(self._crs)
            for band, nodata in enumerate(self._nodata or (), 1):
                _set_nodata(dataset.GetRasterBand(band), nodata)
            dataset.FlushCache()
        except (RuntimeError, OSError, ElementTree.ParseError) as error:
            if feedback.isCanceled():
                raise LayerError(tr("Cancelled; no half-written file is left.")) from error
            raise LayerError(
                tr("{} cannot be read any more ({}); repair its source.").format(self.name, error)
            ) from error
        return written

    def _opened(self, source: str) -> Any:
        from osgeo import gdal

        return _found(gdal.OpenEx(source, gdal.OF_RASTER, open_options=self._options))

    def _copied(self, path: str, feedback: QgsProcessingFeedback) -> str:
        """Write a layer that lies in memory to a file."""
        from osgeo import gdal

        feedback.setProgressText(tr("Exporting {}").format(self.name))
        made = gdal.Translate(
            path,
            self._opened(self._source),
            format="GTiff",
            creationOptions=["TILED=YES", "BIGTIFF=IF_SAFER"],
            callback=lambda *_: 0 if feedback.isCanceled() else 1,
        )
        _found(made).FlushCache()
        return path


def stand_in(layer: QgsRasterLayer) -> StandIn | None:
    """Return what the worker needs in place of a layer's file; None: the file itself will do.

    Touches the layer, so call it in the layer's thread only.
    """
    if layer.providerType() != "gdal":
        return None
    source = layer.source()
    parts = QgsProviderRegistry.instance().decodeUri("gdal", source)
    own = (
        source.lstrip().startswith(INLINE)
        or MEMORY in source
        or bool(parts.get("openOptions"))
        or bool(_crs_of_its_own(layer))
        or _has_nodata_of_its_own(layer)
    )
    return StandIn(layer) if own else None


def has_nodata_ranges(layer: QgsRasterLayer) -> bool:
    """Return whether a layer's nodata cannot be told by values: it has ranges of it, or several."""
    provider = layer.dataProvider()
    for band in range(1, layer.bandCount() + 1):
        chosen = provider.userNoDataValues(band)
        if any(one.min() != one.max() for one in chosen) or len(chosen) > 1:
            return True
    return False


def gdal_source(layer: QgsRasterLayer) -> str:
    """Return the name by which GDAL opens a layer's data, without options."""
    if layer.source().lstrip().startswith(INLINE):
        return str(layer.source())
    registry = QgsProviderRegistry.instance()
    parts = registry.decodeUri("gdal", layer.source())
    for option in ("openOptions", "credentialOptions"):
        parts.pop(option, None)
    return absolute(str(registry.encodeUri("gdal", parts)))


def _crs_of_its_own(layer: QgsRasterLayer) -> str:
    """Return the CRS that was set in QGIS where the file says another one, or none; as WKT."""
    shown, stored = layer.crs(), layer.dataProvider().crs()
    if not shown.isValid() or shown == stored:
        return ""
    if not stored.isValid() and in_pixels(layer):
        return ""  # QGIS gives new layers without a CRS the project's, where it is set to do so
    return str(shown.toWkt(shown.WKT_PREFERRED_GDAL))


def _has_nodata_of_its_own(layer: QgsRasterLayer) -> bool:
    provider = layer.dataProvider()
    return any(
        provider.userNoDataValues(band)
        or (provider.sourceHasNoDataValue(band) and not provider.useSourceNoDataValue(band))
        for band in range(1, layer.bandCount() + 1)
    )


def _nodata(layer: QgsRasterLayer) -> list[BandNodata]:
    provider, found = layer.dataProvider(), []
    for band in range(1, layer.bandCount() + 1):
        goes_by_it = provider.sourceHasNoDataValue(band) and provider.useSourceNoDataValue(band)
        declared = float(provider.sourceNoDataValue(band)) if goes_by_it else None
        chosen = tuple(float(one.min()) for one in provider.userNoDataValues(band))
        found.append(BandNodata(declared, chosen))
    return found


def _set_nodata(band: Any, nodata: BandNodata) -> None:
    """Have a band of a virtual raster take the values for nodata that the layer does."""
    values: Sequence[float] = [v for v in (nodata.declared, *nodata.chosen) if v is not None]
    if not values:
        band.DeleteNoDataValue()
        return
    band.SetNoDataValue(values[0])
    if len(values) == 1 or _same(*values):
        return
    # The file's own value stays; pixels of the chosen one are left out, and so become nodata too.
    sources = dict(band.GetMetadata("vrt_sources"))
    band.SetMetadata({}, "vrt_sources")
    for name, text in sources.items():
        source = ElementTree.fromstring(text)
        source.tag = "ComplexSource"
        for old in source.findall("NODATA"):
            source.remove(old)
        ElementTree.SubElement(source, "NODATA").text = repr(values[1])
        band.SetMetadataItem(name, ElementTree.tostring(source, "unicode"), "new_vrt_sources")


def _same(first: float, second: float) -> bool:
    return first == second or (math.isnan(first) and math.isnan(second))


def _with_absolute_names(text: str) -> str:
    """Return the XML of a virtual raster with names that hold in any folder."""
    root = ElementTree.fromstring(text.strip())
    for element in root.iter("SourceFilename"):
        if element.text:
            element.text = absolute(element.text.strip())
        element.set("relativeToVRT", "0")
    return str(ElementTree.tostring(root, "unicode"))


def _found(opened: Any) -> Any:
    """Return what GDAL gave; without exceptions switched on it gives nothing where it fails.

    Raises:
        RuntimeError: it gave nothing.
    """
    if opened is None:
        from osgeo import gdal

        raise RuntimeError(gdal.GetLastErrorMsg() or "GDAL says no more")
    return opened
