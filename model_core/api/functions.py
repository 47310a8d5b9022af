"""The functions of the Python interface.

Examples:
    >>> import model_core as soma
    >>> result = soma.register("sar.tif", "optical.tif", max_shift=20)
    >>> result.verdict
    'registered'
    >>> result
    <Registration, registered (more than 99 %): sar.tif to optical.tif, ..., RMSE 7... before, 0...>

    Arrays, with their place on the map:

    >>> import rasterio
    >>> with rasterio.open("sar.tif") as dataset:
    ...     backscatter = (dataset.read(1), dataset.transform, dataset.crs)
    >>> soma.register(backscatter, "optical.tif", max_shift=20).verdict
    'registered'

    Plain images, in pixels:

    >>> found = soma.match("sar.tif", "optical.tif", max_shift=20)
    >>> found.verdict, found.affine.shape, found.field.shape
    ('registered', (2, 3), (256, 256, 2))
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from model_core.api.documentation import with_settings
from model_core.api.feedback import ProgressListener, as_feedback
from model_core.api.images import Image, open_image
from model_core.api.result import Registration
from model_core.errors import BadInputError
from model_core.feedback import STAGES
from model_core.paths import checked_path
from model_core.products.registered_raster import RasterOptions
from model_core.registration.model import load_model as load_cached
from model_core.settings import SETTINGS, check_settings
from model_core.workflows.apply import apply_registration
from model_core.workflows.bounds import search_bounds
from model_core.workflows.match import PairMatch, match_pair, plain_view
from model_core.workflows.register import compute, open_scenes
from model_core.workflows.request import RegistrationRequest

OF_MATCH = ("transform", "max_shift", "max_rotation", "max_scale", "model", "device")
OF_APPLY = ("resampling", "output_grid", "output_pixel_size", "creation_options", "dem")


@dataclass(frozen=True)
class Model:
    """A model that is loaded and ready, for ``model=`` of the functions.

    Attributes:
        source: name of a bundled model, or path of a file.
        title: what it is called in reports.
        device: it runs on, "cpu" or "cuda".
        device_reason: why there.
    """

    source: str
    title: str
    device: Literal["cpu", "cuda"]
    device_reason: str


@with_settings("device")
def load_model(name: str | os.PathLike[str] = "soma-compact", **settings: Any) -> Model:
    """Load a model now, so that the first registration need not; it stays loaded.

    Args:
        name: of a bundled model, or the path of a ``.safetensors`` file.

    Returns:
        The model, to be given as ``model=`` to :func:`register` and :func:`match`.

    Raises:
        BadInputError: the model is unknown or its file is not sound; the device is not there.

    Examples:
        >>> import model_core as soma
        >>> soma.load_model("fixed-descriptors", device="cpu").device
        'cpu'
    """
    checked = _checked({"model": name, **settings}, ("model", "device"))
    model, reason = load_cached(checked["model"], checked["device"])
    used: Literal["cpu", "cuda"] = "cuda" if model.device.type == "cuda" else "cpu"
    return Model(checked["model"], model.name, used, reason)


@with_settings()
def register(
    sar: Image, optical: Image, *, progress: ProgressListener = None, **settings: Any
) -> Registration:
    """Register a SAR and an optical image; nothing is written.

    Args:
        sar: the SAR image: linear, dB, 8 bit or complex; for the forms it may have see
            :mod:`model_core.api.images`.

        optical: the optical image. Either both images are georeferenced or neither is; then they
            share the pixel plane.

        progress: a function of the stage's name and the share that is done, 0 to 1; or a
            :class:`~model_core.feedback.Feedback`, which can also cancel.

    Returns:
        The registration with its verdict. That the images do not fit is a result ("failed"), not an
        error.

    Raises:
        BadInputError: an image or a setting cannot be used; the sentence says what to do.
        CancelledError: on request of ``progress``.
    """
    checked = _checked(settings, SETTINGS)
    images = open_image(sar, "SAR image"), open_image(optical, "optical image")
    request = RegistrationRequest(images[0].path, images[1].path, settings=checked)
    feedback = as_feedback(progress, 0.0, STAGES["verify"][1])
    return Registration(compute(request, open_scenes(request), feedback), images)


@with_settings(*OF_MATCH)
def match(sar: Image, optical: Image, **settings: Any) -> PairMatch:
    """Match two plain images in pixels; georeferencing, where there is one, is left aside.

    Args:
        sar: the SAR image, in any form that :func:`register` takes; its first band is matched.

        optical: the optical image.

    Returns:
        ``affine`` (2, 3), optical pixel (x, y, 1) to SAR pixel, pixel centres at integers;
        ``field`` (H, W, 2) float32, the SAR position of each optical pixel, NaN where unknown;
        ``certainty_map`` (H, W), the probability that a position is right to a pixel;
        ``certainty``, its mean; ``verdict``, with the ``probability`` that the alignment is right
        to some 3 px, and ``reasons``; ``kind``, of the transformation. Where the verdict is
        "failed", affine and field mean nothing.

    Raises:
        BadInputError: an image or a setting cannot be used; the sentence says what to do.
    """
    checked = _checked(settings, OF_MATCH)
    images = open_image(sar, "SAR image"), open_image(optical, "optical image")
    views = plain_view(images[0].path, "sar"), plain_view(images[1].path, "optical")
    loaded, _ = load_cached(checked["model"], checked["device"])
    bounds = search_bounds(checked, georeferenced=False)
    return match_pair(loaded, *views, bounds, checked["transform"])


@with_settings(*OF_APPLY)
def apply(
    displacement_raster: str | os.PathLike[str],
    raster: Image,
    output: str | os.PathLike[str],
    *,
    progress: ProgressListener = None,
    **settings: Any,
) -> Path:
    """Move another raster by a saved registration; nothing is matched again.

    Args:
        displacement_raster: ``displacement.tif``, as a registration wrote it.

        raster: another band, polarisation, date or product in the moving image's CRS, of any pixel
            size, in any form that :func:`register` takes.

        output: the file to write.

        progress: see :func:`register`.

    Returns:
        The path of the output.

    Raises:
        BadInputError: a file cannot be used, the raster is not of the moving image's geometry, or
            the output cannot be written; nothing was written.
        CancelledError: on request; nothing was written.

    Examples:
        >>> import model_core as soma
        >>> saved = soma.register("sar.tif", "optical.tif", max_shift=20).save("result")
        >>> soma.apply(saved["displacement_raster"], "sar.tif", "again.tif").name
        'again.tif'
    """
    image = open_image(raster, "raster")
    target = checked_path("The output", output)
    checked = _checked(settings, OF_APPLY)
    apply_registration(
        checked_path("The displacement raster", displacement_raster),
        image.path,
        target,
        RasterOptions.of(checked),
        as_feedback(progress),
    )
    return Path(target)


def _checked(given: Mapping[str, Any], taken: Iterable[str]) -> dict[str, Any]:
    """Return the settings of a function, checked; all others by default.

    Raises:
        BadInputError: the function has no such setting, or its value cannot be used.
    """
    known = list(taken)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise BadInputError(
            f"There is no setting {unknown[0]!r}; the settings are: {', '.join(known)}."
        )
    settings = dict(given)
    model = settings.get("model")
    if isinstance(model, Model):
        settings |= {"model": model.source, "device": model.device}
    elif isinstance(model, os.PathLike):
        settings["model"] = os.fspath(model)
    return check_settings(settings)
