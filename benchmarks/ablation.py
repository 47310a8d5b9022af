"""What each part of the network brings: the same small training with and without it.

Trains the compact network and the one without FGE from the same seed, on the same batches, for the
same number of steps, and writes beside them the one without learned descriptors. ``evaluate`` then
compares them. What the affine and the flow bring needs no network of its own: the methods
``soma-affine`` (no flow) and ``soma-flow`` (no affine after the coarse search) run the full one.

    python benchmarks/ablation.py --out runs/ablation --steps 300
    python -m model_core evaluate --pairs DATA/pairs/manifest.csv --split val --methods soma \\
        --model runs/ablation/full.safetensors --model runs/ablation/without-fge.safetensors \\
        --model runs/ablation/fixed-descriptors.safetensors --out runs/ablation/evaluation
    python -m model_core evaluate --pairs DATA/pairs/manifest.csv --split val \\
        --methods soma-affine,soma-flow --model runs/ablation/full.safetensors \\
        --out runs/ablation/evaluation

Stopped, it goes on where it was when it is started again.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model_core.commands.feedback import StandardErrorFeedback
from model_core.network.checkpoint import load_network, save_network
from model_core.network.matcher_config import MatcherConfig
from model_core.network.soma import Soma
from model_core.training.config import AblationConfig, TrainingConfig, read_config
from model_core.training.state import STATE
from model_core.training.trainer import LAST, Trainer


def train(config: TrainingConfig, out: Path) -> Soma:
    """Train one variant, or go on with it, and return its network."""
    resume = (out / STATE).is_file()
    Trainer(config, out, torch.device("cpu"), StandardErrorFeedback(), resume).run()
    return load_network(str(out / LAST))[0]


def main() -> None:
    """Train and write all variants."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    base = dataclasses.replace(
        read_config("soma-compact"),
        steps=options.steps,
        warmup=options.steps // 10,
        validate_every=options.steps,
        checkpoint_every=max(1, options.steps // 4),
    )
    without = dataclasses.replace(base, ablation=AblationConfig(fge=False))
    full = train(base, options.out / "full")
    variants = {"full": full, "without-fge": train(without, options.out / "without-fge")}
    # Without learned corrections, nothing looks into a window: the matcher's settings are those
    # of the fixed descriptors.
    fixed = dataclasses.replace(full.settings, learned=False, matcher=MatcherConfig())
    variants["fixed-descriptors"] = Soma(fixed)
    for name, network in variants.items():
        save_network(network, options.out / f"{name}.safetensors", {"steps": options.steps})


if __name__ == "__main__":
    main()
