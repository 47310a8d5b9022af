"""The report can be opened anywhere, says what came of the registration, and shows it."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Union

import numpy as np
import pytest
from rasterio.io import MemoryFile

from model_core.products.displacement_field import SIGN, SIGN_PIXELS
from model_core.products.report import ReportData, write_report
from model_core.products.report_figures import checkerboard
from model_core.products.report_pictures import Comparison
from model_core.products.report_vectors import Vectors, arrow_scale
from model_core.products.result import RegistrationResult
from model_core.registration.verdict import Verdict

URI = re.compile(r'"data:image/png;base64,([^"]+)"')
VOID = {"meta", "img", "br"}

PROBABILITIES = {
    "shift": 0.0,
    "rigid": 0.882,
    "similarity": 0.09,
    "affine": 0.02,
    "affine+flow": 0.008,
}

Attributes = list[tuple[str, Union[str, None]]]


class Outline(HTMLParser):
    """Collects addresses, tags and text, and checks that what is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.tags.append(tag)
        self.addresses += [
            v or "" for k, v in attrs if k in ("src", "href", "xlink:href", "action")
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def pictures(title: str, side: int) -> Comparison:
    random = np.random.default_rng(side)
    one, two, three = random.integers(0, 256, (3, side, side + 20, 3), dtype=np.uint8)
    return Comparison(title, one, two, three)


@pytest.fixture
def data() -> ReportData:
    settings = {
        "sar": "/images/s1 & <b>vv</b>.tif",
        "optical": "/images/s2.tif",
        "moving": "sar",
        "transform": "auto",
    }
    result = RegistrationResult(
        verdict="registered",
        probability=0.97,
        reasons=("87 % of the verification windows agree & more than <chance>.",),
        transformation="rigid",
        transformation_probability=PROBABILITIES,
        rmse_before_px=16.9,
        rmse_after_px=0.62,
        median_shift_px=16.6,
        median_shift_m=199.2,
        inlier_ratio=0.87,
        coverage=0.74,
        left_out={"mask": 0.31},
        tie_points=None,
        check_points=None,
        affine=((0.9986, -0.0523, 14.0), (0.0523, 0.9986, -9.0)),
        seconds=41.3,
        device="cpu",
        device_reason="no CUDA device was found",
        model="soma-compact",
        outputs={"registered": "/out/registered.tif", "report": "/out/report.html"},
        settings=settings,
        versions={"soma": "0.1.0", "torch": "2.13.0"},
    )
    random = np.random.default_rng(0)
    x, y = random.uniform(0, 400, (2, 50))
    vectors = Vectors(x, y, np.full(50, 6.0), np.full(50, -3.0), random.random(50))
    return ReportData(
        result=result,
        overview=pictures("Whole overlap", 400),
        overview_pixel=3.0,
        metres_per_pixel=12.0,
        sign=SIGN,
        chips=(pictures("Chip 1", 128), pictures("Chip 2", 64)),
        vectors=vectors,
        residuals_before=random.normal(16, 2, 300),
        residuals_after=np.abs(random.normal(0, 0.6, 300)),
        model_description="fixed oriented-gradient descriptors <no learned weights>",
    )


def page(data: ReportData, folder: Path) -> str:
    write_report(folder / "report.html", data)
    assert [entry.name for entry in folder.iterdir()] == ["report.html"]
    return (folder / "report.html").read_text(encoding="utf-8")


def with_verdict(data: ReportData, verdict: Verdict) -> ReportData:
    return replace(data, result=replace(data.result, verdict=verdict))


@pytest.mark.parametrize("verdict", ["registered", "doubtful", "failed"])
def test_needs_nothing_but_itself(data: ReportData, tmp_path: Path, verdict: Verdict) -> None:
    html = page(with_verdict(data, verdict), tmp_path)
    outline = Outline(html)
    assert outline.open == []
    assert outline.addresses
    assert all(a.startswith(("data:image/png;base64,", "#")) for a in outline.addresses)
    assert not {"script", "link", "iframe", "object"} & set(outline.tags)
    assert not re.search(r"https?:|url\(|@import", html)


def test_every_picture_decodes_to_what_was_given(data: ReportData, tmp_path: Path) -> None:
    images = [base64.b64decode(found) for found in URI.findall(page(data, tmp_path))]
    # Overview and two chips, before and after, and the ground of the vectors.
    assert len(images) == 7
    with MemoryFile(images[1]) as file, file.open() as png:
        shown = png.read().transpose(1, 2, 0)
    assert data.overview is not None
    assert data.overview.after is not None
    expected = checkerboard(data.overview.reference, data.overview.after)
    np.testing.assert_array_equal(shown, expected)
    with MemoryFile(images[-1]) as file, file.open() as png:
        assert (png.count, png.height, png.width) == (1, 400, 420)


def test_all_text_is_escaped(data: ReportData, tmp_path: Path) -> None:
    html = page(data, tmp_path)
    assert "<b>" not in html
    assert "<chance>" not in html
    assert "<no learned" not in html
    text = Outline(html).text
    assert "/images/s1 & <b>vv</b>.tif" in text
    assert "agree & more than <chance>." in text


def test_shows_verdict_figures_and_origin(data: ReportData, tmp_path: Path) -> None:
    text = Outline(page(data, tmp_path)).text
    for wanted in (
        "Registered The moving image was aligned",
        "Probability 97 % that the alignment is right",
        "Transformation shift and rotation chosen by what was measured: 88 %; "
        "shift, rotation and scale 9 %, affine 2 %",
        "16.60 px = 199 m",
        "RMSE before 16.90 px",
        "RMSE after 0.62 px",
        "Inlier ratio 87 %",
        "Coverage 74 %",
        "3.00° clockwise",
        "41.3 s",
        "cpu: no CUDA device was found",
        "soma-compact: fixed oriented-gradient descriptors",
        "map_new = map_old + (dx, dy)",
        "before: 300 points, median 1",
        "torch 2.13.0",
        "/out/registered.tif",
    ):
        assert wanted in text


def test_a_shift_is_not_said_to_rotate_or_scale(data: ReportData, tmp_path: Path) -> None:
    shift = replace(data.result, transformation="shift")
    html = page(replace(data, result=shift), tmp_path)
    assert html.count('class="vectors"') == 1
    text = Outline(html).text
    for hidden in ("Rotation found", "Scale found", "Without the median", "own scale"):
        assert hidden not in text
    rigid = Outline(page(data, tmp_path)).text
    assert "Rotation found" in rigid
    assert "Scale found" not in rigid


@pytest.mark.parametrize(
    ("wanted", "words"), [("rigid", "as asked for"), ("auto", "too little was measured to tell")]
)
def test_says_why_the_transformation_is_what_it_is(
    data: ReportData, tmp_path: Path, wanted: str, words: str
) -> None:
    settings = {**data.result.settings, "transform": wanted}
    result = replace(data.result, transformation_probability=None, settings=settings)
    assert words in Outline(page(replace(data, result=result), tmp_path)).text


@pytest.mark.parametrize(
    ("probability", "words"), [(0.9999, "more than 99 %"), (0.0004, "less than 1 %")]
)
def test_nothing_is_said_to_be_certain(
    data: ReportData, tmp_path: Path, probability: float, words: str
) -> None:
    result = replace(data.result, probability=probability)
    text = Outline(page(replace(data, result=result), tmp_path)).text
    assert f"Probability {words}" in text


def test_doubtful_asks_to_look(data: ReportData, tmp_path: Path) -> None:
    text = Outline(page(with_verdict(data, "doubtful"), tmp_path)).text
    assert "Doubtful" in text
    assert "Look at the checkerboards" in text


def test_failed_shows_no_result_even_where_it_is_given(data: ReportData, tmp_path: Path) -> None:
    html = page(with_verdict(data, "failed"), tmp_path)
    text = Outline(html).text
    assert "Failed: nothing was registered" in text
    assert "No registered image and no displacements were written" in text
    for hidden in (
        "After",
        "after:",
        "RMSE",
        "Median shift",
        "Rotation found",
        "map_new",
        "Transformation",
    ):
        assert hidden not in text
    assert 'class="vectors"' not in html
    assert len(URI.findall(html)) == 6


def test_works_with_nothing_measured(data: ReportData, tmp_path: Path) -> None:
    nothing = np.full(3, np.nan)
    result = replace(
        data.result,
        rmse_before_px=None,
        rmse_after_px=None,
        median_shift_px=None,
        median_shift_m=None,
        affine=None,
    )
    bare = replace(
        data,
        result=result,
        overview=None,
        chips=(),
        vectors=None,
        residuals_before=nothing,
        residuals_after=nothing,
    )
    text = Outline(page(bare, tmp_path)).text
    assert "not measured" in text
    assert "No point could be measured." in text


def test_unreferenced_images_have_no_metres(data: ReportData, tmp_path: Path) -> None:
    plain = replace(data, metres_per_pixel=None, sign=SIGN_PIXELS)
    text = Outline(page(plain, tmp_path)).text
    assert " m;" not in text
    assert "199 m" not in text
    assert "dx to the right, dy up, in pixels" in text


def test_arrows_point_where_the_image_is_moved(data: ReportData, tmp_path: Path) -> None:
    vectors = Vectors(*(np.array([v]) for v in (100.0, 200.0, 4.0, -2.0, 1.0)))
    html = page(replace(data, vectors=vectors), tmp_path)
    scale = arrow_scale(vectors, 420)
    assert scale == 2  # 4 % of 420 px are 17 px; 4.47 px drawn 5 times as long would be longer
    found = re.search(r'<path d="M100\.0 200\.0L([\d.]+) ([\d.]+)', html)
    assert found is not None
    assert [float(v) for v in found.groups()] == [108.0, 196.0]
