"""A GPU with the CPU behind it: a lane goes on when the GPU does not."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from edge.ages import AgeModel

log = logging.getLogger(__name__)

FIRST_RETRY_S = 30.0
LONGEST_RETRY_S = 600.0


class FallbackAgeModel:
    """An `AgeModel` that answers from the GPU while it can, and from the CPU while it cannot.

    `predict` is called by one thread, `tend` by another.
    """

    def __init__(
        self, preferred: AgeModel, stand_in: AgeModel, again: Callable[[], AgeModel],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """stand_in: loaded beforehand, so that it answers at once. again: loads the preferred backend anew, and may
        raise anything. clock: seconds."""
        self._preferred: AgeModel | None = preferred
        self._stand_in, self._again, self._clock = stand_in, again, clock
        self._wait_s, self._retry_s = FIRST_RETRY_S, 0.0
        self.problem = ""
        """What is wrong with the GPU, for `lane.health`; empty while it works."""

    @property
    def backend(self) -> str:
        return (self._preferred or self._stand_in).backend

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        if model := self._preferred:
            try:
                return model.predict(crops)
            except Exception as problem:  # whatever a driver throws: the lane must go on
                self._fall_back(model, problem)
        return self._stand_in.predict(crops)

    def tend(self) -> None:
        """Try the GPU again when it is time to; call it every second or so. The wait doubles with every failure."""
        now_s = self._clock()
        if self._preferred is not None or now_s < self._retry_s:
            return
        try:
            self._preferred = self._again()
        except Exception as problem:  # as above
            self._wait_s = min(2 * self._wait_s, LONGEST_RETRY_S)
            self._retry_s = now_s + self._wait_s
            log.warning("the GPU still fails (%s); tried again in %.0f s", _words(problem), self._wait_s)
            return
        self.problem, self._wait_s = "", FIRST_RETRY_S
        log.info("ages come from %s again", self.backend)

    def _fall_back(self, model: AgeModel, problem: Exception) -> None:
        self._retry_s = self._clock() + self._wait_s
        self._preferred = None
        self.problem = f"the GPU failed ({_words(problem)}): ages come from the CPU until it is back"
        log.error("%s", self.problem)
        with suppress(Exception):  # what it held cannot always be given back
            getattr(model, "close", lambda: None)()


def _words(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]
