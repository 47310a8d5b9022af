"""Everything that decides the shape of a network; travels as JSON inside its checkpoint."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

from model_core.network.matcher_config import LEARNED, MatcherConfig, StageConfig

DESCRIPTOR_STRIDES = (1, 2, 4)
"""Strides of the feature maps; the matcher's stages choose among them."""


@dataclass(frozen=True)
class EncoderConfig:
    """The two ResNets, one for SAR and one for optical, of one architecture.

    Attributes:
        name: of a ResNet known to timm.
        strides: of its stages that are used, from 2 upwards without gap; the coarsest one ends the
            network there.
        width: channels of all levels once they are fused from coarse to fine.
        narrow: by which the ResNet's own channel counts are divided, a power of two; above 1 only
            for ResNets with a deep stem, such as resnet10t.
    """

    name: str
    strides: tuple[int, ...]
    width: int
    narrow: int = 1


@dataclass(frozen=True)
class FgeConfig:
    """The gradient enhancer (FGE).

    Attributes:
        strides: of the levels that pass through one.
        groups: channels to which a level is reduced before the fixed directional derivatives.
        scales: sigmas of these, in cells, across the edge they look for.
        dilations: of the branches of the multi-scale fusion.
    """

    strides: tuple[int, ...] = (2, 4, 8)
    groups: int = 8
    scales: tuple[float, ...] = (0.8, 1.6)
    dilations: tuple[int, ...] = (1, 2, 3)


@dataclass(frozen=True)
class FoundationConfig:
    """The frozen vision transformer at the coarse scale: its name in timm."""

    name: str


@dataclass(frozen=True)
class SomaConfig:
    """A whole network.

    Attributes:
        preset: name of the preset it was derived from; only shown.
        learned: False leaves out everything that is trained: only the fixed oriented gradients
            are compared, and the matcher is the classical one.
        encoder: the two ResNets.
        fge: None leaves the gradient enhancer out (ablation).
        foundation: None leaves the frozen branch out.
        channels: of the learned descriptors, at every stride.
        gate: weight with which these start beside the fixed ones. Correlation holds its square, so
            that exactly 0 would receive no gradient.
        margin: pixels around invalid ones that are masked too, as the learned part looks
            into them. With ``gate`` and ``margin`` 0 the network is the classical matcher.
        head_channels: of the learned corrections of displacement and certainty; 0: none.
        matcher: settings of GLAM.
    """

    preset: str
    encoder: EncoderConfig
    learned: bool = True
    fge: FgeConfig | None = field(default_factory=FgeConfig)
    foundation: FoundationConfig | None = None
    channels: int = 16
    gate: float = 0.1
    margin: int = 4
    head_channels: int = 32
    matcher: MatcherConfig = field(default_factory=MatcherConfig)

    def __post_init__(self) -> None:
        """Raise ValueError for a configuration of which no network can be built."""
        strides = self.encoder.strides
        if len(strides) not in range(2, 6) or strides != (2, 4, 8, 16, 32)[: len(strides)]:
            raise ValueError(f"encoder strides {strides} are not 2, 4, ... up to at most 32")
        # Names reach timm's model factory, which would also take addresses of model hubs.
        for name, family in (
            (self.encoder.name, "resnet"),
            (self.foundation.name if self.foundation else "vit", "vit"),
        ):
            if not re.fullmatch(rf"(test_)?{family}\w*", name, re.ASCII):
                raise ValueError(f"{name!r} is not a {family} of timm")
        if self.encoder.narrow not in (1, 2, 4):
            raise ValueError(f"a ResNet cannot be narrowed by {self.encoder.narrow}")
        if self.fge is not None and not set(self.fge.strides) <= set(strides):
            raise ValueError(f"FGE strides {self.fge.strides} are not among {strides}")
        stages = (
            *self.matcher.affine_stages,
            *self.matcher.flow_stages,
            self.matcher.verification_stage,
        )
        if not all(stage.stride in DESCRIPTOR_STRIDES for stage in stages):
            raise ValueError(f"a matcher stage's stride is not one of {DESCRIPTOR_STRIDES}")
        sizes = [self.encoder.width, self.channels, *([self.fge.groups] if self.fge else [])]
        weights = self.matcher.verdict_weights
        if len(weights) != len(LEARNED.verdict_weights) or not all(map(math.isfinite, weights)):
            raise ValueError(f"the verdict has not {len(LEARNED.verdict_weights)} finite weights")
        if not all(1 <= size <= 4096 for size in sizes) or not 0 <= self.head_channels <= 4096:
            raise ValueError("a channel count is out of range")

    def to_json(self) -> str:
        """Return the configuration as JSON."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @staticmethod
    def from_json(text: str) -> SomaConfig:
        """Build a configuration from its JSON.

        Raises:
            ValueError: not JSON, or a setting is missing, unknown or impossible.
        """
        try:
            data = _tuples(_renamed(json.loads(text)))
            data["encoder"] = EncoderConfig(**data["encoder"])
            data["fge"] = data["fge"] and FgeConfig(**data["fge"])
            data["foundation"] = data["foundation"] and FoundationConfig(**data["foundation"])
            matcher = data["matcher"]
            # Earlier checkpoints say nothing of the verdict; what they measure is alike.
            usual = LEARNED if data["head_channels"] else MatcherConfig()
            matcher.setdefault("verdict_weights", usual.verdict_weights)
            for name in ("affine_stages", "flow_stages"):
                matcher[name] = tuple(StageConfig(**stage) for stage in matcher[name])
            matcher["verification_stage"] = StageConfig(**matcher["verification_stage"])
            data["matcher"] = MatcherConfig(**matcher)
            return SomaConfig(**data)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"not a network configuration: {error}") from error


_NEW_NAMES = {
    "node": "spacing",
    "detail": "detail_window",
    "check_stage": "verification_stage",
    "check_tolerance": "verification_tolerance",
}
"""What settings of checkpoints of format 1 are called since format 2."""

_GONE = {"flow_smoothing", "flow_prior", "chance", "sure_certainty"}
"""Settings of earlier formats that no registration uses."""


def _renamed(data: Any) -> Any:
    """Return a configuration of format 1 as one of format 2; one of format 2 as it is."""
    if isinstance(data, list):
        return [_renamed(item) for item in data]
    if not isinstance(data, dict):
        return data
    if data.get("transform") == "affine+flow" and "preset" in data:
        data = {key: value for key, value in data.items() if key != "transform"}
    return {
        _NEW_NAMES.get(key, key): _renamed(value) for key, value in data.items() if key not in _GONE
    }


def _tuples(value: Any) -> Any:
    """Return JSON with its lists as tuples, as the frozen classes hold them."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


PRESETS: dict[str, SomaConfig] = {
    # The paper's: 2 × ResNet-50, frozen DINOv2 ViT-L/14 with registers.
    "soma": SomaConfig(
        preset="soma",
        encoder=EncoderConfig("resnet50", (2, 4, 8, 16, 32), width=128),
        fge=FgeConfig(groups=16),
        foundation=FoundationConfig("vit_large_patch14_reg4_dinov2"),
        channels=32,
        gate=0.5,
        head_channels=64,
        matcher=LEARNED,
    ),
    # The bundled one: for two CPU cores and a plugin's zip.
    "soma-compact": SomaConfig(
        preset="soma-compact",
        encoder=EncoderConfig("resnet10t", (2, 4, 8, 16), width=32, narrow=2),
        fge=FgeConfig(strides=(4, 8), groups=4, scales=(0.8,)),
        gate=0.5,
        head_channels=64,
        matcher=LEARNED,
    ),
}
