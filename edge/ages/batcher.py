"""Batches the age estimates of all lanes in one worker thread. A request never waits for a batch to fill up."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np

from edge.errors import RunError
from edge.language.words import words
from edge.vision.crop import CROP_PX
from edge.vision.faces import AGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edge.ages import AgeModel

_STOP_CHECK_S = 0.05
"""How often the idle worker checks whether to stop."""


class _AgeRequest:
    """Crops of one caller, at most a batch, and the future result."""

    def __init__(self, crops: NDArray[np.uint8]) -> None:
        self.crops = crops
        self.result: Future[NDArray[np.float32]] = Future()


class Batcher:
    """An `AgeModel` that any number of threads may call at once. Only the thread in `work` calls the model itself."""

    def __init__(
        self,
        model: AgeModel,
        largest: int = 32,
        deadline_s: float = 0.004,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """largest: maximum crops in a batch. deadline_s: how long waiting requests are collected, in seconds of
        `clock`."""
        self._model, self._largest, self._deadline_s, self._clock = model, largest, deadline_s, clock
        self._arrival = threading.Condition()
        self._waiting: deque[_AgeRequest] = deque()
        self._stopped = False
        self.batches, self.faces = 0, 0
        """Batches and faces passed to the model so far."""

    @property
    def backend(self) -> str:
        return self._model.backend

    @property
    def waiting(self) -> int:
        """Number of requests that are in no batch yet."""
        return len(self._waiting)

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The age distributions of these crops; waits for them.

        crops: uint8 (N, 224, 224, 3), not to be changed until this returns. Returns float32 (N, 101). Raises RunError
        when the model failed or the worker has stopped, ValueError for crops of another shape or type.
        """
        # Invalid crops must not make a batch with other lanes' crops fail.
        if crops.shape[1:] != (CROP_PX, CROP_PX, 3) or crops.dtype != np.uint8:
            raise ValueError(f"crops are uint8 (N, {CROP_PX}, {CROP_PX}, 3), not {crops.dtype} {crops.shape}")
        if not len(crops):
            return np.empty((0, AGES), np.float32)
        requests = [_AgeRequest(crops[start : start + self._largest]) for start in range(0, len(crops), self._largest)]
        with self._arrival:
            if self._stopped:
                raise _stopped()
            self._waiting.extend(requests)
            self._arrival.notify()
        results = [request.result.result() for request in requests]
        return results[0] if len(results) == 1 else np.concatenate(results)

    def work(self, stopping: threading.Event) -> None:
        """The body of the worker thread: run batch after batch until `stopping` is set. Call it once.

        When it ends, for any reason, all waiting and later callers of `predict` get a RunError.
        """
        batch: list[_AgeRequest] = []
        try:
            while not stopping.is_set():
                with self._arrival:
                    if not self._waiting:
                        self._arrival.wait(_STOP_CHECK_S)
                batch = self._collect()
                if batch:
                    self._run(batch)
        finally:
            with self._arrival:
                self._stopped = True
            for request in (*batch, *self._waiting):
                if not request.result.done():
                    request.result.set_exception(_stopped())
            self._waiting.clear()

    def _collect(self) -> list[_AgeRequest]:
        """The next batch: waiting requests in order of arrival, and those that arrive meanwhile. Empty at once if none
        waits."""
        batch: list[_AgeRequest] = []
        crops, until_s = 0, self._clock() + self._deadline_s
        while self._waiting and (not batch or self._clock() < until_s):
            crops += len(self._waiting[0].crops)
            if crops > self._largest:
                break
            batch.append(self._waiting.popleft())
        return batch

    def _run(self, batch: list[_AgeRequest]) -> None:
        """Call the model, and give each request its rows or an error."""
        try:
            crops = batch[0].crops if len(batch) == 1 else np.concatenate([request.crops for request in batch])
            self.batches, self.faces = self.batches + 1, self.faces + len(crops)
            rows = self._model.predict(crops)
        except Exception as problem:
            reason = " ".join(f"{type(problem).__name__}: {problem}".split())
            for request in batch:
                # One exception for each request: raised in several threads, one instance would mix their tracebacks.
                failure = RunError(words("the age model failed: {reason}", reason=reason))
                failure.__cause__ = problem
                request.result.set_exception(failure)
            return
        start = 0
        for request in batch:
            end = start + len(request.crops)
            request.result.set_result(rows[start:end])
            start = end


def _stopped() -> RunError:
    return RunError(words("the age model has stopped"))
