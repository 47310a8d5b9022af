"""Letters that lead to the panel's fields."""

from __future__ import annotations

from soma_qgis.dock.keys import OF_QGIS, with_key


def test_every_title_gets_a_letter_of_its_own_that_qgis_has_not() -> None:
    taken: set[str] = set()
    shown = [with_key(title, taken) for title in ("SAR image", "SAR band", "Extent", "变换")]
    assert shown == ["S&AR image", "SAR &band", "E&xtent", "变换(&F)"]
    assert not taken & OF_QGIS


def test_a_title_without_a_free_letter_stays_as_it_is() -> None:
    taken = {"a"}
    assert with_key("A", taken) == "A"
    assert taken == {"a"}
