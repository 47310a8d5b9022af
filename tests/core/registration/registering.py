"""Registers images that are in memory with the engine, as the product does."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from rasterio.transform import Affine
from torch import Tensor

from model_core.feedback import Feedback
from model_core.geometry.affine import affine_field
from model_core.geometry.field import ControlGrid, Field
from model_core.geometry.grid import Grid
from model_core.geometry.window import Window
from model_core.network.images import ImageBatch
from model_core.network.soma import Soma
from model_core.raster.reader import ImagePair, ViewReader
from model_core.raster.view import View
from model_core.registration.bounds import SearchBounds
from model_core.registration.engine import Alignment, align
from model_core.registration.model import RegistrationModel
from model_core.registration.transformation import Transformation

CPU = torch.device("cpu")


def as_view(images: ImageBatch) -> View:
    """Return a batch of one image as a view."""
    return View(images.image[0].numpy(), images.valid[0, 0].numpy() > 0, images.modality)


def image_pair(reference: ImageBatch, moving: ImageBatch) -> ImagePair:
    """Return two images on the pixel plane of the reference."""
    height, width = reference.image.shape[-2:]
    plane = Grid(None, Affine.identity(), width, height)
    return ImagePair(ViewReader(as_view(reference), plane), ViewReader(as_view(moving), plane))


def as_model(network: Soma) -> RegistrationModel:
    """Return a network as the engine takes it."""
    return RegistrationModel(network, CPU, "test")


def register(
    network: Soma,
    reference: ImageBatch,
    moving: ImageBatch,
    bounds: SearchBounds,
    wanted: Transformation = "affine+flow",
) -> Alignment:
    """Register two images."""
    pair = image_pair(reference, moving)
    return align(pair, as_model(network), bounds, wanted, Feedback())


def start_field(affine: Tensor, size: tuple[int, int]) -> Field:
    """Return the field of an affine (1, 2, 3)."""
    return Field(affine[0].double().numpy(), ControlGrid(*size, 16))


def error(field: Field, truth: Tensor) -> float:
    """Return the root mean square distance, in pixels, of a field from a true affine (1, 2, 3)."""
    size = field.grid.height, field.grid.width
    found = field.window(Window(0, 0, *size))
    difference = found - true_positions(truth, size)
    return float(np.sqrt(np.square(difference).sum(axis=-1).mean()))


def true_positions(truth: Tensor, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the positions (H, W, 2) of an affine (1, 2, 3)."""
    return np.asarray(affine_field(truth.double(), *size)[0].numpy())
