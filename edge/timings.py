"""How long the stages of the pipeline take."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = 20_000


class Timings:
    """Durations by stage, in milliseconds; the last 20,000 of each are kept."""

    def __init__(self) -> None:
        self._ms: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_KEPT))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        start = time.perf_counter()
        yield
        self.add(name, (time.perf_counter() - start) * 1000)

    def add(self, name: str, milliseconds: float) -> None:
        self._ms[name].append(milliseconds)

    def percentiles(self) -> dict[str, tuple[int, float, float, float]]:
        """By stage: how often, and the 50th, 95th and 99th percentile in milliseconds."""
        return {
            name: (len(values), float(middle), float(slow), float(slowest))
            for name, values in self._ms.items()
            for middle, slow, slowest in [np.percentile(values, (50, 95, 99))]
        }
