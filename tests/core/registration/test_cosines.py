"""The cosine transform: orthonormal, its eigenvalues, and the same in both ways of computing it."""

from __future__ import annotations

import numpy as np
import pytest

from model_core.registration import cosines
from model_core.registration.cosines import CosineTransform


@pytest.mark.parametrize("axis", [-1, -2])
@pytest.mark.parametrize("length", [7, 12, 1025])
def test_long_transforms_equal_products_with_the_matrix(
    length: int, axis: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = (2, length, 5) if axis == -2 else (2, 5, length)
    values = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    monkeypatch.setattr(cosines, "LONG", 10_000)
    short = CosineTransform(length)
    monkeypatch.setattr(cosines, "LONG", 1)
    long = CosineTransform(length)
    found = long.forward(values, axis)
    np.testing.assert_allclose(found, short.forward(values, axis), atol=1e-5)
    np.testing.assert_allclose(long.inverse(found, axis), values, atol=1e-5)
    np.testing.assert_allclose(short.inverse(found, axis), values, atol=1e-5)


@pytest.mark.parametrize("length", [9, 1500])
def test_it_diagonalises_the_second_difference_with_free_borders(length: int) -> None:
    transform = CosineTransform(length)
    values = np.random.default_rng(2).standard_normal((1, 1, length)).astype(np.float32)
    padded = np.pad(values, ((0, 0), (0, 0), (1, 1)), mode="edge")
    differences = 2 * values - padded[..., :-2] - padded[..., 2:]
    np.testing.assert_allclose(
        transform.forward(differences, -1),
        transform.eigenvalues * transform.forward(values, -1),
        atol=2e-5,
    )


def test_a_long_transform_holds_no_matrix() -> None:
    transform = CosineTransform(25_000)
    held = [one for one in vars(transform).values() if hasattr(one, "nbytes")]
    assert sum(one.nbytes for one in held) < 1e6
