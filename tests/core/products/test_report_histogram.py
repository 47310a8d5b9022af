"""The histogram of residuals counts every point."""

from __future__ import annotations

import re

import numpy as np

from model_core.products.report_histogram import histogram


def test_histogram_counts_every_point() -> None:
    before, after = np.full(100, 3.3), np.concatenate([np.full(50, 0.1), np.full(50, 0.9)])
    svg = histogram(before, after)
    assert svg.count("100 points") == 2
    bars = re.findall(r'<g class="(before|after)">((?:<rect[^>]+>)+)</g>', svg)
    tallest = {name: re.findall(r'height="([\d.]+)"', rects) for name, rects in bars[:2]}
    assert tallest["before"] == ["210.0"]
    assert tallest["after"] == ["105.0", "105.0"]


def test_far_values_are_counted_in_the_last_bin_and_the_axis_says_so() -> None:
    near = np.full(990, 0.5)
    assert "≥" not in histogram(near, None)
    svg = histogram(np.concatenate([near, np.full(10, 80.0)]), None)
    assert "1000 points" in svg
    assert "≥" in svg


def test_points_that_could_not_be_measured_are_left_out() -> None:
    assert "1 points" in histogram(np.array([np.nan, 0.3]), None)
    assert "No point" in histogram(np.array([np.nan]), None)
