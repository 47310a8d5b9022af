"""The choices of the settings in words."""

from __future__ import annotations

from soma_qgis.i18n import tr


def choice_text(setting: str, choice: str) -> str:
    """Return a choice of a setting in words; those without are shown as they are."""
    words = {
        ("moving", "sar"): tr("SAR onto optical"),
        ("moving", "optical"): tr("Optical onto SAR"),
        ("transform", "auto"): tr("Automatic (recommended)"),
        ("transform", "shift"): tr("Shift only"),
        ("transform", "rigid"): tr("Shift and rotation"),
        ("transform", "similarity"): tr("Shift, rotation and scale"),
        ("transform", "affine"): tr("Affine"),
        ("transform", "affine+flow"): tr("Affine and local field"),
        ("device", "cpu"): "CPU",
        ("device", "cuda"): "GPU (CUDA)",
    }
    return words.get((setting, choice), tr("automatic") if choice == "auto" else choice)
