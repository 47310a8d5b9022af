"""The thresholds of the verdict, all of them, and what each rests on.

Two more belong to a network and stand in its file (``network/matcher_config.py``): ``chance``, the
share of verification windows that are inliers by chance between unrelated images, and
``sure_certainty``, the mean certainty from which a likely registration is sure. Where a figure was
measured, the command was

    python -m model_core evaluate --split train --seed 5 --limit 14 --methods soma --threads 1
        --source volkov --source sen12 --source ombria --source sdt
        --protocols P1,P2,local,unrelated

on training data only (``docs/model-card.md`` has the result: 120 of 134 true pairs were called
registered, and none of the 57 others).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VerdictConfig:
    """Thresholds of the verdict.

    Attributes:
        least_support: valid share of a verification window from which it counts. Not measured: a
            window that is mostly invalid shows little.
        largest_disagreement: pixels by which the two directions of a search may differ and still
            name the same place. Not measured: three quarters of a cell of the search.
        chance_factor: standard deviation of the share of inliers by chance, in units of the
            binomial's for independent windows. Measured: windows that overlap are not independent.
        likely_deviations: of these, above chance, from which a registration is likely (a one-sided
            2 % under a normal distribution).
        sure_deviations: of these, above chance, from which it is sure. Chosen as the smallest that
            accepted no unrelated pair.
        least_above_chance: share of inliers above chance with which an image of any size is sure.
            Chosen as ``sure_deviations``.
        least_windows: independent windows below which the share says nothing.
        scale_slack: by how much the affine may stretch or shear, as a ratio, beyond the search
            bounds: the refinement may go half a step of the search further than the search.
        rotation_slack: by how many degrees it may rotate beyond them, for the same reason.
        shift_factor: the median shift may be as large as the largest shift times this, plus
            ``shift_slack``: rotation and scale move the corners further than the centre, for which
            the bound is given.
        shift_slack: see ``shift_factor``; in pixels.
        largest_rmse: pixels that the verification may still see of a registered pair. Not measured:
            a choice of what users may call registered.
    """

    least_support: float = 0.6
    largest_disagreement: float = 3.0
    chance_factor: float = 1.3
    likely_deviations: float = 2.0
    sure_deviations: float = 3.5
    least_above_chance: float = 0.19
    least_windows: float = 4.0
    scale_slack: float = 0.06
    rotation_slack: float = 2.0
    shift_factor: float = 1.5
    shift_slack: float = 4.0
    largest_rmse: float = 2.5


THRESHOLDS = VerdictConfig()
"""Those of every registration."""
