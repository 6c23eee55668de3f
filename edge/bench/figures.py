"""Percentiles of measured times, and how results are printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

FIGURE_COLUMNS = ("count", "p50", "p95", "p99")


def percentiles(count: int, middle: float, slow: float, slowest: float) -> dict[str, float]:
    """A dictionary with the keys `FIGURE_COLUMNS`, rounded to three decimals."""
    return {"count": count, "p50": round(middle, 3), "p95": round(slow, 3), "p99": round(slowest, 3)}


def summary(values: Sequence[float] | NDArray[np.float64]) -> dict[str, float]:
    """The number of values and their percentiles. values: (N,), at least one."""
    middle, slow, slowest = np.percentile(values, (50, 95, 99))
    return percentiles(len(values), float(middle), float(slow), float(slowest))


def cells(figures: dict[str, float] | None, digits: int = 1) -> tuple[str, ...]:
    """The cells of a table row with the columns `FIGURE_COLUMNS`; empty if nothing was measured."""
    if figures is None:
        return ("",) * len(FIGURE_COLUMNS)
    return (str(figures["count"]), *(f"{figures[name]:.{digits}f}" for name in FIGURE_COLUMNS[1:]))


def output(figures: dict[str, Any], as_text: Callable[[dict[str, Any]], str], *, as_json: bool) -> None:
    """Print the figures on stdout, as JSON or as `as_text` formats them."""
    print(json.dumps(figures, indent=2) if as_json else as_text(figures).rstrip("\n"))
