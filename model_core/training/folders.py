"""Folders of aligned pairs as the public data sets ship them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from model_core.errors import BadInputError
from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.pairs import DatasetPair
from model_core.training.config import DataConfig

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


def read_source(source: DataConfig) -> list[DatasetPair]:
    """Return the pairs of one source.

    Layouts, as published:

    - ``manifest``: a CSV file, see ``evaluation.manifest``.
    - ``sen1-2``: ``ROIs*_<season>/s1_<scene>/*_s1_*.png`` with ``s2`` in its place.
    - ``osdataset``: ``sar<number>.png`` beside ``opt<number>.png``, in any subfolder.
    - ``whu-sen-city``: two parallel folders, one of SAR (``sar``, ``s1``, ``A``, ``trainA``,
      ``testA``) and one of optical images (``optical``, ``opt``, ``s2``, ``B``, ``trainB``,
      ``testB``), in any subfolder, with the same file names.
    - ``geotiff``: ``<name>_sar.tif`` beside ``<name>_optical.tif``, read on the optical image's
      grid.

    Raises:
        BadInputError: nothing is found, or what ``read_manifest`` raises.
    """
    path = Path(source.path)
    if source.layout == "manifest":
        return read_manifest(path, source.split)
    if not path.is_dir():
        raise BadInputError(f"The folder {path} of the layout {source.layout} does not exist.")
    partner = _PARTNERS[source.layout]
    pairs = list(_paired(path, source.layout, partner))
    if not pairs:
        raise BadInputError(
            f"No pair of the layout {source.layout} was found in {path}; choose the data set's top "
            "folder, or describe the pairs in a manifest."
        )
    return pairs


def _paired(
    root: Path, layout: str, partner: Callable[[Path], tuple[Path, str] | None]
) -> Iterable[DatasetPair]:
    for sar in sorted(p for p in root.rglob("*") if p.suffix.lower() in IMAGES):
        found = partner(sar.relative_to(root))
        if found is None:
            continue
        optical, region = root / found[0], found[1]
        if not optical.is_file():
            continue
        name = f"{layout}:{sar.relative_to(root).with_suffix('').as_posix()}"
        referenced = layout == "geotiff"
        alignment = None if referenced else np.eye(3)
        yield DatasetPair(
            id=name,
            source=layout,
            place=name,
            region=region,
            sar_path=sar,
            optical_path=optical,
            alignment=alignment,
            common_grid=referenced,
        )


def _sen12(sar: Path) -> tuple[Path, str] | None:
    if not re.search(r"_s1_", sar.name) or not re.fullmatch(r"s1_\d+", sar.parent.name):
        return None
    folder = sar.parent.parent / sar.parent.name.replace("s1_", "s2_", 1)
    return folder / sar.name.replace("_s1_", "_s2_"), sar.parent.as_posix()


def _osdataset(sar: Path) -> tuple[Path, str] | None:
    number = re.fullmatch(r"sar(\d+)", sar.stem, re.IGNORECASE)
    if not number:
        return None
    return sar.with_name(f"opt{number.group(1)}{sar.suffix}"), sar.as_posix()


def _whu_sen_city(sar: Path) -> tuple[Path, str] | None:
    names = {"sar": "optical", "s1": "s2", "A": "B", "trainA": "trainB", "testA": "testB"}
    for index, part in enumerate(sar.parts[:-1]):
        if part in names:
            parts = (*sar.parts[:index], names[part], *sar.parts[index + 1 :])
            return Path(*parts), sar.parent.parent.as_posix()
    return None


def _geotiff(sar: Path) -> tuple[Path, str] | None:
    if not sar.stem.endswith("_sar"):
        return None
    name = sar.stem.removesuffix("_sar")
    return sar.with_name(f"{name}_optical{sar.suffix}"), (sar.parent / name).as_posix()


_PARTNERS = {
    "sen1-2": _sen12,
    "osdataset": _osdataset,
    "whu-sen-city": _whu_sen_city,
    "geotiff": _geotiff,
}
