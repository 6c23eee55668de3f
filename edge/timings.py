"""Durations of the pipeline's stages: histograms since the start, and percentiles of the last 2,000."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import defaultdict, deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = 2_000

BOUNDS_MS = (1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 150.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0)
"""Upper bounds of a histogram's buckets, in ms; longer durations count in one more bucket. They include the limits for
the age of a frame (100), the time from frame to event (150), and a cashier's wait (1000)."""


class Histogram:
    """Durations by bucket, since the start. One thread adds; any thread may read."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_MS) + 1)
        self.total_ms = 0.0

    def add(self, milliseconds: float) -> None:
        self.counts[bisect_left(BOUNDS_MS, milliseconds)] += 1
        self.total_ms += milliseconds


class Timings:
    """Durations by stage, in milliseconds: a histogram of all of them, and the last 2,000 of each stage."""

    def __init__(self) -> None:
        self._ms: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self.histograms: dict[str, Histogram] = defaultdict(Histogram)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the duration of the `with` block."""
        start = time.perf_counter()
        yield
        self.add(name, (time.perf_counter() - start) * 1000)

    def add(self, name: str, milliseconds: float) -> None:
        self._ms[name].append(milliseconds)
        self.histograms[name].add(milliseconds)

    def percentiles(self) -> dict[str, tuple[int, float, float, float]]:
        """By stage: the number of durations that are kept, and their 50th, 95th and 99th percentile in milliseconds."""
        return {
            name: (len(values), float(p50), float(p95), float(p99))
            for name, values in self._ms.items()
            for p50, p95, p99 in [np.percentile(values, (50, 95, 99))]
        }
