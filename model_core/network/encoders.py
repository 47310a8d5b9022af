"""The ResNet encoders of SOMA (section 3.1): one for SAR, one for optical, of one architecture.

Three things differ from timm's ResNets as they come. Normalisation is over the channels of each
cell (LayerNorm): it works from scratch, for a batch of one, and no cell depends on how much of the
rest of the image is valid, or on the tile it is seen in. Convolutions repeat the border instead of
filling in zeros, by which a network learns where a cell lies instead of what it shows. And their
features are to be moved to the cells' centres: see :func:`centre_cells`.
"""

from __future__ import annotations

from functools import partial
from typing import cast

import timm
import torch
from timm.layers import LayerNorm2d
from torch import Tensor, nn

from model_core.geometry.pixels import centre_offset
from model_core.network.config import EncoderConfig

Conv2d = partial(nn.Conv2d, padding_mode="replicate")
"""The convolution of all learned parts: beyond its border, an image goes on as it ended."""


def centre_cells(features: Tensor, stride: int) -> Tensor:
    """Move features (B, C, h, w) from where a ResNet takes them to the cells' centres.

    Its convolutions of stride 2 and odd size look at pixel ``stride * j`` for cell j, whose centre
    is half a stride, less half a pixel, further on (see ``geometry.pixels``). Linear between
    neighbours.
    """
    share = centre_offset(stride) / stride
    for dim in (2, 3):
        size = features.shape[dim]
        after = torch.cat([features.narrow(dim, 1, size - 1), features.narrow(dim, -1, 1)], dim)
        features = torch.lerp(features, after, share)
    return features


class ImageEncoder(nn.Module):
    """A timm ResNet as a feature pyramid, trained from scratch."""

    def __init__(self, config: EncoderConfig, in_channels: int) -> None:
        super().__init__()
        self.strides = config.strides
        fewer = {
            "stem_width": 32 // config.narrow,
            "channels": tuple(count // config.narrow for count in (64, 128, 256, 512)),
        }
        self.body = timm.create_model(
            config.name,
            pretrained=False,
            features_only=True,
            out_indices=tuple(range(len(config.strides))),
            in_chans=in_channels,
            norm_layer=LayerNorm2d,
            avg_down=False,  # shortcuts by averaging would look elsewhere than the convolutions
            **(fewer if config.narrow > 1 else {}),
        )
        self.channels: tuple[int, ...] = tuple(self.body.feature_info.channels())
        found = tuple(self.body.feature_info.reduction())
        if found != config.strides:
            raise ValueError(f"{config.name} has features at strides {found}, not {config.strides}")
        for module in self.body.modules():
            if isinstance(module, nn.Conv2d) and max(module.kernel_size) > 1:
                module.padding_mode = "replicate"

    def forward(self, image: Tensor) -> dict[int, Tensor]:
        """Return features (B, C, ceil(H / s), ceil(W / s)) by stride s, not yet centred.

        Args:
            image: (B, C, H, W) in [0, 1], invalid pixels filled; H and W at least 1.
        """
        features = cast("list[Tensor]", self.body((image - 0.5) * 4))
        return dict(zip(self.strides, features, strict=True))
