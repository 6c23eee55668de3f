"""Falls back from the GPU to the CPU while the GPU fails."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from edge.language.words import words

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from edge.ages import AgeModel

log = logging.getLogger(__name__)

FIRST_RETRY_S = 30.0
LONGEST_RETRY_S = 600.0


class FallbackAgeModel:
    """An `AgeModel` that uses the GPU, and the CPU while the GPU fails.

    One thread calls `predict`, another `retry`.
    """

    def __init__(
        self, preferred: AgeModel, fallback: AgeModel, load_preferred: Callable[[], AgeModel],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """fallback: loaded already, so that it answers at once. load_preferred: loads the preferred backend again; may
        raise any exception. clock: seconds."""
        self._preferred: AgeModel | None = preferred
        self._fallback, self._load_preferred, self._clock = fallback, load_preferred, clock
        self._wait_s, self._retry_at_s = FIRST_RETRY_S, 0.0
        self.problem = ""
        """What is wrong with the GPU, for `lane.health`; empty while it works."""

    @property
    def backend(self) -> str:
        return (self._preferred or self._fallback).backend

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        if model := self._preferred:
            try:
                return model.predict(crops)
            except Exception as problem:  # drivers raise many kinds of errors, and the lane must go on
                self._fall_back(model, problem)
        return self._fallback.predict(crops)

    def retry(self) -> None:
        """Try the GPU again if it failed and its wait is over. Call this about every second. Each failure doubles the
        wait, up to `LONGEST_RETRY_S`."""
        now_s = self._clock()
        if self._preferred is not None or now_s < self._retry_at_s:
            return
        try:
            self._preferred = self._load_preferred()
        except Exception as problem:  # as above
            self._wait_s = min(2 * self._wait_s, LONGEST_RETRY_S)
            self._retry_at_s = now_s + self._wait_s
            log.warning("the GPU still fails (%s); next try in %.0f s", _first_line(problem), self._wait_s)
            return
        log.info("ages are estimated on %s again", self.backend)
        self.problem, self._wait_s = "", FIRST_RETRY_S

    def _fall_back(self, model: AgeModel, problem: Exception) -> None:
        self._retry_at_s = self._clock() + self._wait_s
        self._preferred = None
        text = words("the GPU failed ({why}): ages are estimated on the CPU meanwhile", why=_first_line(problem))
        log.error("%s", text)
        self.problem = text
        with suppress(Exception):  # its memory cannot always be released
            getattr(model, "close", lambda: None)()


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]
