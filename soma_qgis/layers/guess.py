"""Which raster layer is likely the SAR image and which the optical one.

Only what QGIS holds in memory is looked at: names, bands, type and extent; no pixel is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsRasterLayer,
    QgsSingleBandGrayRenderer,
)

Box = tuple[float, float, float, float]
"""xmin, ymin, xmax, ymax in degrees."""


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SAR_WORDS = _listed(
    "sar insar radar s1 s1a s1b s1c sentinel1 grd grdh iw slc rtc sigma0 gamma0 beta0 sigma "
    "backscatter asar ers ers1 ers2 envisat palsar palsar2 alos alos2 terrasar tsx tdx tandem "
    "paz csk csg cosmo skymed radarsat rs2 rcm iceye capella umbra risat nisar saocom gf3 "
    "gaofen3 lt1 novasar"
)
_POLARISATIONS = _listed("vv vh hh hv")
_OPTICAL_WORDS = _listed(
    "optical opt rgb rgbi rgbn tci truecolor truecolour s2 s2a s2b s2c sentinel2 msi l2a l1c "
    "ortho orthophoto orthofoto ortofoto dop naip aerial landsat landsat8 landsat9 l8 l9 lc08 "
    "lc09 oli spot spot6 spot7 pleiades worldview wv2 wv3 quickbird ikonos geoeye planet "
    "planetscope skysat rapideye modis aster pan panchromatic multispectral gf1 gf2 gaofen1 "
    "gaofen2 zy3 satellite imagery basemap google bing esri"
)
_SAR_PARTS = ("雷达", "微波")
_OPTICAL_PARTS = ("光学", "正射", "航拍")
_OPTICAL_BANDS = _listed("red green blue nir b02 b03 b04 b08 b2 b3 b4 b8 coastal swir")
_OWN_BANDS = {"dx", "dy", "certainty", "residual"}
"""Bands of a displacement raster, which is neither."""


@dataclass(frozen=True)
class LayerFacts:
    """What is known of a raster layer without reading it.

    Attributes:
        id: of the layer.
        name: of the layer.
        bands: their descriptions; empty texts where there are none.
        is_file: whether it lies in a file.
        decibels: whether it is drawn on a range that goes below zero, as backscatter in dB is.
        box: (xmin, ymin, xmax, ymax) in degrees, or None.
        own: whether SOMA has made it.
    """

    id: str
    name: str
    bands: tuple[str, ...] = ("",)
    is_file: bool = True
    decibels: bool = False
    box: Box | None = None
    own: bool = False


def layer_facts(layer: QgsRasterLayer, own: bool = False) -> LayerFacts:
    """Return what QGIS knows of a layer."""
    provider = layer.dataProvider()
    names = tuple(_band_name(layer.bandName(n)) for n in range(1, layer.bandCount() + 1))
    return LayerFacts(
        layer.id(),
        layer.name(),
        names or ("",),
        is_file=provider is not None and provider.name() == "gdal",
        decibels=_drawn_below_zero(layer),
        box=_box_in_degrees(layer),
        own=own or _OWN_BANDS.issubset(name.lower() for name in names),
    )


def guess_pair(layers: Sequence[LayerFacts]) -> tuple[str | None, str | None]:
    """Return the ids of the SAR and the optical layer; None where no layer is likely.

    Among equals the first one is taken, which is the upper one where the layers are given in the
    order of the layer tree.
    """
    usable = [layer for layer in layers if not layer.own]
    pairs = [
        (sar_score(sar) - sar_score(optical) + _overlap_bonus(sar, optical), sar, optical)
        for sar in usable
        for optical in usable
        if sar.id != optical.id
    ]
    # A basemap lies under many projects: it is the reference where no file can be.
    pairs = [pair for pair in pairs if _plain(*pair[1:])] or pairs
    if pairs:
        score, sar, optical = max(pairs, key=lambda pair: pair[0])
        likely = sar_score(sar) > 0, sar_score(optical) < 0
        if score > 0 and any(likely):
            return sar.id, optical.id
        return None, None
    for only in usable:
        if sar_score(only) > 0:
            return only.id, None
        if sar_score(only) < 0:
            return None, only.id
    return None, None


def sar_score(layer: LayerFacts) -> float:
    """Return how much speaks for SAR: above zero; below zero: for optical."""
    words = _words(layer.name)
    score = 0.0
    score += 4.0 * bool(words & _SAR_WORDS or _contains(layer.name, _SAR_PARTS))
    score += 3.0 * bool(words & _POLARISATIONS)
    score -= 4.0 * bool(words & _OPTICAL_WORDS or _contains(layer.name, _OPTICAL_PARTS))
    band_words: set[str] = set().union(*(_words(name) for name in layer.bands))
    score += 3.0 * bool(band_words & _POLARISATIONS)
    score -= 3.0 * bool(band_words & _OPTICAL_BANDS)
    score += 2.0 * layer.decibels
    score += 1.0 if len(layer.bands) <= 2 else -2.0
    score -= 3.0 * (not layer.is_file)
    return score


def _plain(sar: LayerFacts, optical: LayerFacts) -> bool:
    """Return whether two layers are files of one place, and likely what they are taken for."""
    return (
        sar.is_file
        and optical.is_file
        and sar_score(sar) > 0 > sar_score(optical)
        and _overlap_bonus(sar, optical) >= 0
    )


def _overlap_bonus(first: LayerFacts, second: LayerFacts) -> float:
    if first.box is None or second.box is None:
        return 0.0
    apart = (
        first.box[2] <= second.box[0]
        or second.box[2] <= first.box[0]
        or first.box[3] <= second.box[1]
        or second.box[3] <= first.box[1]
    )
    return -5.0 if apart else 1.0


def _words(name: str) -> set[str]:
    """Return the words of a name in lower case, split at signs and at changes of case.

    "S1A_IW_GRDH_VV" gives s1a, iw, grdh, vv; "Sentinel-1" gives sentinel, 1 and
    sentinel1; "s2rgb" gives s2rgb, s2 and rgb.
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = [word for word in re.split(r"[^0-9a-zA-Z]+", spaced.lower()) if word]
    glued = [re.fullmatch(r"([a-z]+[0-9]+)([a-z]{2,})", word) for word in words]
    parts = [part for found in glued if found for part in found.groups()]
    return {*words, *parts, *(first + second for first, second in zip(words, words[1:]))}


def _contains(name: str, parts: Sequence[str]) -> bool:
    """Return whether a name has one of these in it, for scripts that do not part words."""
    return any(part in name for part in parts)


def _band_name(shown: str) -> str:
    """Return the description in a band's name as QGIS shows it, "Band 1: VV"."""
    return shown.partition(":")[2].strip()


def _drawn_below_zero(layer: QgsRasterLayer) -> bool:
    renderer = layer.renderer()
    if not isinstance(renderer, QgsSingleBandGrayRenderer):
        return False
    stretch = renderer.contrastEnhancement()
    return stretch is not None and stretch.minimumValue() < 0


def _box_in_degrees(layer: QgsRasterLayer) -> Box | None:
    if not layer.crs().isValid():
        return None
    transform = QgsCoordinateTransform(
        layer.crs(), QgsCoordinateReferenceSystem("EPSG:4326"), QgsCoordinateTransformContext()
    )
    transform.setBallparkTransformsAreAppropriate(True)
    try:
        box = transform.transformBoundingBox(layer.extent())
    except QgsCsException:
        return None
    return box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()
