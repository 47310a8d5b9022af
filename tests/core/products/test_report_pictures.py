"""The details that the report shows."""

from __future__ import annotations

import numpy as np

from model_core.products.report_pictures import places


def test_details_are_spread_where_the_images_can_be_compared() -> None:
    """The field itself may be nearly as certain everywhere, or surest in the middle."""
    rows, columns = np.indices((20, 20))
    certainty = (0.9 - 0.001 * np.hypot(rows - 9.5, columns - 9.5)).astype(np.float32)
    certainty[19, 0] = 0.4
    weight = np.full((20, 20), 0.2, np.float32)
    clear = [(2, 3), (4, 17), (15, 6), (18, 12)]
    weight[tuple(zip(*clear))] = 0.9
    found = places(weight, certainty)
    assert [(row, column) for _, row, column in found] == [*clear, (19, 0)]
    assert found[0][0] == "Upper left, certainty 0.89"
    assert found[-1][0] == "Least certain place, 0.40"


def test_nothing_is_shown_where_the_images_share_nothing() -> None:
    nothing = np.zeros((20, 20), np.float32)
    assert places(nothing, nothing) == []
    one = nothing.copy()
    one[15, 3] = 0.8
    assert [place[1:] for place in places(one, one)] == [(15, 3)]
