"""How far measured displacements are off, and how the errors of neighbours go together.

The figures were fitted to the measurements of training pairs, whose alignment is known apart from a
shift that was removed: ``benchmarks/measurement_noise.py`` does it again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model_core.registration.spline import Observations

Array = NDArray[np.float64]

DEVIATION = 0.88
"""Pixels: standard deviation of a measurement along one axis whose certainty is one half, whose
peak has the reference curvature, and whose window is full."""

REFERENCE_CURVATURE = 0.02
"""Per square pixel."""

LEAST_CURVATURE = 5e-4
"""Per square pixel: a peak that is blunter is taken to have this curvature."""

CURVATURE_POWER = -0.36
"""With which the deviation changes with the curvature of the correlation's peak."""

CERTAINTY_POWER = -0.17
"""With which it changes with the odds of the certainty."""

BORDER_POWER = -0.23
"""With which it changes with the share of data around the measurement."""

MOST_CERTAIN = 0.98
"""Certainties beyond it, or nearer to 0 than it is to 1, tell no more."""

LEAST_SHARE = 0.02
"""Shares of data below it tell no more."""

CORRELATION = ((0.66, 31.0), (0.30, 70.0))
"""Errors of two measurements go together by the sum of these Gaussian bells of their distance:
(share, standard deviation in pixels). Windows overlap, and what differs between radar and optical
images is wider than a window. The rest of the share is each measurement's own."""


def deviation(observed: Observations) -> Array:
    """Return the standard deviations (2, h, w) of measured displacements along x and y, in pixels;
    infinite where nothing was measured."""
    certainty = np.clip(observed.certainty.astype(np.float64), 1 - MOST_CERTAIN, MOST_CERTAIN)
    share = np.clip(observed.data_share().astype(np.float64), LEAST_SHARE, 1)
    usual = DEVIATION * (certainty / (1 - certainty)) ** CERTAINTY_POWER * share**BORDER_POWER
    curvature = np.maximum(observed.curvature[[0, 2]].astype(np.float64), LEAST_CURVATURE)
    found = usual * (curvature / REFERENCE_CURVATURE) ** CURVATURE_POWER
    return np.where(observed.certainty > 1 - MOST_CERTAIN, found, np.inf)


def correlation(distance: Array) -> Array:
    """Return the correlation of the errors of measurements at a distance, in pixels."""
    found = np.where(distance == 0, 1 - sum(share for share, _ in CORRELATION), 0.0)
    for share, width in CORRELATION:
        found = found + share * bell(distance, width)
    return np.asarray(found)


def bell(distance: Array, width: float) -> Array:
    """Return a Gaussian bell, 1 at 0."""
    return np.asarray(np.exp(-0.5 * np.square(distance / width)))
