"""Percentiles of measured times, and how results are printed."""

from __future__ import annotations

import json
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.reports.tables import Table, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_LINE_LENGTH = 80
"""Of what is printed, in characters: it fits every terminal, and documents."""
_NAME_WIDTH = 22

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


def described(texts: Mapping[str, str]) -> str:
    """Lines with a name and a text."""
    return "\n".join(_described(name, text) for name, text in texts.items())


def _described(name: str, text: str) -> str:
    return fill(
        text, _LINE_LENGTH, initial_indent=name.ljust(_NAME_WIDTH), subsequent_indent=" " * _NAME_WIDTH,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def figures_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, names: int = 0) -> str:
    """A table of numbers. names: how many of the first columns are texts."""
    return as_text(Table(tuple(columns), tuple(map(tuple, rows)), frozenset(columns[names:])), _LINE_LENGTH)


def output(figures: dict[str, Any], as_text: Callable[[dict[str, Any]], str], *, as_json: bool) -> None:
    """Print the figures on stdout, as JSON or as `as_text` formats them."""
    print(json.dumps(figures, indent=2) if as_json else as_text(figures).rstrip("\n"))
