"""Which layer is taken for the SAR image, and which for the optical one."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import QgsRasterLayer

from soma_qgis.layers.guess import LayerFacts, guess_pair, layer_facts, sar_score


def facts(name: str, bands: int = 1, **more: object) -> LayerFacts:
    return LayerFacts(name, name, ("",) * bands, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    [
        "S1A_IW_GRDH_1SDV_20230101", "sentinel-1 flood", "Sentinel 1", "scene_VV",
        "spain_s1_vv_vh_db", "TSX amplitude", "ALOS PALSAR HH", "radarImage", "高分三号雷达",
    ],
)  # fmt: skip
def test_names_of_sar(name: str) -> None:
    assert sar_score(facts(name, 2)) > sar_score(facts("image", 2))
    assert guess_pair([facts("image", 3), facts(name, 2)]) == (name, "image")
    assert guess_pair([facts(name, 2), facts("image", 3)]) == (name, "image")


@pytest.mark.parametrize(
    "name",
    [
        "S2B_MSIL2A_T30", "sentinel-2", "city_RGB", "orthophoto 2021", "LC08_L1TP", "trueColor",
        "Google Satellite", "光学影像",
    ],
)  # fmt: skip
def test_names_of_optical_images_win_over_one_band(name: str) -> None:
    assert guess_pair([facts(name), facts("image")]) == ("image", name)


def test_words_inside_words_say_nothing() -> None:
    for name in ("caesar", "sarajevo", "grade", "option", "versus2"):
        assert sar_score(facts(name)) == sar_score(facts("image")), name


def test_bands_decide_where_names_say_nothing() -> None:
    polarised = LayerFacts("a", "a", ("VV", "VH"))
    coloured = LayerFacts("b", "b", ("Red", "Green", "Blue"))
    assert guess_pair([coloured, polarised]) == ("a", "b")
    assert guess_pair([facts("one"), facts("four", 4)]) == ("one", "four")
    assert guess_pair([facts("dem"), facts("db", decibels=True), facts("four", 4)])[0] == "db"


def test_words_that_are_glued_are_read() -> None:
    assert guess_pair([facts("tile_s2rgb"), facts("tile_s1vh")]) == ("tile_s1vh", "tile_s2rgb")


def test_a_basemap_is_the_reference_only_where_no_file_can_be() -> None:
    here, there = (0.0, 0.0, 1.0, 1.0), (5.0, 5.0, 6.0, 6.0)
    world = (-180.0, -85.0, 180.0, 85.0)
    basemap = facts("Google Satellite", is_file=False, box=world)
    radar, image = facts("s1", box=here), facts("image", 4, box=here)
    assert guess_pair([basemap, radar, image]) == ("s1", "image")
    assert guess_pair([basemap, radar]) == ("s1", "Google Satellite")
    assert guess_pair([basemap, radar, facts("image", 4, box=there)]) == ("s1", "Google Satellite")


def test_images_of_one_place_go_together() -> None:
    here, there = (0.0, 0.0, 1.0, 1.0), (5.0, 5.0, 6.0, 6.0)
    layers = [
        facts("s1 there", box=there), facts("s1 here", box=here), facts("s2 here", 3, box=here)
    ]  # fmt: skip
    assert guess_pair(layers) == ("s1 here", "s2 here")


def test_own_results_are_never_taken() -> None:
    layers = [facts("s1 registered", own=True), facts("s1"), facts("s2", 3)]
    assert guess_pair(layers) == ("s1", "s2")


def test_nothing_is_guessed_without_evidence() -> None:
    assert guess_pair([]) == (None, None)
    assert guess_pair([facts("s2 rgb", 3)]) == (None, "s2 rgb")
    assert guess_pair([facts("s1 vv")]) == ("s1 vv", None)
    assert guess_pair([facts("rgb", 3), facts("ortho", 3)]) != ("rgb", "rgb")


def test_the_order_of_layers_is_kept_among_equals() -> None:
    assert guess_pair([facts("s1 b"), facts("s1 a"), facts("rgb", 3)])[0] == "s1 b"


@pytest.mark.parametrize(
    ("sar", "optical"),
    [
        ("sen1floods11_spain_s1_vv_vh_db", "sen1floods11_spain_s2_13band"),
        ("bigearthnet_29SND_56_35_s1_vv_vh_db", "bigearthnet_29SND_56_35_s2_rgb_uint16"),
        ("volkov_tile_035_s1vh", "volkov_tile_035_s2rgb"),
    ],
)
def test_real_scenes_are_told_apart_whatever_they_are_called(
    qgis_app: object, scenes: Path, sar: str, optical: str
) -> None:
    for names in ((sar, optical), ("first", "second")):
        layers = [
            QgsRasterLayer(str(scenes / f"{file}.tif"), name)
            for file, name in zip((sar, optical), names)
        ]
        found = [layer_facts(layer) for layer in layers]
        expected = (layers[0].id(), layers[1].id())
        assert guess_pair(found) == expected
        assert guess_pair(found[::-1]) == expected


def test_all_scenes_at_once_give_a_pair_of_one_place(qgis_app: object, scenes: Path) -> None:
    layers = [QgsRasterLayer(str(path), path.stem) for path in sorted(scenes.glob("*.tif"))]
    names = {layer.id(): layer.name() for layer in layers}
    sar, optical = guess_pair([layer_facts(layer) for layer in layers])
    assert sar is not None
    assert optical is not None
    assert "_s1" in names[sar]
    assert "_s2" in names[optical]
    assert names[sar].split("_s1")[0] == names[optical].split("_s2")[0]
