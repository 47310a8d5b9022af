"""How often the host waits for the device: counted by torch's profiler, which needs no GPU for it.

On a GPU each of these operations stops the host until the device has done all that was asked of it
before. On the CPU the same code calls the same operations, so that they can be counted there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from torch.profiler import ProfilerActivity, profile

VALUES = ("aten::_local_scalar_dense", "aten::item", "aten::is_nonzero")
"""A number of a tensor becomes one of Python: ``item``, ``float``, ``bool``, ``if``. The first is
called by the other two."""

SIZES = ("aten::nonzero", "aten::masked_select")
"""How large the result is depends on values, for which the host waits: ``a[mask]``, too."""

DEVICE_CALLS = (
    "cudaStreamSynchronize",
    "cudaDeviceSynchronize",
    "cudaEventSynchronize",
    "cudaMemcpy",
    "cudaMemcpyAsync",
    "cudaLaunchKernel",
    "cudaMalloc",
)
"""What a CUDA build of torch calls beside; a copy to the host waits, too."""


def profiled(work: Callable[[], Any], activities: Sequence[ProfilerActivity] | None = None) -> Any:
    """Return the averages, by operation, of what torch does in ``work``."""
    with profile(activities=activities or [ProfilerActivity.CPU]) as record:
        work()
    return record.key_averages()


def calls(averages: Any, names: Sequence[str] = VALUES + SIZES) -> Counter[str]:
    """Return how often each of some operations was called."""
    found = {event.key: int(event.count) for event in averages}
    return Counter({name: found.get(name, 0) for name in names})
