"""The loop: batches, losses, optimiser, average, log, validation, checkpoints."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from model_core.errors import BadInputError
from model_core.feedback import Feedback
from model_core.network.checkpoint import load_network, save_network
from model_core.network.soma import Soma
from model_core.training.averaging import ParameterAverage, trained
from model_core.training.batches import Batch, make_batch
from model_core.training.config import TrainingConfig
from model_core.training.data import PairSet, read_pairs
from model_core.training.distributed import Processes
from model_core.training.logs import Log
from model_core.training.losses import CorrelationTemperature, Losses, local_losses, search_loss
from model_core.training.optimisation import build_optimizer, learning_rate
from model_core.training.state import STATE, read_facts, restore_state, write_state
from model_core.training.validation import Figures, Validation

LAST, BEST = "last.safetensors", "best.safetensors"


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended.

    Attributes:
        step: how many steps are done.
        finished: all steps are; else ``--resume`` goes on.
        best: best score of a validation so far; None: there was none.
    """

    step: int
    finished: bool
    best: float | None


class TrainingModel(nn.Module):
    """The network with what only training needs beside it."""

    def __init__(self, network: Soma) -> None:
        super().__init__()
        self.network = network
        self.temperature = CorrelationTemperature()

    def losses(self, batch: Batch, config: TrainingConfig) -> Losses:
        """Compare all that is in a batch."""
        searched, right = search_loss(self.network, self.temperature, batch.search, config.loss)
        terms, figures = local_losses(
            self.network, self.temperature, batch.local, config.loss, batch.heads
        )
        return Losses({"search": searched, **terms}, {"search_right": right, **figures})


class Trainer:
    """One run in one folder."""

    def __init__(
        self,
        config: TrainingConfig,
        out: Path,
        device: torch.device,
        feedback: Feedback,
        resume: bool = False,
        pairs: tuple[PairSet, Validation | None] | None = None,
    ) -> None:
        """Read the data and build, or restore, the network.

        Args:
            pairs: what to train and validate on, where it was read before.

        Raises:
            BadInputError: settings and data that no network can be trained with; a folder that
                holds a run without ``resume``, or none with it.
        """
        self.config, self.out, self.device, self.feedback = config, out, device, feedback
        self.processes = Processes()
        _check_start(config, out, resume)
        self.pairs, self.validation = self._read_pairs() if pairs is None else pairs
        torch.manual_seed(config.seed)
        self.model = TrainingModel(self._network()).to(device).train()
        self.average = ParameterAverage(self.model, config.ema)
        self.optimizer = build_optimizer(self.model, config)
        self.scaler = torch.amp.GradScaler(device.type, enabled=config.precision == "float16")
        self.step = 0
        self.seconds = 0.0
        self.best: float | None = None
        if resume:
            self._restore()
        out.mkdir(parents=True, exist_ok=True)  # from here on nothing the user gave is wrong
        self.log = Log(out, feedback, self.step) if self.processes.rank == 0 else None

    def _read_pairs(self) -> tuple[PairSet, Validation | None]:
        config = self.config
        pairs, held = read_pairs(config.data, config.holdout, config.seed)
        self.feedback.log(f"{len(pairs.pairs)} pairs to train on, {len(held)} held out.")
        first = self.processes.rank == 0
        return pairs, Validation(held, config) if held and first else None

    def _network(self) -> Soma:
        config = self.config
        settings = config.network()
        if config.start is not None:
            network, _ = load_network(config.start)
            if network.settings != settings:
                raise BadInputError(
                    f"{config.start} is of another configuration than preset {config.preset}; "
                    "fine-tune it with the preset it was made of."
                )
            return network
        network = Soma(settings)
        foundation = network.learned.foundation if network.learned else None
        if foundation is not None:
            foundation.load(Path(config.foundation) if config.foundation else None)
        return network

    def _restore(self) -> None:
        facts = read_facts(self.out)
        if facts["config"] != self._comparable():
            changed = [k for k, v in self._comparable().items() if facts["config"].get(k) != v]
            raise BadInputError(
                f"The run in {self.out} was made with other settings ({', '.join(changed)}); "
                "resume it with its own."
            )
        restore_state(self.out, self.model, self.average, self.optimizer)
        self.step, self.seconds, self.best = facts["step"], facts["seconds"], facts["best"]
        self.scaler.load_state_dict(facts["scaler"])

    def _comparable(self) -> dict[str, Any]:
        """Return the settings that a resumed run must share, as JSON would hold them.

        ``steps`` may change: the schedule only depends on it from the heads and the cooldown on.
        """
        free = ("steps", "workers", "validate_every", "checkpoint_every")
        data = {k: v for k, v in dataclasses.asdict(self.config).items() if k not in free}
        return dict(json.loads(json.dumps(data)))

    def run(self, max_minutes: float | None = None) -> TrainingResult:
        """Train until all steps are done, the minutes are over, or ``feedback`` asks to stop.

        However it ends, state and network have been written.

        Raises:
            BadInputError: a loss that is not finite, or an image that cannot be read.
        """
        config = self.config
        started = time.monotonic()
        earlier = self.seconds
        if self.step == 0 and self.validation is not None:
            fixed = Soma(dataclasses.replace(config.network(), learned=False, foundation=None))
            figures = self.validation.measure(fixed.to(self.device).eval(), self.device)
            self._note("fixed descriptors", figures)
        over = False
        for batch in self._batches():
            losses = self._one_step(batch)
            self.step += 1
            self.seconds = earlier + time.monotonic() - started
            self._report(losses)
            over = max_minutes is not None and time.monotonic() - started > 60 * max_minutes
            over = self.processes.any(over or self.feedback.cancelled(), self.device)
            last = over or self.step == config.steps
            if self.step % config.validate_every == 0 or self.step == config.steps:
                self._validate()
            if last or self.step % config.checkpoint_every == 0:
                self._save()
            if last:
                break
        if self.log is not None:
            self.log.close()
        return TrainingResult(self.step, self.step >= config.steps, self.best)

    def _batches(self) -> Iterator[Batch]:
        """Yield the batches of the remaining steps, prepared ahead where there are workers."""
        config = self.config
        matcher = self.model.network.config

        def make(step: int) -> Batch:
            return make_batch(config, matcher, self.pairs, step, self.processes.rank)

        steps = range(self.step, config.steps)
        if config.workers == 0:
            yield from map(make, steps)
            return
        with ThreadPoolExecutor(config.workers) as pool:
            ahead: list[Future[Batch]] = [pool.submit(make, s) for s in steps[: 2 * config.workers]]
            try:
                for step in steps:
                    batch = ahead.pop(0).result()
                    following = step + 2 * config.workers
                    if following < config.steps:
                        ahead.append(pool.submit(make, following))
                    yield batch
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _one_step(self, batch: Batch) -> Losses:
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = group["factor"] * learning_rate(config, self.step)
        lower = config.precision != "float32"
        dtype = torch.bfloat16 if config.precision == "bfloat16" else torch.float16
        with torch.autocast(self.device.type, dtype) if lower else nullcontext():
            losses = self.model.losses(batch.to(self.device), config)
            total = losses.total(config.loss)
        if not bool(torch.isfinite(total)):
            raise BadInputError(
                f"The loss is no longer finite at step {self.step}; lower learning_rate, or use "
                "the precision bfloat16 or float32, and resume."
            )
        self.optimizer.zero_grad(set_to_none=True)
        scaled: Tensor = self.scaler.scale(total)
        torch.autograd.backward(scaled)
        parameters = list(trained(self.model).values())
        # Before unscaling, so that all processes skip a step that overflowed in one of them.
        self.processes.average_gradients(parameters)
        self.scaler.unscale_(self.optimizer)
        norm = nn.utils.clip_grad_norm_(parameters, config.clip)
        # The scaler of float16 leaves such a step out by itself.
        if not self.scaler.is_enabled() and not bool(torch.isfinite(norm)):
            raise BadInputError(
                f"The gradient is no longer finite at step {self.step}; lower learning_rate, or "
                "use the precision float32, and resume."
            )
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.average.update()
        return losses

    def _report(self, losses: Losses) -> None:
        self.feedback.progress("train", self.step, self.config.steps, self.step / self.config.steps)
        if self.log is None:
            return
        row = {"search": math.nan, "local": math.nan, "heads": math.nan}  # the same columns always
        row |= {name: float(term.detach()) for name, term in losses.terms.items()}
        row |= losses.figures
        row["learning_rate"] = learning_rate(self.config, self.step - 1)
        row |= {name: float(gate.detach()) for name, gate in self._gates().items()}
        self.log.step(self.step, self.seconds, row)

    def _gates(self) -> dict[str, Tensor]:
        learned = self.model.network.learned
        return {f"gate_{k}": v for k, v in learned.gates.items()} if learned else {}

    def averaged(self) -> Soma:
        """Return a network with the averaged parameters, in evaluation mode."""
        network = self.model.network
        copy = Soma(network.settings).to(self.device)
        copy.load_state_dict(network.state_dict())
        with torch.no_grad():
            for name, parameter in copy.named_parameters():
                if parameter.requires_grad:
                    parameter.copy_(self.average.named[f"network.{name}"])
        return copy.eval()

    def _validate(self) -> None:
        if self.validation is None:
            return
        network = self.averaged()
        figures = self.validation.measure(network, self.device)
        self._note(f"step {self.step}", figures)
        if self.best is None or figures.score > self.best:
            self.best = figures.score
            save_network(network, self.out / BEST, self._summary())

    def _note(self, title: str, figures: Figures) -> None:
        values = dataclasses.asdict(figures)
        text = ", ".join(f"{name} {value:.3f}" for name, value in values.items())
        self.feedback.log(f"Validation, {title}: {text}.")
        if self.log is not None:
            self.log.validation(self.step, values)

    def _summary(self) -> dict[str, Any]:
        config = self.config
        return {
            "steps": self.step,
            "hours": round(self.seconds / 3600, 3),
            "device": str(self.device),
            "processes": self.processes.count,
            "pairs": len(self.pairs.pairs),
            "settings": self._comparable(),
            "pairs_per_step": (config.batch + config.search_batch) * self.processes.count,
        }

    def _save(self) -> None:
        if self.processes.rank != 0:
            return
        save_network(self.averaged(), self.out / LAST, self._summary())
        facts = {
            "step": self.step,
            "seconds": self.seconds,
            "best": self.best,
            "config": self._comparable(),
            "scaler": self.scaler.state_dict(),
        }
        write_state(self.out, self.model, self.average, self.optimizer, facts)


def _check_start(config: TrainingConfig, out: Path, resume: bool) -> None:
    """Raise BadInputError for a network without anything to train, or a folder that is in use."""
    if not config.network().learned:
        raise BadInputError(
            "Without learned descriptors there is nothing to train; evaluate that ablation as it "
            "is."
        )
    if (out / STATE).is_file() and not resume:
        raise BadInputError(
            f"{out} holds a run already; add --resume to go on with it, or choose another folder."
        )
