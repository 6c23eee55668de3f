"""One inference worker for all lanes of the box: what waits is put into one batch, and nobody waits for a batch."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np

from edge.errors import RunError
from edge.vision.crop import CROP_PX
from edge.vision.faces import AGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edge.ages import AgeModel

_CHECK_S = 0.05
"""How long the idle worker sleeps before it looks whether it is to stop."""


class _AgeRequest:
    """Crops of one caller, at most a batch of them, and the answer that it waits for."""

    def __init__(self, crops: NDArray[np.uint8]) -> None:
        self.crops = crops
        self.answer: Future[NDArray[np.float32]] = Future()


class Batcher:
    """An `AgeModel` that any number of threads may ask at once; the one thread in `work` asks the model itself."""

    def __init__(
        self,
        model: AgeModel,
        largest: int = 32,
        deadline_s: float = 0.004,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """largest: crops in a batch, at most. deadline_s: how long requests are collected, in seconds of the clock."""
        self._model, self._largest, self._deadline_s, self._clock = model, largest, deadline_s, clock
        self._arrival = threading.Condition()
        self._waiting: deque[_AgeRequest] = deque()
        self._stopped = False
        self.batches, self.faces = 0, 0
        """How many the model was given."""

    @property
    def backend(self) -> str:
        return self._model.backend

    @property
    def waiting(self) -> int:
        """How many requests have not been taken up yet."""
        return len(self._waiting)

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The answer to these crops alone, whatever they shared a batch with; waits for it.

        crops: uint8 (N, 224, 224, 3), not to be changed until the answer is there. Returns float32 (N, 101). Raises
        RunError when the model failed or the worker has stopped, ValueError for crops of another shape or type.
        """
        # Crops that fit no batch must not spoil one in which others have theirs.
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
        answers = [request.answer.result() for request in requests]
        return answers[0] if len(answers) == 1 else np.concatenate(answers)

    def work(self, stopping: threading.Event) -> None:
        """The worker: serve batch after batch until `stopping` is set; to be run once, in a thread of its own.

        When it ends, for whatever reason, all who wait or come later get a RunError.
        """
        batch: list[_AgeRequest] = []
        try:
            while not stopping.is_set():
                with self._arrival:
                    if not self._waiting:
                        self._arrival.wait(_CHECK_S)
                batch = self._collect()
                if batch:
                    self._serve(batch)
        finally:
            with self._arrival:
                self._stopped = True
            for request in (*batch, *self._waiting):
                if not request.answer.done():
                    request.answer.set_exception(_stopped())
            self._waiting.clear()

    def _collect(self) -> list[_AgeRequest]:
        """What waits now, in the order of arrival, and what comes in meanwhile; of an empty queue nothing, at once."""
        batch: list[_AgeRequest] = []
        crops, until_s = 0, self._clock() + self._deadline_s
        while self._waiting and (not batch or self._clock() < until_s):
            crops += len(self._waiting[0].crops)
            if crops > self._largest:
                break
            batch.append(self._waiting.popleft())
        return batch

    def _serve(self, batch: list[_AgeRequest]) -> None:
        """Ask the model, and give every caller its rows, or an error of its own."""
        try:
            crops = batch[0].crops if len(batch) == 1 else np.concatenate([request.crops for request in batch])
            self.batches, self.faces = self.batches + 1, self.faces + len(crops)
            rows = self._model.predict(crops)
        except Exception as problem:
            what = " ".join(f"{type(problem).__name__}: {problem}".split())
            for request in batch:
                # One instance each: raised in several threads at once, a single one would mix up their tracebacks.
                failure = RunError(f"the age model failed: {what}")
                failure.__cause__ = problem
                request.answer.set_exception(failure)
            return
        start = 0
        for request in batch:
            end = start + len(request.crops)
            request.answer.set_result(rows[start:end])
            start = end


def _stopped() -> RunError:
    return RunError("the age model has stopped")
