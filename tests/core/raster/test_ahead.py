"""Reading ahead: in order, bounded, and with the errors where they belong."""

from __future__ import annotations

import threading
import time

import pytest
import torch

from model_core.raster import ahead as module
from model_core.raster.ahead import ahead, at_one_time, items_at_once, reading_threads


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    count: int = request.param
    monkeypatch.setattr(module, "reading_threads", lambda: count)
    return count


def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    def slowest_first(item: int) -> int:
        time.sleep(0.02 / (1 + item))
        return item**2

    assert list(ahead(slowest_first, range(8))) == [item**2 for item in range(8)]
    assert list(ahead(slowest_first, [])) == []


def test_each_thread_prepares_itself_and_all_work_at_one_time() -> None:
    together, prepared = threading.Barrier(3, timeout=5), []

    def meet(item: int) -> int:
        together.wait()
        return item

    def prepare() -> None:
        prepared.append(threading.get_ident())

    assert list(ahead(meet, range(6), 3, prepare)) == list(range(6))
    assert len(set(prepared)) == 3


def test_no_more_wait_than_are_allowed(threads: int) -> None:
    begun, lock = [], threading.Lock()

    def note(item: int) -> int:
        with lock:
            begun.append(item)
        return item

    for used, item in enumerate(ahead(note, range(20)), 1):
        time.sleep(0.005)
        assert item == used - 1
        assert len(begun) <= used + threads + 1


def test_an_error_is_raised_where_its_result_would_be(threads: int) -> None:
    def fail_at_three(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    results = ahead(fail_at_three, range(9))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_when_the_caller_stops_nothing_more_is_begun(threads: int) -> None:
    begun = []
    results = ahead(lambda item: begun.append(item), range(100))
    next(results)
    results.close()  # type: ignore[attr-defined]
    count = len(begun)
    assert count <= threads + 2
    time.sleep(0.02)
    assert len(begun) == count
    assert not [t for t in threading.enumerate() if t.name.startswith("soma-read")]


def test_half_of_the_processors_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for processors, expected in ((None, 1), (1, 1), (2, 1), (6, 3), (64, module.MOST_THREADS)):
        monkeypatch.setattr("os.cpu_count", lambda count=processors: count)
        assert reading_threads() == expected


@pytest.mark.parametrize(("threads", "items", "share"), [(1, 1, 1), (2, 2, 1), (16, 4, 4)])
def test_items_share_the_threads_of_torch(
    monkeypatch: pytest.MonkeyPatch, threads: int, items: int, share: int
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert items_at_once() == items
        together = threading.Barrier(items, timeout=5)

        def meet(_item: int) -> int:
            together.wait()
            return torch.get_num_threads()

        assert list(at_one_time(meet, range(2 * items))) == [share] * (2 * items)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
