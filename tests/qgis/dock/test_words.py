"""What the panel says: figures, durations, verdicts, and in which colours."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from soma_qgis.definitions import setting_named
from soma_qgis.dock import colours
from soma_qgis.dock.choices import choice_text
from soma_qgis.dock.history import LONGEST, add_to_history, load_history
from soma_qgis.dock.progress import TimeLeft, duration, progress_line
from soma_qgis.dock.run_record import RunRecord, advice, explanation, headline, rows
from soma_qgis.dock.run_settings import RunSettings

RESULTS: dict[str, Any] = {
    "VERDICT": "doubtful",
    "PROBABILITY": 0.75,
    "TRANSFORMATION": "rigid",
    "RMSE_BEFORE": 4.0,
    "RMSE_AFTER": 0.5,
    "MEDIAN_SHIFT_PX": 3.04,
    "MEDIAN_SHIFT_M": 30.4,
    "INLIER_RATIO": 0.75,
    "COVERAGE": 0.5,
    "SECONDS": 65.0,
    "DEVICE_USED": "cpu",
    "REASONS": "Reason one.",
}


def record(settings: dict[str, Any] | None = None, **changes: Any) -> RunRecord:
    chosen = RunSettings("a", "b", values=settings or {})
    return RunRecord(chosen, "s1", "s2", results={**RESULTS, **changes})


def test_figures_have_units() -> None:
    shown = {row.label: row.value for row in rows(record())}
    assert shown == {
        "Probability": "75 %",
        "Transformation": "Shift and rotation",
        "Shift": "3.0 px · 30.4 m",
        "RMSE": "4.00 → 0.50 px",
        "Verification windows": "75 % agree",
        "Coverage": "50 % certain",
        "Time": "1 min on CPU",
    }
    assert all(row.meaning for row in rows(record()))


def test_figures_that_there_are_none_of_are_left_out() -> None:
    shown = {row.label: row.value for row in rows(record(MEDIAN_SHIFT_M=None, RMSE_AFTER=None))}
    assert shown["Shift"] == "3.0 px"
    assert "RMSE" not in shown
    assert rows(RunRecord(RunSettings(), "a", "b")) == []
    earlier = {key: RESULTS[key] for key in RESULTS if key not in ("PROBABILITY", "TRANSFORMATION")}
    shown_of_earlier = rows(RunRecord(RunSettings("a", "b"), "s1", "s2", results=earlier))
    assert [row.label for row in shown_of_earlier][:2] == ["Shift", "RMSE"]


@pytest.mark.parametrize(
    ("probability", "words"), [(0.9996, "more than 99 %"), (0.0, "less than 1 %"), (0.5, "50 %")]
)
def test_a_probability_is_never_said_to_be_certainty(probability: float, words: str) -> None:
    assert rows(record(PROBABILITY=probability))[0].value == words


def test_the_card_says_whether_the_transformation_was_asked_for() -> None:
    chosen, asked = rows(record())[1], rows(record({"transform": "rigid"}))[1]
    assert chosen.value == asked.value == "Shift and rotation"
    assert "simplest" in chosen.meaning
    assert asked.meaning == "As asked for."


def test_every_choice_of_the_transformation_has_words() -> None:
    choices = setting_named("transform").choices
    words = [choice_text("transform", choice) for choice in choices]
    assert words[0] == "Automatic (recommended)"
    assert len(set(words)) == len(choices)
    assert not set(words) & set(choices)


def test_every_verdict_has_words_that_say_what_to_do() -> None:
    assert headline(record().verdict) == "Doubtful"
    said = explanation(record())
    assert "compare before" in said
    assert "Reason one." in said
    assert "Try" in said
    assert explanation(record(VERDICT="registered")) == "The images fit. Reason one."
    failed = RunRecord(RunSettings(), "a", "b", problem="Why it failed.")
    assert (failed.verdict, explanation(failed)) == ("failed", "Why it failed.")
    stopped = RunRecord(RunSettings(), "a", "b", cancelled=True)
    assert (headline(stopped.verdict), explanation(stopped)) == (
        "Cancelled",
        "Nothing was written.",
    )


def test_advice_fits_the_evidence() -> None:
    assert "larger shift" in advice(record(MEDIAN_SHIFT_PX=45.0))
    assert "more structure" in advice(record(COVERAGE=0.1))
    assert "another band" in advice(record())
    for asked in ("shift", "affine", "affine+flow"):
        assert "automatic transformation" in advice(record({"transform": asked}, COVERAGE=0.1))


def test_who_was_moved_onto_whom() -> None:
    assert record().title == "s1 → s2"
    assert record({"moving": "optical"}).title == "s2 → s1"


def test_time_left_is_not_said_before_it_is_known() -> None:
    left = TimeLeft()
    assert left.seconds(1.0, 0.5) is None
    assert left.seconds(10.0, 0.1) is None
    assert left.seconds(10.0, 0.5) == pytest.approx(10)
    assert left.seconds(30.0, 0.999) == pytest.approx(0, abs=1)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (59, "59 s"), (200, "3 min"), (4800, "1 h 20 min")]
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_line_over_the_bar() -> None:
    assert progress_line("Refining", 0.42, 8) == "Refining · 42 % · about 8 s left"
    assert progress_line("Starting", 0.0, None) == "Starting · 0 %"


@pytest.mark.parametrize("window", [(239, 239, 239), (255, 255, 255), (50, 50, 50), (20, 20, 25)])
def test_verdicts_can_be_read_on_light_and_dark_themes(window: colours.Colour) -> None:
    shown = []
    for hue in colours.HUES.values():
        background = colours.mix(window, hue, colours.TINT)
        text = colours.readable(hue, background)
        assert colours.contrast(text, background) >= 4.5
        shown.append(text)
    for one, other in itertools.combinations(shown, 2):
        assert max(abs(a - b) for a, b in zip(one, other)) > 30


def test_history_is_capped_and_survives_spoilt_files(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "history.json"
    assert load_history(path) == []
    for number in range(LONGEST + 5):
        kept = add_to_history(path, record(SECONDS=float(number)))
    assert len(kept) == LONGEST
    assert load_history(path) == kept
    assert kept[0].results["SECONDS"] == LONGEST + 4
    for spoilt in ("{", "[1]", '[{"settings": 3}]'):
        path.write_text(spoilt, encoding="utf-8")
        assert load_history(path) == []
    assert len(add_to_history(path, record())) == 1
    assert list(path.parent.iterdir()) == [path]
