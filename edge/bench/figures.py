"""What is measured, in numbers: percentiles rather than averages, and how they are printed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

FIGURE_COLUMNS = ("count", "p50", "p95", "p99")


def percentiles(count: int, middle: float, slow: float, slowest: float) -> dict[str, float]:
    """By `FIGURE_COLUMNS`, to a thousandth."""
    return {"count": count, "p50": round(middle, 3), "p95": round(slow, 3), "p99": round(slowest, 3)}


def summary(values: Sequence[float] | NDArray[np.float64]) -> dict[str, float]:
    """How many values there are, and their percentiles. values: (N,), at least one."""
    middle, slow, slowest = np.percentile(values, (50, 95, 99))
    return percentiles(len(values), float(middle), float(slow), float(slowest))


def cells(figures: dict[str, float] | None, digits: int = 1) -> tuple[str, ...]:
    """A row's cells below `FIGURE_COLUMNS`; empty ones where nothing was measured."""
    if figures is None:
        return ("",) * len(FIGURE_COLUMNS)
    return (str(figures["count"]), *(f"{figures[name]:.{digits}f}" for name in FIGURE_COLUMNS[1:]))


def progress(doing: str) -> None:
    """Say on stderr what is being measured now."""
    print(f"bench: {doing}", file=sys.stderr)


def output(figures: dict[str, Any], as_text: Callable[[dict[str, Any]], str], *, as_json: bool) -> None:
    """Print the figures on stdout."""
    print(json.dumps(figures, indent=2) if as_json else as_text(figures).rstrip("\n"))
