"""The settings of a training run: a YAML file into frozen classes, every key checked."""

from __future__ import annotations

import dataclasses
import os
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from model_core.errors import BadInputError
from model_core.network.config import PRESETS, SomaConfig

CONFIGS = Path(__file__).resolve().parent / "configs"
"""Settings that come with SOMA; the command line takes their names without ``.yaml``."""

Layout = Literal["manifest", "sen1-2", "osdataset", "whu-sen-city", "geotiff"]
Precision = Literal["float32", "bfloat16", "float16"]


@dataclass(frozen=True)
class DataConfig:
    """One source of pairs.

    Attributes:
        path: a manifest (CSV), or the folder of another layout; ``$NAME`` stands for an environment
            variable.
        layout: see ``folders``.
        split: of a manifest, the rows to take; None: all.
        weight: with which its pairs are drawn.
        weight_after: factor for pairs whose id ends in ``_after``: taken after an event, they hold
            real changes.
    """

    path: str
    layout: Layout = "manifest"
    split: str | None = None
    weight: float = 1.0
    weight_after: float = 1.0


@dataclass(frozen=True)
class WarpConfig:
    """How views are cut and warped; lengths in pixels.

    Attributes:
        side: of the views compared locally, a multiple of 16.
        search_side: of the views compared as a whole.
        downsampling_factors: of the latter, as in the search; one is drawn per step.
        max_shift: between the views compared as a whole.
        max_rotation: between these, in degrees.
        max_scale: between these, a factor.
        residual_rotation: between the views compared locally, in degrees, beside a shift within the
            stage's reach.
        residual_scale: between these, a factor.
        local: longest displacement of the smooth deformation between these.
        zoom: factor by which both views are enlarged or reduced together.
    """

    side: int = 160
    search_side: int = 184
    downsampling_factors: tuple[int, ...] = (3, 4)
    max_shift: float = 28.0
    max_rotation: float = 20.0
    max_scale: float = 1.1
    residual_rotation: float = 3.0
    residual_scale: float = 1.03
    local: float = 6.0
    zoom: float = 1.2


@dataclass(frozen=True)
class LossConfig:
    """Weights and shapes of the losses.

    Attributes:
        label_sigma: pixels by which the labels are unsure; targets are Gaussians of this width.
        robustness: q of the generalised cross-entropy (0: plain, 1: mean absolute error).
        search: weight of the loss of the search.
        local: weight of the loss of the local displacement.
        heads: weight of the loss of the learned corrections.
        heads_from: share of the run after which the heads are trained, with full windows; before
            that, windows are drawn smaller.
        negatives: wrong rotations per pair in the search loss.
        unrelated: share of the local pairs of a step that show different places once the heads are
            trained.
        sure: pixels within which a displacement counts as right for the certainty.
    """

    label_sigma: float = 1.2
    robustness: float = 0.3
    search: float = 1.0
    local: float = 1.0
    heads: float = 0.3
    heads_from: float = 0.4
    negatives: int = 3
    unrelated: float = 0.2
    sure: float = 2.0


@dataclass(frozen=True)
class AblationConfig:
    """What is left out of the network, to see what it brings; the names are the paper's.

    Attributes:
        fge: the gradient enhancer.
        foundation: the frozen branch.
        learned: everything that is trained; without it, the fixed descriptors remain.
    """

    fge: bool = True
    foundation: bool = True
    learned: bool = True


@dataclass(frozen=True)
class TrainingConfig:
    """A whole run.

    Attributes:
        preset: of the network.
        data: where the pairs come from.
        steps: of the optimiser.
        batch: pairs compared locally per step and process.
        search_batch: pairs compared as a whole per step and process.
        seed: of all that is drawn.
        learning_rate: after the warm-up, before the cooldown.
        weight_decay: of the optimiser.
        warmup: steps.
        cooldown: share of the run, at its end, in which the rate falls by a cosine.
        clip: norm of the gradient, at most.
        ema: decay of the averaged parameters per step.
        gate_rate: factor on the learning rate of the gates.
        precision: of the encoders.
        workers: threads that prepare batches ahead; 0: none.
        augment: probability of each radiometric change.
        holdout: share of places kept for validation.
        validate_every: steps between validations.
        validation_pairs: for the local measure.
        validation_cases: registered as a whole.
        checkpoint_every: steps after which network and state are saved.
        foundation: file of the frozen branch's weights; None: as ``load_network`` finds them.
        start: checkpoint to fine-tune; None: from scratch.
        warp: how views are cut.
        loss: weights and shapes of the losses.
        ablation: what is left out of the network.
    """

    preset: str
    data: tuple[DataConfig, ...]
    steps: int
    batch: int = 4
    search_batch: int = 6
    seed: int = 0
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: int = 100
    cooldown: float = 0.4
    clip: float = 1.0
    ema: float = 0.998
    gate_rate: float = 1.0
    precision: Precision = "float32"
    workers: int = 0
    augment: float = 0.25
    holdout: float = 0.05
    validate_every: int = 500
    validation_pairs: int = 32
    validation_cases: int = 24
    checkpoint_every: int = 250
    foundation: str | None = None
    start: str | None = None
    warp: WarpConfig = field(default_factory=WarpConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    ablation: AblationConfig = field(default_factory=AblationConfig)

    def network(self) -> SomaConfig:
        """Return the configuration of the network with what is left out left out."""
        base = PRESETS[self.preset]
        return dataclasses.replace(
            base,
            fge=base.fge if self.ablation.fge else None,
            foundation=base.foundation if self.ablation.foundation else None,
            learned=self.ablation.learned,
        )


def read_config(path: str | Path) -> TrainingConfig:
    """Read the settings from a YAML file, or from one that comes with SOMA by its name.

    Raises:
        BadInputError: no such file, not YAML, or a setting is missing, unknown or impossible.
    """
    found = CONFIGS / f"{path}.yaml" if (CONFIGS / f"{path}.yaml").is_file() else Path(path)
    try:
        import yaml
    except ImportError as error:
        raise BadInputError(
            "Training settings are YAML and PyYAML is not installed; install it (pip install "
            "pyyaml)."
        ) from error
    try:
        data = yaml.safe_load(found.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise BadInputError(
            f"The settings {found} cannot be read ({reason}); give a YAML file."
        ) from error
    try:
        config = parse_config(data)
    except ValueError as error:
        raise BadInputError(f"The settings {found.name} cannot be used: {error}.") from error
    return config


def parse_config(data: Any) -> TrainingConfig:
    """Build the settings from what stands in the YAML file.

    Raises:
        ValueError: with a clause that says which setting is wrong and what is expected.
    """
    config: TrainingConfig = _build(TrainingConfig, data, "")
    _check(config)
    return config


def _check(config: TrainingConfig) -> None:
    if config.preset not in PRESETS:
        raise ValueError(f"preset is {config.preset!r}; choose one of {', '.join(PRESETS)}")
    if not config.data:
        raise ValueError("data is empty; name at least one source of pairs")
    positive = ("steps", "batch", "search_batch", "validate_every", "checkpoint_every")
    for name in positive:
        if getattr(config, name) < 1:
            raise ValueError(f"{name} is {getattr(config, name)}; give at least 1")
    shares = {
        "holdout": config.holdout,
        "cooldown": config.cooldown,
        "augment": config.augment,
        "loss.heads_from": config.loss.heads_from,
        "loss.unrelated": config.loss.unrelated,
    }
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{name} is {share}; give a share between 0 and 1")
    if not config.learning_rate > 0 or not 0 < config.ema < 1:
        raise ValueError("learning_rate must be above 0 and ema between 0 and 1")
    if config.warp.side < 64 or config.warp.side % 16:
        raise ValueError(f"warp.side is {config.warp.side}; give a multiple of 16, at least 64")
    if not config.warp.downsampling_factors or min(config.warp.downsampling_factors) < 1:
        raise ValueError("warp.downsampling_factors must name numbers of at least 1")
    if any(source.weight <= 0 or source.weight_after < 0 for source in config.data):
        raise ValueError("a weight of the data is not positive")


def _build(settings: Any, data: Any, where: str) -> Any:
    """Build a frozen class from a mapping, with the types its fields are declared with."""
    if not isinstance(data, dict):
        raise ValueError(f"{where or 'the file'} is not a mapping of settings")
    hints = get_type_hints(settings)
    fields = {f.name: f for f in dataclasses.fields(settings)}
    for key in data:
        if key not in fields:
            raise ValueError(
                f"{where}{key} is not a setting; known here: {', '.join(sorted(fields))}"
            )
    required = dataclasses.MISSING
    for name, f in fields.items():
        if f.default is required and f.default_factory is required and name not in data:
            raise ValueError(f"{where}{name} is missing")
    return settings(
        **{key: _value(hints[key], value, f"{where}{key}") for key, value in data.items()}
    )


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if dataclasses.is_dataclass(hint):
        return _build(hint, value, f"{where}.")
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where} is not a list")
        return tuple(_value(arguments[0], v, f"{where}[{i}]") for i, v in enumerate(value))
    if origin is Literal:
        if value not in arguments:
            raise ValueError(
                f"{where} is {value!r}; choose one of {', '.join(map(str, arguments))}"
            )
        return value
    if origin is types.UnionType:
        return None if value is None else _value(arguments[0], value, where)
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise ValueError(f"{where} is {value!r}, not of the type {hint.__name__}")
    return _expanded(value, where) if hint is str else value


def _expanded(text: str, where: str) -> str:
    expanded = os.path.expandvars(text)
    if "$" in expanded:
        raise ValueError(f"{where} is {text!r}, but no such environment variable is set")
    return expanded
