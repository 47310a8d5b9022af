"""Windows, at full resolution and downsampled."""

from __future__ import annotations

from model_core.geometry.window import Window, downsampled_size


def test_positions_of_a_window_are_in_pixels_of_the_full_grid() -> None:
    full = Window(row=5, column=20, height=2, width=3)
    assert full.positions()[1, 2].tolist() == [22, 6]
    quarter = Window(row=1, column=2, height=2, width=3, factor=4)
    assert quarter.shape == (2, 3)
    assert quarter.positions()[0, 0].tolist() == [9.5, 5.5]  # of pixels 8 to 11, and 4 to 7
    assert quarter.positions()[1, 2].tolist() == [17.5, 9.5]


def test_cut_blocks_count() -> None:
    assert downsampled_size(height=100, width=128, factor=16) == (7, 8)
    assert downsampled_size(5, 7, 1) == (5, 7)
