"""Cells and tables of the report card, in Markdown. A figure from too few photos is not written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from train.card.measures import FEWER, MeasuredError, MeasuredShare


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table. Names of folders and labels may hold anything."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(escaped(str(cell)) for cell in line) + " |" for line in lines)


def escaped(text: str) -> str:
    """A text that starts no HTML and ends no cell of a table."""
    return text.replace("<", "&lt;").replace("|", "\\|")


def number(error: MeasuredError | None) -> str:
    """The number of photos."""
    return str(error.pictures) if error else "0"


def mean_error(error: MeasuredError | None) -> str:
    """The mean error in years, with its interval."""
    if error is None or not error.enough:
        return FEWER
    return f"{error.mean_error_years:.2f} ({error.low:.2f}-{error.high:.2f})"


def bias(error: MeasuredError | None) -> str:
    """The bias in years, with its interval."""
    if error is None or not error.enough:
        return FEWER
    return signed(error.bias_years, error.bias_interval)


def within_5_years(error: MeasuredError | None) -> str:
    """The share within five years, with its interval."""
    if error is None or not error.enough:
        return FEWER
    interval = error.within_5_interval
    return f"{error.within_5_years:.0%}" + (f" ({interval[0]:.0%}-{interval[1]:.0%})" if interval else "")


def signed(years: float, interval: tuple[float, float] | None) -> str:
    """A signed number of years, with its interval."""
    return f"{years:+.2f}" + (f" ({interval[0]:+.2f} to {interval[1]:+.2f})" if interval else "")


def share(measured: MeasuredShare) -> str:
    """A share with its interval and the number of photos."""
    return f"{percent(measured)} of {measured.trials}" if measured.enough else FEWER


def percent(measured: MeasuredShare) -> str:
    """A share with its interval."""
    return f"{measured.share:.1%} ({measured.low:.1%}-{measured.high:.1%})" if measured.enough else FEWER


def limit_cell(max_p_under_legal: float) -> str:
    """A limit on the probability of being under the legal age."""
    return f"{max_p_under_legal:.2%}"
