"""The thresholds of the verdict, all of them, and what each rests on.

What each part of the evidence says belongs to a network and stands in its file
(``verdict_weights`` of ``network/matcher_config.py``). Where a figure was measured, it was with
``benchmarks/calibration.py``, on training data only.
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
        least_certainty: of a verification window's own best match from which it shows enough to
            tell.
        least_windows: independent windows below which nothing is said. Not measured: views with
            fewer were not looked at.
        most_windows: independent windows beyond which more of them make nothing surer: there were
            no larger views to learn from.
        likely: probability from which a registration is doubtful and not failed.
        sure: probability from which it is registered.
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
    least_certainty: float = 0.3
    least_windows: float = 0.5
    most_windows: float = 60.0
    likely: float = 0.5
    sure: float = 0.9
    scale_slack: float = 0.06
    rotation_slack: float = 2.0
    shift_factor: float = 1.5
    shift_slack: float = 4.0
    largest_rmse: float = 2.5


THRESHOLDS = VerdictConfig()
"""Those of every registration."""
