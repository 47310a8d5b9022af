"""The figures of a registration, as outputs of Processing."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import (
    QgsProcessingOutputDefinition,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
)

from soma_qgis.algorithms import names
from soma_qgis.i18n import tr


@dataclass(frozen=True)
class Figure:
    """One output that is no file.

    Attributes:
        output: its id in Processing.
        key: its name in the worker's result.
        title: as shown to users.
        is_text: it is a text, not a number.
    """

    output: str
    key: str
    title: str
    is_text: bool = False

    def definition(self) -> QgsProcessingOutputDefinition:
        """Return the output as Processing has it."""
        cls = QgsProcessingOutputString if self.is_text else QgsProcessingOutputNumber
        return cls(self.output, self.title)


def figures() -> tuple[Figure, ...]:
    """Return all figures, in the order in which Processing lists them."""
    return (
        Figure(names.RMSE_BEFORE, "rmse_before_px", tr("RMSE before (px)")),
        Figure(names.RMSE_AFTER, "rmse_after_px", tr("RMSE after (px)")),
        Figure(names.MEDIAN_SHIFT_M, "median_shift_m", tr("Median shift (m)")),
        Figure(names.INLIER_RATIO, "inlier_ratio", tr("Verification windows that agree")),
        Figure(names.COVERAGE, "coverage", tr("Share covered with certainty")),
        Figure(names.VERDICT, "verdict", tr("Verdict"), is_text=True),
        Figure(names.PROBABILITY, "probability", tr("Probability that it is right")),
        Figure(names.TRANSFORMATION, "transformation", tr("Transformation found"), is_text=True),
        Figure(names.MEDIAN_SHIFT_PX, "median_shift_px", tr("Median shift (px)")),
        Figure(names.SECONDS, "seconds", tr("Time (s)")),
        Figure(names.DEVICE_USED, "device", tr("Device that was used"), is_text=True),
        Figure(names.DEVICE_REASON, "device_reason", tr("Why that device"), is_text=True),
        Figure(names.REASONS, "reasons", tr("What the verdict rests on"), is_text=True),
    )
