"""A structure matching that shares no code with the project, to judge it from outside.

Templates on a grid, channels of oriented gradients (as CFOG), normalised correlation by FFT with
NumPy alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

ANGLES = np.arange(9) * np.pi / 9


@dataclass(frozen=True)
class Residuals:
    """Displacements (N, 2) in pixels and how clearly (N,) the best match leads over the next."""

    shift: NDArray[np.float64]
    lead: NDArray[np.float64]

    def median(self, clear: float = 1.15) -> float:
        """Return the median length over templates with a clear best match."""
        lengths = np.linalg.norm(self.shift[self.lead > clear], axis=1)
        return float(np.median(lengths))


def residuals(
    reference: NDArray[np.float64],
    moving: NDArray[np.float64],
    side: int = 128,
    reach: int = 16,
    spacing: int = 160,
) -> Residuals:
    """Match templates of the reference (H, W) in the moving image on the same grid.

    Templates with missing values (NaN or 0) are left out.
    """
    shifts, leads = [], []
    for y in range(reach, reference.shape[0] - side - reach, spacing):
        for x in range(reach, reference.shape[1] - side - reach, spacing):
            template = reference[y : y + side, x : x + side]
            area = moving[y - reach : y + side + reach, x - reach : x + side + reach]
            missing = ~np.isfinite(area) | (area == 0)
            if missing.mean() > 0.02 or (template == 0).mean() > 0.02:
                continue
            shift, lead = _match(_channels(template), _channels(np.nan_to_num(area)))
            shifts.append(shift - reach)
            leads.append(lead)
    return Residuals(np.array(shifts), np.array(leads))


def _mean(image: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    pad = [(0, 0)] * (image.ndim - 2) + [(side // 2, side // 2)] * 2
    rows = sliding_window_view(np.pad(image, pad, "edge"), side, axis=-2)
    windows = sliding_window_view(rows, side, axis=-2)
    return np.asarray(windows.mean((-1, -2)))


def _channels(image: NDArray[np.float64]) -> NDArray[np.float64]:
    dy, dx = np.gradient(_mean(image, 5))
    rotated = np.stack([np.abs(dx * np.cos(a) + dy * np.sin(a)) for a in ANGLES])
    rotated = _mean((np.roll(rotated, 1, 0) + 2 * rotated + np.roll(rotated, -1, 0)) / 4, 3)
    unit = rotated / np.sqrt((rotated**2).sum(0) + 1e-6)
    return np.asarray(unit - unit.mean((1, 2), keepdims=True))


def _match(
    template: NDArray[np.float64], area: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    size = area.shape[1:]
    rows, columns = (big - small + 1 for big, small in zip(size, template.shape[1:], strict=True))
    spectrum = np.fft.rfft2(template, s=size).conj()
    cross = np.fft.irfft2((np.fft.rfft2(area) * spectrum).sum(0), s=size)[:rows, :columns]
    box = np.fft.rfft2(np.ones(template.shape[1:]), s=size).conj()
    energy = np.fft.irfft2(np.fft.rfft2((area**2).sum(0)) * box, s=size)[:rows, :columns]
    score = cross / np.sqrt(np.maximum(energy, 1e-6) * (template**2).sum())
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    best = score[row, column]
    rest = score.copy()
    rest[max(0, row - 3) : row + 4, max(0, column - 3) : column + 4] = -1
    where = np.array([float(column), float(row)])
    if 0 < column < columns - 1:
        where[0] += _vertex(score[row, column - 1], best, score[row, column + 1])
    if 0 < row < rows - 1:
        where[1] += _vertex(score[row - 1, column], best, score[row + 1, column])
    return where, float(best / max(rest.max(), 1e-9))


def _vertex(before: float, at: float, after: float) -> float:
    curvature = before - 2 * at + after
    return 0.5 * (before - after) / curvature if curvature < 0 else 0.0
