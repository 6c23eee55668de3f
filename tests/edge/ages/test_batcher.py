"""The batcher: waiting requests share a batch, each caller gets its own rows, and no caller waits for ever."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import accumulate, count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.ages.batcher import Batcher
from edge.errors import RunError
from edge.vision.crop import CROP_PX
from edge.vision.faces import AGES

Crops = NDArray[np.uint8]
Rows = NDArray[np.float32]
WITHIN_S = 30
"""Time limit for what must happen, even on a busy machine."""


def faces(*numbers: int) -> Crops:
    """Crops with these numbers, each below 65,536, in their first two bytes."""
    crops = np.zeros((len(numbers), CROP_PX, CROP_PX, 3), np.uint8)
    crops[:, 0, 0, 0], crops[:, 0, 0, 1] = np.divmod(numbers, 256)
    return crops


def rows_of(*numbers: int) -> Rows:
    """What `Numbers` returns for `faces(*numbers)`."""
    return np.repeat(np.array(numbers, np.float32)[:, None], AGES, axis=1)


class Numbers:
    """An age model that returns the number of every crop, and records its batches."""

    backend = "numbers"

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.crops: list[Crops] = []

    @property
    def sizes(self) -> list[int]:
        return [len(batch) for batch in self.batches]

    def predict(self, crops: Crops) -> Rows:
        numbers = [int(number) for number in crops[:, 0, 0, 0] * 256.0 + crops[:, 0, 0, 1]]
        self.batches.append(numbers)
        self.crops.append(crops)
        return rows_of(*numbers)


class Blocking(Numbers):
    """Blocks in `predict` until `release` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.called, self.release = threading.Event(), threading.Event()

    def predict(self, crops: Crops) -> Rows:
        self.called.set()
        assert self.release.wait(WITHIN_S)
        return super().predict(crops)


class Failing(Numbers):
    """Fails for every batch with number 13."""

    def __init__(self, problem: BaseException) -> None:
        super().__init__()
        self.problem = problem

    def predict(self, crops: Crops) -> Rows:
        rows = super().predict(crops)
        if 13 in self.batches[-1]:
            raise self.problem
        return rows


@contextmanager
def working(batcher: Batcher) -> Iterator[threading.Event]:
    """Runs the worker in a thread; yields the event that stops it."""
    stopping = threading.Event()
    worker = threading.Thread(target=batcher.work, args=(stopping,), name="worker")
    worker.start()
    try:
        yield stopping
    finally:
        stopping.set()
        worker.join(WITHIN_S)
        assert not worker.is_alive()


def queue_up(
    pool: ThreadPoolExecutor, batcher: Batcher, requests: Sequence[Crops], largest: int = 32
) -> list[Future[Rows]]:
    """Start each request in a thread, in this order; returns when all of them wait."""
    pieces = accumulate(-(-len(crops) // largest) for crops in requests)
    results, end_s = [], time.monotonic() + WITHIN_S
    for crops, waiting in zip(requests, pieces, strict=True):
        results.append(pool.submit(batcher.predict, crops))
        while batcher.waiting < waiting:
            assert time.monotonic() < end_s
            time.sleep(0.0005)
    return results


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as threads:
        yield threads


def test_the_batcher_is_an_age_model_with_the_backend_of_its_model() -> None:
    model = Numbers()
    batcher = Batcher(model)
    assert batcher.backend == "numbers"
    with working(batcher):
        answer = batcher.predict(faces(7, 300))
    np.testing.assert_array_equal(answer, rows_of(7, 300))
    assert answer.dtype == np.float32


def test_a_single_request_is_run_at_once_without_a_copy() -> None:
    # A worker that waited for more requests would wait for the whole hour.
    model, crops = Numbers(), faces(1)
    batcher = Batcher(model, deadline_s=3600)
    with working(batcher):
        batcher.predict(crops)
    assert model.sizes == [1]
    assert np.shares_memory(model.crops[0], crops)


def test_waiting_requests_are_one_batch_in_order_of_arrival(pool: ThreadPoolExecutor) -> None:
    model = Numbers()
    batcher = Batcher(model)
    results = queue_up(pool, batcher, [faces(5), faces(3, 4), faces(9, 8, 7)])
    with working(batcher):
        answers = [result.result(WITHIN_S) for result in results]
    assert model.batches == [[5, 3, 4, 9, 8, 7]]
    for answer, expected in zip(answers, [rows_of(5), rows_of(3, 4), rows_of(9, 8, 7)], strict=True):
        np.testing.assert_array_equal(answer, expected)


def test_requests_that_arrive_while_the_model_is_busy_are_the_next_batch(pool: ThreadPoolExecutor) -> None:
    model = Blocking()
    batcher = Batcher(model)
    with working(batcher):
        first = pool.submit(batcher.predict, faces(1))
        assert model.called.wait(WITHIN_S)
        others = queue_up(pool, batcher, [faces(2), faces(3), faces(4)])
        model.release.set()
        for result in (first, *others):
            result.result(WITHIN_S)
    assert model.batches == [[1], [2, 3, 4]]


def test_a_request_that_does_not_fit_is_not_split_but_opens_the_next_batch(pool: ThreadPoolExecutor) -> None:
    model = Numbers()
    batcher = Batcher(model, largest=4)
    results = queue_up(pool, batcher, [faces(1, 2, 3), faces(4, 5), faces(6)], largest=4)
    with working(batcher):
        for result in results:
            result.result(WITHIN_S)
    assert model.batches == [[1, 2, 3], [4, 5, 6]]


def test_a_request_larger_than_a_batch_is_split() -> None:
    model = Numbers()
    batcher = Batcher(model, largest=32)
    with working(batcher):
        answer = batcher.predict(faces(*range(70)))
    np.testing.assert_array_equal(answer, rows_of(*range(70)))
    assert model.sizes == [32, 32, 6]


def test_collecting_ends_at_the_deadline_even_if_requests_wait(pool: ThreadPoolExecutor) -> None:
    # This clock advances by 3 ms at each reading: the second request is collected after 3 ms, a third would be after 6.
    model, milliseconds = Numbers(), count(step=3)
    batcher = Batcher(model, deadline_s=0.004, clock=lambda: next(milliseconds) / 1000)
    results = queue_up(pool, batcher, [faces(number) for number in range(5)])
    with working(batcher):
        for result in results:
            result.result(WITHIN_S)
    assert model.batches == [[0, 1], [2, 3], [4]]


def test_without_time_to_collect_each_request_is_a_batch(pool: ThreadPoolExecutor) -> None:
    model = Numbers()
    batcher = Batcher(model, deadline_s=0)
    results = queue_up(pool, batcher, [faces(1, 2), faces(3)])
    with working(batcher):
        for result in results:
            result.result(WITHIN_S)
    assert model.batches == [[1, 2], [3]]


def test_a_request_without_crops_needs_no_worker() -> None:
    assert Batcher(Numbers()).predict(faces()).shape == (0, AGES)


@pytest.mark.parametrize(
    "crops",
    [np.zeros((1, 112, 112, 3), np.uint8), np.zeros((CROP_PX, CROP_PX, 3), np.uint8), faces(1).astype(np.float32)],
)
def test_invalid_crops_are_rejected_before_they_join_a_batch(crops: NDArray[np.uint8] | NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match=r"crops are uint8 \(N, 224, 224, 3\), not"):
        Batcher(Numbers()).predict(crops)  # type: ignore[arg-type]


def test_many_lanes_at_once_each_get_their_own_rows_in_order(pool: ThreadPoolExecutor) -> None:
    model = Numbers()
    batcher = Batcher(model, largest=6)
    lanes, requests_a_lane = 8, 25

    def lane(number: int) -> list[int]:
        """Sends requests of 0 to 9 faces, and returns the numbers of all its faces in order."""
        chance, numbers = random.Random(number), count(number * 1000)
        sent: list[int] = []
        for _ in range(requests_a_lane):
            mine = [next(numbers) for _ in range(chance.randint(0, 9))]
            np.testing.assert_array_equal(batcher.predict(faces(*mine)), rows_of(*mine))
            sent += mine
        return sent

    with working(batcher):
        sent = list(pool.map(lane, range(lanes), timeout=WITHIN_S))
    predicted = [number for batch in model.batches for number in batch]
    assert max(model.sizes) <= 6
    for number in range(lanes):
        assert [face for face in predicted if face // 1000 == number] == sent[number]
    assert len(predicted) == sum(map(len, sent))


@settings(max_examples=25)
@given(largest=st.integers(1, 8), sizes=st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_waiting_requests_are_run_once_in_order_and_in_as_few_batches_as_possible(
    largest: int, sizes: list[int]
) -> None:
    ends = list(accumulate(sizes))
    requests = [range(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    model = Numbers()
    batcher = Batcher(model, largest, deadline_s=3600)
    with ThreadPoolExecutor(len(requests)) as pool:
        results = queue_up(pool, batcher, [faces(*numbers) for numbers in requests], largest)
        with working(batcher):
            for result, numbers in zip(results, requests, strict=True):
                np.testing.assert_array_equal(result.result(WITHIN_S), rows_of(*numbers))
    assert [number for batch in model.batches for number in batch] == list(range(ends[-1]))
    assert all(size <= largest for size in model.sizes)
    pieces = [size for total in sizes for size in [largest] * (total // largest) + [total % largest] if size]
    assert model.sizes == filled(pieces, largest)


def filled(pieces: list[int], largest: int) -> list[int]:
    """Batch sizes when each batch takes the next pieces as long as they fit."""
    batches: list[int] = []
    for piece in pieces:
        if batches and batches[-1] + piece <= largest:
            batches[-1] += piece
        else:
            batches.append(piece)
    return batches


def test_an_error_reaches_every_caller_in_the_batch_and_the_next_batch_runs(pool: ThreadPoolExecutor) -> None:
    problem = MemoryError("no room\nfor 2 GB")
    batcher = Batcher(Failing(problem))
    results = queue_up(pool, batcher, [faces(12), faces(13)])
    with working(batcher):
        failures = [result.exception(WITHIN_S) for result in results]
        np.testing.assert_array_equal(batcher.predict(faces(14)), rows_of(14))
    for failure in failures:
        assert isinstance(failure, RunError)
        assert str(failure) == "the age model failed: MemoryError: no room for 2 GB"
        assert failure.__cause__ is problem
    assert failures[0] is not failures[1]


def test_an_error_in_one_part_is_the_error_of_the_whole_request() -> None:
    batcher = Batcher(Failing(OSError("gone")), largest=4)
    with working(batcher), pytest.raises(RunError, match="the age model failed: OSError: gone"):
        batcher.predict(faces(*range(20)))


def test_callers_who_wait_when_it_stops_or_come_later_get_an_error(pool: ThreadPoolExecutor) -> None:
    model = Blocking()
    batcher = Batcher(model)
    with working(batcher) as stopping:
        running = pool.submit(batcher.predict, faces(1))
        assert model.called.wait(WITHIN_S)
        waiting = queue_up(pool, batcher, [faces(2), faces(3)])
        stopping.set()
        model.release.set()
        np.testing.assert_array_equal(running.result(WITHIN_S), rows_of(1))
        for result in waiting:
            with pytest.raises(RunError, match=r"^the age model has stopped$"):
                result.result(WITHIN_S)
    with pytest.raises(RunError, match=r"^the age model has stopped$"):
        batcher.predict(faces(4))
    assert model.batches == [[1]]
    assert batcher.waiting == 0


def test_an_idle_worker_stops() -> None:
    with working(Batcher(Numbers())):
        pass


@pytest.mark.filterwarnings("ignore:Exception in thread worker")
def test_a_worker_that_dies_leaves_no_caller_waiting(pool: ThreadPoolExecutor) -> None:
    batcher = Batcher(Failing(SystemExit()), largest=2)
    results = queue_up(pool, batcher, [faces(13), faces(2, 3)], largest=2)
    with working(batcher):
        for result in results:
            with pytest.raises(RunError, match=r"^the age model has stopped$"):
                result.result(WITHIN_S)
        with pytest.raises(RunError, match=r"^the age model has stopped$"):
            batcher.predict(faces(4))
