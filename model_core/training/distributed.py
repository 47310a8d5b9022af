"""Several processes, one per GPU, as ``torchrun`` starts them; without it, one."""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import nn


class Processes:
    """The processes of a run. Gradients are averaged after the backward pass.

    The network is reached through many methods, not through one ``forward``, which is what
    DistributedDataParallel hooks into; averaging by hand does the same.
    """

    def __init__(self) -> None:
        """Join the group where ``torchrun`` has set one up."""
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        if self.count > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the processes."""
        if self.count == 1:
            return
        for parameter in parameters:
            if parameter.grad is None:  # another process may have used it in this step
                parameter.grad = torch.zeros_like(parameter)
            dist.all_reduce(parameter.grad)
            parameter.grad /= self.count

    def any(self, flag: bool, device: torch.device) -> bool:
        """Return whether any process says so, in all of them."""
        if self.count == 1:
            return flag
        value = torch.tensor([float(flag)], device=device)
        dist.all_reduce(value)
        return bool(value.item() > 0)


def local_device(wanted: torch.device) -> torch.device:
    """Return this process's own GPU where several processes share a machine."""
    local = os.environ.get("LOCAL_RANK")
    if wanted.type != "cuda" or local is None:
        return wanted
    device = torch.device("cuda", int(local))
    torch.cuda.set_device(device)
    return device
