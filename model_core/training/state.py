"""The whole state of a run on disk, so that it goes on as if it had never stopped. No pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from model_core.errors import BadInputError
from model_core.raster.output import atomic_write
from model_core.training.averaging import ParameterAverage, trained

STATE = "state.safetensors"
VERSION = 2
"""Of the file: 2 names the temperatures of the correlation by what they are."""

_FACTS = "facts"


def write_state(
    folder: Path,
    module: nn.Module,
    average: ParameterAverage,
    optimizer: torch.optim.Optimizer,
    facts: dict[str, Any],
) -> None:
    """Write parameters, their average, the optimiser's moments, and ``facts`` (JSON).

    Args:
        facts: what else is needed to go on; its ``step`` is the number of steps done.

    Raises:
        BadInputError: the file cannot be written.
    """
    tensors: dict[str, Tensor] = {}
    for name, parameter in trained(module).items():
        tensors[f"parameter/{name}"] = parameter.detach()
        tensors[f"average/{name}"] = average.named[name]
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer/{key}/{name}"] = torch.as_tensor(value)
    on_cpu = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    with atomic_write(folder / STATE) as temporary:
        text = json.dumps({**facts, "version": VERSION}, sort_keys=True)
        temporary.write_bytes(save(on_cpu, {_FACTS: text}))


def read_facts(folder: Path) -> dict[str, Any]:
    """Return the facts of a stored state.

    Raises:
        BadInputError: there is no state, it is damaged, or another version of SOMA wrote it.
    """
    return _read(folder)[1]


def restore_state(
    folder: Path,
    module: nn.Module,
    average: ParameterAverage,
    optimizer: torch.optim.Optimizer,
) -> dict[str, Any]:
    """Put a stored state back in place; returns its facts.

    Raises:
        BadInputError: there is no state, it is damaged, another version of SOMA wrote it, or it
            is of another network.
    """
    tensors, facts = _read(folder)
    parameters = trained(module)
    stored = {n.removeprefix("parameter/") for n in tensors if n.startswith("parameter/")}
    if stored != parameters.keys():
        raise BadInputError(
            f"{folder / STATE} is of another network than the settings describe; use the settings "
            "it was made with, or another folder."
        )
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[f"parameter/{name}"])
            state = {}
            for key in ("step", "exp_avg", "exp_avg_sq"):
                value = tensors.get(f"optimizer/{key}/{name}")
                if value is not None:
                    state[key] = value if key == "step" else value.to(parameter.device)
            if state:
                optimizer.state[parameter] = state
    average.resume({n: tensors[f"average/{n}"] for n in parameters}, facts["step"])
    return facts


def _read(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    path = folder / STATE
    try:
        content = path.read_bytes()
        tensors = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        facts: dict[str, Any] = json.loads(header["__metadata__"][_FACTS])
    except FileNotFoundError as error:
        raise BadInputError(
            f"There is no {STATE} in {folder} to go on from; start without --resume."
        ) from error
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise BadInputError(
            f"{path} cannot be read ({error}); start again in another folder."
        ) from error
    if facts.get("version") != VERSION:
        raise BadInputError(
            f"{path} was written by another version of SOMA, which this one cannot go on from; "
            "start a new run in another folder, with the folder's last.safetensors as 'start'."
        )
    return tensors, facts
