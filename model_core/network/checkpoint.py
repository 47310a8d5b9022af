"""Networks on disk: safetensors with the configuration inside, and a manifest beside those bundled.

Nothing that can run code is ever opened: a pickle is refused before anything reads it. A file says
in its metadata which format, preset and configuration it is of; the tensors must be exactly those
of that configuration, without the frozen branch, whose weights stay where the user has them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from model_core.errors import BadInputError, shown
from model_core.locations import WEIGHTS
from model_core.network.config import SomaConfig
from model_core.network.soma import Soma
from model_core.paths import is_file
from model_core.raster.output import atomic_write

METADATA = "soma"
"""Key of the JSON object in a file's metadata that says what the tensors are."""

FORMAT_VERSION = 2
"""Raised when a file of this version could no longer be read by the version before. Version 2 gave
some settings other names; files of version 1 are still read (see ``config``)."""

MANIFEST = "manifest.json"

FOUNDATION_VARIABLE = "SOMA_FOUNDATION"
"""Environment variable with the path of the frozen branch's weights, a ``.safetensors``."""

_FROZEN = "learned.foundation."
_ADVICE = "get the file again, or use a bundled model"


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds: the configuration, the tensors, and how they were trained."""

    config: SomaConfig
    tensors: dict[str, Tensor]
    training: dict[str, Any]


def read_manifest(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the manifest's entry of every model in a folder, by default of those bundled.

    Each holds ``file``, ``sha256``, ``bytes``, ``preset``, ``learned``, ``title``, ``description``,
    ``training_data`` (sources with their licences), ``licence`` and ``figures``.

    Raises:
        BadInputError: the manifest is missing or damaged.
    """
    path = (folder or WEIGHTS) / MANIFEST
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["models"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise BadInputError(
            f"The list of models {path} is missing or damaged; install SOMA again."
        ) from error


def load_network(model: str) -> tuple[Soma, str]:
    """Return a network in evaluation mode on the CPU, and its name as shown to users.

    Args:
        model: name of a bundled model, or path of a ``.safetensors`` file. The weights of the
            frozen branch, where the configuration has one, come from the file that
            ``SOMA_FOUNDATION`` names, else from ``<timm's name>.safetensors`` beside the
            checkpoint, else from timm's hub.

    Raises:
        BadInputError: unknown name, no such file, or a file that is not sound (see
            :func:`read_checkpoint`); one of a bundled model that is not what its manifest says.
    """
    is_path = Path(model).suffix != "" or os.sep in model or is_file(model)
    models = read_manifest()
    if model in models:
        path = WEIGHTS / str(models[model].get("file", ""))
        name = str(models[model].get("title", model))
    elif is_path:
        path, name = Path(model), Path(model).stem
    else:
        raise BadInputError(
            f"There is no model {shown(model)!r}; choose one of {', '.join(sorted(models))}, or "
            "give the path of a .safetensors file."
        )
    checkpoint = read_checkpoint(path)
    try:
        network = Soma(checkpoint.config)
    except (RuntimeError, ValueError) as error:
        raise BadInputError(
            f"No network can be built of the configuration in {path} ({error}); {_ADVICE}."
        ) from error
    _fill(network, checkpoint.tensors, path)
    if network.learned is not None and network.learned.foundation is not None:
        network.learned.foundation.load(_foundation_file(path, network.learned.foundation.name))
    return network.eval(), name


def save_network(
    network: Soma,
    path: Path,
    training: Mapping[str, Any] | None = None,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write a network, without its frozen branch, to a ``.safetensors`` file.

    Args:
        training: a summary, as JSON, of how it came to be: data, command, steps, hours, figures.
        dtype: of the tensors in the file; float16 halves it.

    Raises:
        BadInputError: the file cannot be written.
    """
    tensors = {
        name: tensor.detach().to("cpu", dtype).contiguous()
        for name, tensor in network.state_dict().items()
        if not name.startswith(_FROZEN)
    }
    facts = {
        "format_version": FORMAT_VERSION,
        "preset": network.settings.preset,
        "config": network.settings.to_json(),
        "training": dict(training or {}),
    }
    # One entry: safetensors writes several in any order, and the same network would have a new
    # checksum every time.
    metadata = {METADATA: json.dumps(facts, sort_keys=True)}
    with atomic_write(path) as temporary:
        temporary.write_bytes(save(tensors, metadata))


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint without building its network.

    Raises:
        BadInputError: the file is missing, is a pickle, is truncated, is not one of SOMA's, is of a
            newer format, or differs from the manifest beside it.
    """
    if not is_file(path):
        raise BadInputError(f"There is no model file {shown(path)}; check the path.")
    try:
        # Other files may be of any size: they are not read whole to be refused.
        content = path.read_bytes() if path.suffix == ".safetensors" else b""
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}); {_ADVICE}.") from error
    if path.suffix != ".safetensors" or _is_pickle(content):
        raise BadInputError(
            f"{path} is not a .safetensors file (a pickle, as in .pt or .pth, can run code and is "
            "never opened); convert it, or use a bundled model."
        )
    _check_sum(path, content)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise BadInputError(f"{path} is damaged or cut off ({error}); {_ADVICE}.") from error
    if METADATA not in metadata:
        raise BadInputError(f"{path} holds no SOMA network; choose another file.")
    try:
        facts = json.loads(metadata[METADATA])
        version = int(facts["format_version"])
        if version > FORMAT_VERSION:
            raise BadInputError(
                f"{path} was written by a newer version (format {version}, this one reads up to "
                f"{FORMAT_VERSION}); update SOMA."
            )
        config, training = SomaConfig.from_json(facts["config"]), dict(facts["training"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(
            f"{path} has an unusable configuration ({error}); {_ADVICE}."
        ) from error
    return Checkpoint(config, tensors, training)


def sha256(content: bytes) -> str:
    """Return the checksum that a manifest holds of a file."""
    return hashlib.sha256(content).hexdigest()


def _is_pickle(content: bytes) -> bool:
    """Tell a pickle, bare or in a zip as torch writes it, whatever the file is called."""
    # A safetensors file starts with the length of its header in 8 bytes, of which the last are 0:
    # the same two bytes at the start are no pickle then.
    bare = content[:1] == b"\x80" and content[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
    return content.startswith(b"PK\x03\x04") or (bare and content[2:8] != bytes(6))


def _check_sum(path: Path, content: bytes) -> None:
    """Compare a file with the manifest beside it; a bundled file must stand in there."""
    folder = path.resolve().parent
    bundled = folder == WEIGHTS
    if not bundled and not (folder / MANIFEST).is_file():
        return
    listed = {str(e.get("file")): e.get("sha256") for e in read_manifest(folder).values()}
    if (bundled or path.name in listed) and listed.get(path.name) != sha256(content):
        raise BadInputError(
            f"{path} is not the file that {MANIFEST} beside it describes (its checksum differs); "
            f"{'install SOMA again' if bundled else _ADVICE}."
        )


def _fill(network: Soma, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Put tensors into a network, all of them and nothing else."""
    expected = {
        name: tensor.shape
        for name, tensor in network.state_dict().items()
        if not name.startswith(_FROZEN)
    }
    found = {name: tensor.shape for name, tensor in tensors.items()}
    wrong = sorted(n for n in expected.keys() | found.keys() if expected.get(n) != found.get(n))
    wrong += sorted(n for n in expected.keys() & found.keys() if not tensors[n].isfinite().all())
    if wrong:
        raise BadInputError(
            f"{path} does not hold the tensors of its configuration ({len(wrong)} differ, such as "
            f"{wrong[0]}); {_ADVICE}."
        )
    network.load_state_dict(tensors, strict=False)


def _foundation_file(checkpoint: Path, name: str) -> Path | None:
    given = os.environ.get(FOUNDATION_VARIABLE)
    if given:
        return Path(given)
    beside = checkpoint.parent / f"{name}.safetensors"
    return beside if beside.is_file() else None
