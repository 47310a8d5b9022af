"""Tie points and check points in the report: their errors, and a row for each of them."""

from __future__ import annotations

from typing import Any

from model_core.products.numbers import number
from model_core.products.point_figures import PointFigure, PointFigures
from model_core.products.result import RegistrationResult

MOST_ROWS = 100
"""Points that are shown; the summary has all."""

TITLES = {"tie_points": "Tie points", "check_points": "Check points"}

MEANINGS = {
    "tie_points": "The search started from these points, and they do not hold the result. "
    "Their own errors are in the figures.",
    "check_points": "These points were only compared with the result. "
    "Their own errors are in the figures.",
}


def point_sections(result: RegistrationResult) -> list[dict[str, Any]]:
    """Return title, meaning, figures (name, value) and rows of each kind of points."""
    given = {"tie_points": result.tie_points, "check_points": result.check_points}
    return [
        {
            "title": f"{TITLES[name]} ({len(points.points)})",
            "meaning": MEANINGS[name],
            "figures": _figures(points),
            "rows": [_row(point) for point in points.points[:MOST_ROWS]],
            "left": max(0, len(points.points) - MOST_ROWS),
        }
        for name, points in given.items()
        if points is not None
    ]


def _figures(points: PointFigures) -> list[tuple[str, str]]:
    rows = [("RMSE before", f"{number(points.rmse_before_px)} px")]
    if points.rmse_after_px is not None and points.ce90_px is not None:
        after = f"{number(points.rmse_after_px)} px"
        if points.rmse_after_m is not None:
            after += f" = {number(points.rmse_after_m)} m"
        rows += [("RMSE after", after), ("CE90 after", f"{number(points.ce90_px)} px")]
    return rows


def _row(point: PointFigure) -> tuple[str, ...]:
    """Return name, errors before and after, what is left along x and y, and a remark."""
    remark = "outlier" if point.outlier else ""
    if point.after is None or point.left is None:
        return point.label, f"{point.before:.1f}", "", "", "", remark
    x, y = point.left
    return point.label, f"{point.before:.1f}", f"{point.after:.1f}", f"{x:.1f}", f"{y:.1f}", remark
