"""Puts a network among the bundled ones: its file, and its entry in the manifest.

``python -m model_core.network.bundle`` writes ``fixed-descriptors``, which needs no training.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from model_core.locations import WEIGHTS
from model_core.network.checkpoint import MANIFEST, read_manifest, save_network, sha256
from model_core.network.config import PRESETS
from model_core.network.matcher_config import MatcherConfig
from model_core.network.soma import Soma
from model_core.raster.output import atomic_write

UNTRAINED: dict[str, Any] = {
    "title": "fixed-descriptors (nothing learned)",
    "description": "No training. Images are described by fixed oriented gradients and matched by "
    "window-aggregated correlation, a robust affine and a smooth flow; the file holds the "
    "configuration and no weights. Faster than the trained network, and less sure.",
    "training_data": [],
    "licence": "GPL-3.0-or-later",
    "figures": {},
}


def write_bundled(network: Soma, name: str, entry: dict[str, Any], folder: Path = WEIGHTS) -> Path:
    """Write ``<name>.safetensors`` in float16 and set its entry in the manifest; return the file.

    Args:
        entry: ``title``, ``description``, ``training_data``, ``licence`` and ``figures``; for a
            trained network also ``training`` (command, commit, hours, hardware).

    Raises:
        BadInputError: a file cannot be written.
    """
    path = folder / f"{name}.safetensors"
    save_network(network, path, entry.get("training"), torch.float16)
    content = path.read_bytes()
    manifest = folder / MANIFEST
    models: dict[str, Any] = read_manifest(folder) if manifest.is_file() else {}
    models[name] = {
        "file": path.name,
        "sha256": sha256(content),
        "bytes": len(content),
        "preset": network.settings.preset,
        "learned": network.settings.learned,
        **entry,
    }
    with atomic_write(manifest) as temporary:
        text = json.dumps({"models": models}, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    fixed = replace(PRESETS["soma-compact"], learned=False, matcher=MatcherConfig())
    write_bundled(Soma(fixed), "fixed-descriptors", UNTRAINED)
