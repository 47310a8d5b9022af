"""Reading ahead: threads prepare what comes next while what is there is worked on."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_THREADS = 4
"""More of them read no faster from one disk, and hold more in memory."""


def reading_threads() -> int:
    """Return how many threads read ahead here: half of the processors, up to :data:`MOST_THREADS`.

    The others are for what is worked on.
    """
    return max(1, min(MOST_THREADS, (os.cpu_count() or 1) // 2))


def ahead(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    threads: int | None = None,
    prepare: Callable[[], object] | None = None,
) -> Iterator[Result]:
    """Yield the results of a function for items, in their order, computed ahead by threads.

    One result more than there are threads is waiting at most, so that memory stays bounded. What
    the function raises is raised where its result would be yielded; when the caller stops early, no
    further item is begun.

    Args:
        function: must be safe to be called from several threads at once.
        items: what it is called with, one after the other.
        threads: how many; None: :func:`reading_threads`.
        prepare: each thread calls it first.
    """
    threads = threads or reading_threads()
    rest = iter(items)
    with ThreadPoolExecutor(threads, "soma-ahead", prepare) as pool:
        waiting: deque[Future[Result]] = deque(
            pool.submit(function, item) for item in islice(rest, threads + 1)
        )
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(function, item) for item in islice(rest, 1))
                yield result
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def items_at_once() -> int:
    """Return how many items are computed at one time: one a thread of torch, up to
    :data:`MOST_THREADS`."""
    return min(MOST_THREADS, torch.get_num_threads())


def at_one_time(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield the same as :func:`ahead`, several items being computed at one time on the CPU, each
    with its share of torch's threads: operations on one are too small to be shared by processors.
    """
    threads, count = torch.get_num_threads(), items_at_once()
    share = max(1, threads // count)
    try:
        yield from ahead(function, items, count, partial(torch.set_num_threads, share))
    finally:
        torch.set_num_threads(threads)
