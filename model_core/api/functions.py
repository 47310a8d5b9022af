"""The functions of the Python interface.

Examples:
    >>> import model_core as soma
    >>> result = soma.register("sar.tif", "optical.tif", max_shift=20)
    >>> result.verdict
    'registered'
    >>> result
    <Registration, registered: sar.tif to optical.tif, RMSE 7... px before, 0... px after>

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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from model_core.api.documentation import with_settings
from model_core.api.feedback import ProgressListener, as_feedback
from model_core.api.images import Image, open_image
from model_core.api.result import Registration
from model_core.feedback import STAGES
from model_core.registration.model import load_model as load_cached
from model_core.settings import SETTINGS, check_settings
from model_core.workflows.apply import apply_registration
from model_core.workflows.bounds import search_bounds
from model_core.workflows.match import PairMatch, match_pair, plain_view
from model_core.workflows.register import compute, open_scenes
from model_core.workflows.request import RegistrationRequest


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


@with_settings
def load_model(
    name: str | os.PathLike[str] = "soma-compact", device: Literal["auto", "cpu", "cuda"] = "auto"
) -> Model:
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
    settings = _settings({"model": name, "device": device})
    model, reason = load_cached(settings["model"], settings["device"])
    kind: Literal["cpu", "cuda"] = "cuda" if model.device.type == "cuda" else "cpu"
    return Model(settings["model"], model.name, kind, reason)


@with_settings
def register(
    sar: Image,
    optical: Image,
    *,
    sar_band: int | None = None,
    optical_bands: Sequence[int] | None = None,
    moving: Literal["sar", "optical"] = "sar",
    transform: Literal["affine", "affine+flow"] = "affine+flow",
    max_shift: float = 50.0,
    max_rotation: float | None = None,
    max_scale: float | None = None,
    extent: Sequence[float] | None = None,
    min_certainty: float = 0.3,
    spacing: float | None = None,
    resampling: Literal["auto", "nearest", "bilinear", "cubic"] = "auto",
    output_pixel_size: float | None = None,
    model: str | os.PathLike[str] | Model = "soma-compact",
    device: Literal["auto", "cpu", "cuda"] = "auto",
    creation_options: Sequence[str] = (),
    progress: ProgressListener = None,
    **unknown: NoReturn,
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
    settings = _settings(locals())
    images = open_image(sar, "SAR image"), open_image(optical, "optical image")
    request = RegistrationRequest(images[0].path, images[1].path, settings=settings)
    feedback = as_feedback(progress, 0.0, STAGES["verify"][1])
    return Registration(compute(request, open_scenes(request), feedback), images)


@with_settings
def match(
    sar: Image,
    optical: Image,
    *,
    transform: Literal["affine", "affine+flow"] = "affine+flow",
    max_shift: float = 50.0,
    max_rotation: float | None = None,
    max_scale: float | None = None,
    model: str | os.PathLike[str] | Model = "soma-compact",
    device: Literal["auto", "cpu", "cuda"] = "auto",
    **unknown: NoReturn,
) -> PairMatch:
    """Match two plain images in pixels; georeferencing, where there is one, is left aside.

    Args:
        sar: the SAR image, in any form that :func:`register` takes; its first band is matched.

        optical: the optical image.

    Returns:
        ``affine`` (2, 3), optical pixel (x, y, 1) to SAR pixel, pixel centres at integers;
        ``field`` (H, W, 2) float32, the SAR position of each optical pixel, NaN where unknown;
        ``certainty_map`` (H, W) in [0, 1]; ``certainty``, its mean; ``verdict`` and ``reasons``.
        Where the verdict is "failed", affine and field mean nothing.

    Raises:
        BadInputError: an image or a setting cannot be used; the sentence says what to do.
    """
    settings = _settings(locals())
    images = open_image(sar, "SAR image"), open_image(optical, "optical image")
    views = plain_view(images[0].path, "sar"), plain_view(images[1].path, "optical")
    loaded, _ = load_cached(settings["model"], settings["device"])
    bounds = search_bounds(settings, georeferenced=False)
    return match_pair(loaded, *views, bounds, local=transform == "affine+flow")


@with_settings
def apply(
    displacement_raster: str | os.PathLike[str],
    raster: Image,
    output: str | os.PathLike[str],
    *,
    resampling: Literal["auto", "nearest", "bilinear", "cubic"] = "auto",
    creation_options: Sequence[str] = (),
    progress: ProgressListener = None,
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
    target = os.fspath(output)
    feedback = as_feedback(progress)
    apply_registration(
        os.fspath(displacement_raster), image.path, target, resampling, creation_options, feedback
    )
    return Path(target)


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings among the arguments of a function, checked; all others by default.

    Raises:
        BadInputError: a setting is unknown, or its value cannot be used.
    """
    settings = {name: value for name, value in given.items() if name in SETTINGS}
    model = settings.get("model")
    if isinstance(model, Model):
        settings |= {"model": model.source, "device": model.device}
    elif isinstance(model, os.PathLike):
        settings["model"] = os.fspath(model)
    return check_settings({**settings, **given.get("unknown", {})})
