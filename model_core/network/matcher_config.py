"""The settings of the affine-flow matcher (GLAM)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StageConfig:
    """One coarse-to-fine step.

    Attributes:
        stride: of the feature maps, in pixels.
        radius: of the search around the current estimate, in cells of ``stride`` pixels.
        window: sigma, in pixels, of the Gaussian window over which correlation is summed.
        spacing: distance, in pixels, of the control points; a multiple of ``stride``.
        detail_window: sigma, in pixels, of the narrower window over which correlation is summed for
            the learned correction, which decides itself over what to sum further; 0: ``window``.
    """

    stride: int
    radius: int
    window: float
    spacing: int
    detail_window: float = 0.0

    @property
    def cells(self) -> int:
        """Cells of the feature map from one control point to the next."""
        return self.spacing // self.stride

    @property
    def reach(self) -> int:
        """Largest displacement the stage can find, in pixels."""
        return self.radius * self.stride


@dataclass(frozen=True)
class MatcherConfig:
    """Settings of GLAM; lengths in pixels, angles in degrees.

    Attributes:
        presmooth: sigma of the fixed descriptors before the derivative.
        smooth: sigma of the fixed descriptors after the derivative.
        search_stride: downsampling factor of the images for the search over the whole image.
        rotation_step: degrees between two hypotheses of the search.
        scale_step: difference of the logarithms of the scales of two hypotheses.
        hypotheses: how many of the best global hypotheses are followed up.
        affine_stages: for the global affine, coarse to fine.
        flow_stages: for the local field, coarse to fine.
        verification_stage: the wide search with which a finished alignment is verified.
        verification_tolerance: distance within which a verification window is an inlier.
        certainty: logistic coefficients of certainty on (1, peak value, peak margin, support).
        verdict_weights: of the logistic regression that gives the probability of a right alignment,
            in the order of ``registration.verdict.Evidence.features``.
    """

    presmooth: float = 0.8
    smooth: float = 1.2
    search_stride: int = 4
    rotation_step: float = 4.0
    scale_step: float = 0.08
    hypotheses: int = 4
    affine_stages: tuple[StageConfig, ...] = (
        StageConfig(4, 6, 40.0, 16),
        StageConfig(4, 4, 36.0, 16),
        StageConfig(2, 3, 32.0, 16),
    )
    flow_stages: tuple[StageConfig, ...] = (
        StageConfig(4, 3, 32.0, 16),
        StageConfig(2, 4, 20.0, 8),
    )
    verification_stage: StageConfig = StageConfig(4, 8, 20.0, 16)
    verification_tolerance: float = 4.0
    certainty: tuple[float, float, float, float] = (-4.0, 6.0, 20.0, 1.0)
    verdict_weights: tuple[float, ...] = (1.07, 1.2, 1.23, 0.48, 1.49, -1.02, -0.11)

    @property
    def stages(self) -> tuple[StageConfig, ...]:
        """All stages that find an affine or a flow."""
        return (*self.affine_stages, *self.flow_stages)


LEARNED = MatcherConfig(
    affine_stages=(
        StageConfig(4, 6, 40.0, 16, detail_window=16.0),
        StageConfig(4, 4, 36.0, 16, detail_window=16.0),
        StageConfig(2, 3, 32.0, 16, detail_window=12.0),
    ),
    flow_stages=(
        StageConfig(2, 4, 20.0, 8, detail_window=10.0),
        StageConfig(2, 4, 20.0, 8, detail_window=10.0),
    ),
    verdict_weights=(-0.37, 1.52, 2.52, 0.53, 1.2, -1.25, -0.44),
)
"""Where corrections are learned, they see what is in the windows. The flow stage comes twice: what
smoothing flattened at first is measured again."""
