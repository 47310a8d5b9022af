"""How often the host waits for the device: counted by torch's profiler, which needs no GPU for it.

On a GPU each of these operations stops the host until the device has done all that was asked of it
before. On the CPU the same code calls the same operations, so that they can be counted there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from torch.overrides import TorchFunctionMode
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


TO_HOST = ("cpu", "numpy", "tolist", "__array__")
"""Methods of a tensor that bring all of it to the host; on the CPU they cost nothing, and torch's
profiler does not see them."""


class TransfersToHost(TorchFunctionMode):
    """Counts, in its ``with`` block, the calls of :data:`TO_HOST`; ``counts`` has them by name.

    Conversions of what is on the host anyway are counted, too: the number says how often the code
    leaves torch, of which every place that was on the device is a wait.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Count a call, and make it."""
        name = getattr(func, "__name__", "")
        if name in TO_HOST:
            self.counts[name] += 1
        return func(*args, **(kwargs or {}))
