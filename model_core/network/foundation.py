"""The frozen DINOv2 of SOMA (section 3.1): a vision transformer at the coarse scale of both images.

It is never trained and never part of a checkpoint: its weights come through timm, from a file the
user has or from the model hub.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import timm
import torch
import torch.nn.functional as F
from timm.data.constants import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import Tensor, nn

from model_core.errors import BadInputError, first_line
from model_core.geometry.pixels import cell_to_pixel, pixel_grid, pixel_to_cell
from model_core.geometry.sampling import sample
from model_core.network.config import FoundationConfig


class FrozenFoundation(nn.Module):
    """A timm vision transformer whose parameters stay what they are."""

    mean: Tensor
    std: Tensor

    def __init__(self, config: FoundationConfig) -> None:
        """Build it with random weights; :meth:`load` replaces them."""
        super().__init__()
        self.name = config.name
        self.vit = self._freeze(self._create(config.name))
        self.channels: int = self.vit.num_features
        self.patch: int = self.vit.patch_embed.patch_size[0]
        for name, values in (("mean", IMAGENET_DEFAULT_MEAN), ("std", IMAGENET_DEFAULT_STD)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)

    @staticmethod
    def _create(name: str, **settings: Any) -> Any:
        return timm.create_model(name, num_classes=0, dynamic_img_size=True, **settings)

    @staticmethod
    def _freeze(vit: Any) -> Any:
        return vit.requires_grad_(False).eval()

    def load(self, source: Path | None) -> None:
        """Load the weights from a ``.safetensors`` file, or from timm's hub when there is none.

        Raises:
            BadInputError: the file or the hub does not give them.
        """
        if source is not None and source.suffix != ".safetensors":
            raise BadInputError(
                f"{source} is not a .safetensors file, and no other kind is opened; "
                f"give the weights of {self.name} as timm publishes them in that format."
            )
        overlay = {} if source is None else {"pretrained_cfg_overlay": {"file": str(source)}}
        try:
            vit = self._create(self.name, pretrained=True, **overlay)
        except Exception as error:  # whatever file system, network or timm raise
            raise BadInputError(
                f"The weights of {self.name} could not be loaded from "
                f"{source or 'the model hub'} ({first_line(error)}); "
                "give them as a file, or use the model soma-compact, which needs none."
            ) from error
        parameter = next(self.vit.parameters())
        self.vit = self._freeze(vit.to(parameter.device, parameter.dtype))

    def train(self, mode: bool = True) -> FrozenFoundation:
        """Stay in evaluation mode: nothing here is trained."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, image: Tensor, valid: Tensor, stride: int) -> Tensor:
        """Return features (B, C, ceil(H / stride), ceil(W / stride)).

        The image is continued to whole patches; patches without a valid pixel are attended by none.

        Args:
            image: (B, 1 or 3, H, W) in [0, 1], invalid pixels filled; one band is repeated.
            valid: (B, 1, H, W).
            stride: of the cells at whose centres the features are taken.
        """
        batch, _, height, width = image.shape
        rows, columns = math.ceil(height / self.patch), math.ceil(width / self.patch)
        beyond = (0, columns * self.patch - width, 0, rows * self.patch - height)
        whole = F.pad(image.expand(batch, 3, height, width), beyond, mode="replicate")
        seen = F.max_pool2d(F.pad(valid.float(), beyond), self.patch).flatten(1) > 0
        # An image without any valid pixel still needs something to attend to.
        seen = seen | ~seen.any(dim=1, keepdim=True)
        prefix = seen.new_ones(batch, self.vit.num_prefix_tokens)
        mask = torch.cat([prefix, seen], dim=1)[:, None, None]
        dtype = next(self.vit.parameters()).dtype
        normalised = ((whole - self.mean) / self.std).to(dtype)
        tokens = cast("Tensor", self.vit.forward_features(normalised, attn_mask=mask))
        tokens = tokens[:, self.vit.num_prefix_tokens :]
        grid = tokens.transpose(1, 2).reshape(batch, self.channels, rows, columns).float()
        cells = pixel_grid(-(-height // stride), -(-width // stride), grid)
        positions = pixel_to_cell(cell_to_pixel(cells, stride), self.patch)
        return sample(grid, positions.expand(batch, *positions.shape))
