"""Numbers as texts."""

from __future__ import annotations

import pytest

from model_core.products.numbers import nice_number, number


@pytest.mark.parametrize(("value", "nice"), [(7.3, 5), (5, 5), (1.99, 1), (0.034, 0.02)])
def test_nice_numbers(value: float, nice: float) -> None:
    assert nice_number(value) == pytest.approx(nice)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (199.2, "199"), (0.02467, "0.0247"), (2.0, "2"), (1234.5, "1234")]
)
def test_numbers_have_three_digits_and_no_exponent(value: float, text: str) -> None:
    assert number(value) == text
