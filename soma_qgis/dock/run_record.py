"""The record of a run that has ended, and the words for it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from soma_qgis.algorithms import names
from soma_qgis.dock.choices import choice_text
from soma_qgis.dock.progress import duration
from soma_qgis.dock.run_settings import RunSettings
from soma_qgis.i18n import tr

NEAR_LIMIT = 0.8
"""A shift above this share of the largest expected one may have been cut off."""

LITTLE_COVERAGE = 0.3

NEARLY_CERTAIN = 0.99
"""A probability beyond it, or nearer to 0 than it is to 1, is not given more exactly."""


@dataclass(frozen=True)
class RunRecord:
    """One run that has ended, as the history keeps it.

    Attributes:
        settings: of the run.
        sar_name: name of the SAR layer.
        optical_name: name of the optical layer.
        parameters: of Processing, with sources in place of layers, for the command line.
        started: as ISO text.
        results: of ``soma:register``; empty where there are none.
        problem: why there are none.
        cancelled: whether the person stopped it.
    """

    settings: RunSettings
    sar_name: str
    optical_name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    started: str = ""
    results: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    cancelled: bool = False

    @property
    def verdict(self) -> str:
        """One of "registered", "doubtful", "failed", "cancelled"."""
        if self.cancelled:
            return "cancelled"
        return str(self.results.get(names.VERDICT, "failed"))

    @property
    def moved_name(self) -> str:
        """The name of the layer that was moved."""
        return self.sar_name if self.settings.sar_moves else self.optical_name

    @property
    def title(self) -> str:
        """Which image was moved onto which."""
        reference = self.optical_name if self.settings.sar_moves else self.sar_name
        return f"{self.moved_name} → {reference}"

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> RunRecord:
        """Return the record in a JSON form."""
        known = {f.name for f in dataclasses.fields(RunRecord)}
        values = {name: value for name, value in data.items() if name in known}
        return RunRecord(**{**values, "settings": RunSettings.from_dict(data["settings"])})


@dataclass(frozen=True)
class Row:
    """A figure with its name, and what it means."""

    label: str
    value: str
    meaning: str


def headline(verdict: str) -> str:
    """Return a verdict in words."""
    words = {
        "registered": tr("Registered"),
        "doubtful": tr("Doubtful"),
        "failed": tr("Not registered"),
        "cancelled": tr("Cancelled"),
    }
    return words[verdict]


def explanation(record: RunRecord) -> str:
    """Return what the verdict means, and what to do next."""
    reasons = str(record.results.get(names.REASONS, ""))
    if record.verdict == "registered":
        return tr("The images fit. {}").format(reasons) if reasons else ""
    if record.verdict == "doubtful":
        meaning = tr(
            "The image was moved, but do not trust it unseen; compare before "
            "and after in the map, at edges such as roads and shores."
        )
        return " ".join(part for part in (meaning, reasons, advice(record)) if part)
    if record.verdict == "cancelled":
        return tr("Nothing was written.")
    return record.problem


def advice(record: RunRecord) -> str:
    """Return what to try next after a doubtful result, the likeliest help first."""
    chosen, results = record.settings.values, record.results
    shift = results.get(names.MEDIAN_SHIFT_PX)
    if shift is not None and float(shift) > NEAR_LIMIT * chosen["max_shift"]:
        return tr("Try a larger shift than {:g} px: what was found is close to it.").format(
            chosen["max_shift"]
        )
    if chosen["transform"] != "auto":
        return tr("Try the automatic transformation: the one that was asked for may not fit.")
    if float(results.get(names.COVERAGE) or 0) < LITTLE_COVERAGE:
        return tr(
            "Try a larger area, or one with more structure: fields, roads and settlements rather "
            "than water, forest or bare mountains; or the other polarisation."
        )
    return tr("Try another band or polarisation, or images taken closer together in time.")


def rows(record: RunRecord) -> list[Row]:
    """Return the figures of a result; those that there are none of are left out."""
    results = record.results
    if not results:
        return []
    return [row for row in (*_rows_of_verdict(record), *_rows_of_figures(results)) if row.value]


def _rows_of_verdict(record: RunRecord) -> list[Row]:
    return [
        Row(
            tr("Probability"),
            _probability(record.results.get(names.PROBABILITY)),
            tr("That the alignment is right to some 3 px, if right and wrong ones are equally "
               "frequent beforehand."),
        ),
        Row(
            tr("Transformation"),
            _transformation(record),
            tr("The simplest one that explains the images, by what was measured.")
            if record.settings.values["transform"] == "auto"
            else tr("As asked for."),
        ),
    ]  # fmt: skip


def _rows_of_figures(results: dict[str, Any]) -> list[Row]:
    before, after = results.get(names.RMSE_BEFORE), results.get(names.RMSE_AFTER)
    return [
        Row(tr("Shift"), _shift(results), tr("Median length of the correction.")),
        Row(
            tr("RMSE"),
            f"{before:.2f} → {after:.2f} px" if None not in (before, after) else "",
            tr("Root mean square error before and after, in pixels of the reference; after is "
               "measured again on the registered image."),
        ),
        Row(
            tr("Verification windows"),
            _share(results.get(names.INLIER_RATIO), tr("{:.0f} % agree")),
            tr("Share of the independent verification windows whose own match agrees with the "
               "result; those that show too little, as over water, do not count."),
        ),
        Row(
            tr("Coverage"),
            _share(results.get(names.COVERAGE), tr("{:.0f} % certain")),
            tr("Share of the overlap where the displacement is more likely right to a pixel than "
               "not."),
        ),
        Row(tr("Time"), _time(results), tr("Wall time of the run, and the device it ran on.")),
    ]  # fmt: skip


def _probability(value: float | None) -> str:
    """Return a probability in words, never as certainty; empty where there is none."""
    if value is None:
        return ""
    if value > NEARLY_CERTAIN:
        return tr("more than {:.0f} %").format(100 * NEARLY_CERTAIN)
    if value < 1 - NEARLY_CERTAIN:
        return tr("less than {:.0f} %").format(100 * (1 - NEARLY_CERTAIN))
    return f"{100 * value:.0f} %"


def _transformation(record: RunRecord) -> str:
    """Return the kind that was found; earlier releases did not say it."""
    kind = record.results.get(names.TRANSFORMATION)
    if not kind:
        return ""
    return choice_text("transform", str(kind))


def _shift(results: dict[str, Any]) -> str:
    pixels, metres = results.get(names.MEDIAN_SHIFT_PX), results.get(names.MEDIAN_SHIFT_M)
    parts = [f"{pixels:.1f} px"] if pixels is not None else []
    if metres is not None:
        parts.append(f"{metres:.1f} m")
    return " · ".join(parts)


def _share(value: float | None, words: str) -> str:
    return "" if value is None else words.format(100 * value)


def _time(results: dict[str, Any]) -> str:
    seconds, device = results.get(names.SECONDS), results.get(names.DEVICE_USED)
    if seconds is None:
        return ""
    text = duration(seconds)
    return tr("{} on {}").format(text, str(device).upper()) if device else text
