"""That the full preset, ``soma``, trains: some hundred steps, stopped halfway and resumed.

The losses before and after are those of the same batches, which no step draws.

The two ResNet-50 and everything else are the preset's own. In place of DINOv2, whose weights are
not part of the project, stands a small vision transformer of the same family with random weights:
the run shows that the code path trains, and says nothing about accuracy.

    python benchmarks/full_preset.py --out runs/full-preset --steps 500
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model_core.commands.feedback import StandardErrorFeedback
from model_core.network.config import PRESETS, FoundationConfig
from model_core.network.foundation import FrozenFoundation
from model_core.training.batches import make_batch
from model_core.training.config import LossConfig, WarpConfig, read_config
from model_core.training.trainer import Trainer

STAND_IN = "vit_small_patch14_reg4_dinov2"

BATCHES = 32
"""Over which losses are compared: batches differ more than a short run changes."""


class StopsAt(StandardErrorFeedback):
    """Asks a run to stop after some steps, as a person does."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps, self.done = steps, 0

    def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
        """Take note of the steps that are done."""
        self.done = done

    def cancelled(self) -> bool:
        """Whether they are enough."""
        return self.done >= self.steps


def losses(trainer: Trainer) -> dict[str, float]:
    """Return the mean losses of the batches that follow those of the run."""
    config = trainer.config
    matcher = trainer.model.network.config
    total = dict.fromkeys(("search", "local", "heads", "weighted sum"), 0.0)
    for step in range(config.steps, config.steps + BATCHES):
        batch = make_batch(config, matcher, trainer.pairs, step, 0)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            found = trainer.model.losses(batch, config)
        for name, term in (*found.terms.items(), ("weighted sum", found.total(config.loss))):
            total[name] += float(term) / BATCHES
    return total


def main() -> None:
    """Train, stop, resume, and compare the losses before and after."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    options.out.mkdir(parents=True, exist_ok=True)
    weights = options.out / f"{STAND_IN}.safetensors"
    foundation = FoundationConfig(STAND_IN)
    save_file(FrozenFoundation(foundation).vit.state_dict(), weights)
    PRESETS["soma"] = dataclasses.replace(PRESETS["soma"], foundation=foundation)
    config = dataclasses.replace(
        read_config("soma"),
        foundation=str(weights),
        steps=options.steps,
        batch=2,
        search_batch=2,
        learning_rate=0.001,
        warmup=options.steps // 10,
        cooldown=0.5,
        workers=0,
        validate_every=options.steps + 1,
        checkpoint_every=options.steps,
        warp=WarpConfig(side=96, search_side=128, downsampling_factors=(4,)),
        loss=LossConfig(heads_from=0.0, negatives=1),
    )
    device = torch.device("cpu")
    run = options.out / "run"
    trainer = Trainer(config, run, device, StopsAt(options.steps // 2))
    before = losses(trainer)
    trainer.run()
    trainer = Trainer(config, run, device, StandardErrorFeedback(), resume=True)
    trainer.run()
    for name, value in losses(trainer).items():
        sys.stdout.write(
            f"{name}: {before[name]:.3f} -> {value:.3f} (mean of the same {BATCHES} batches)\n"
        )


if __name__ == "__main__":
    main()
