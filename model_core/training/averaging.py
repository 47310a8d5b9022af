"""The exponential moving average of the parameters that are trained."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

Tensors = tuple[Tensor, ...] | list[Tensor]


def trained(module: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters that are trained, by name."""
    return {n: p for n, p in module.named_parameters() if p.requires_grad}


def averaging_decay(largest: float, step: int) -> float:
    """Return the decay of a step: small at first, so that the average forgets the first guess."""
    return min(largest, (1 + step) / (10 + step))


class ParameterAverage:
    """The average of a module's trained parameters; what is frozen is neither copied nor averaged.

    Attributes:
        named: the averaged parameters by their names in the module.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        """Start with the parameters as they are.

        Args:
            module: whose parameters are averaged; the same ones for good.
            decay: per step, once enough steps are done.
        """
        parameters = trained(module)
        # AveragedModel copies the module it is given: a list of the trained parameters, so that a
        # frozen foundation, which may be most of a network, is left out.
        self._parameters = nn.ParameterList(parameters.values())

        def update(averaged: Tensors, current: Tensors, count: Tensor | int) -> None:
            # The update number 0 is the copy made below; number n + 1 follows step n.
            weight = 1 - averaging_decay(decay, int(count) - 1)
            for average, parameter in zip(averaged, current, strict=True):
                average.lerp_(parameter, weight)

        self._average = AveragedModel(self._parameters, multi_avg_fn=update)
        self._average.update_parameters(self._parameters)
        self.named = dict(zip(parameters, self._average.module.parameters(), strict=True))

    def update(self) -> None:
        """Follow the parameters after a step."""
        self._average.update_parameters(self._parameters)

    def resume(self, averaged: dict[str, Tensor], steps: int) -> None:
        """Take over an average that was made in so many steps.

        Raises:
            KeyError: a parameter is missing.
        """
        with torch.no_grad():
            for name, parameter in self.named.items():
                parameter.copy_(averaged[name])
        self._average.n_averaged.fill_(steps + 1)
