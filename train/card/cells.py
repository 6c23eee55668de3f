"""Cells and tables of the report card, in Markdown and in every language. A figure from too few photos is not written.

English Markdown is shipped with models, so its numbers are written as Python writes them, without groups of thousands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge.language import formats
from edge.language.catalogue import ENGLISH
from edge.language.formats import Shown
from edge.language.words import Words, in_language, joined, words
from train.card.measures import FEWER, MeasuredError, MeasuredShare


def heading(title: str) -> Words:
    """The heading of a section."""
    return joined("", ["## ", title])


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> Words:
    """A Markdown table. Names of folders and labels may hold anything."""
    return joined("", [Shown(_table_text, [head, ["---"] * len(head), *rows])])


def _table_text(lines: Iterable[Sequence[object]], language: str) -> str:
    return "\n".join("| " + " | ".join(_cell(cell, language) for cell in line) + " |" for line in lines)


def _cell(cell: object, language: str) -> str:
    return _count_text(cell, language) if isinstance(cell, int) else escaped(in_language(str(cell), language))


def escaped(text: str) -> str:
    """A text that starts no HTML and ends no cell of a table."""
    return text.replace("<", "&lt;").replace("|", "\\|")


def count(n: int) -> Words:
    """A number of photos in a text."""
    return joined("", [Shown(_count_text, n)])


def _count_text(n: int, language: str) -> str:
    return str(n) if language == ENGLISH else formats.number(n, language)


def figure(value: float, how: str) -> Words:
    """A number. how: a format of Python's."""
    return joined("", [Shown(_figure_text, value, {"how": how})])


def _figure_text(value: float, language: str, how: str) -> str:
    text = format(value, how)
    if language == ENGLISH:
        return text
    return formats.with_symbols(f"{float(text):g}" if "e" in text else text, language)


def number(error: MeasuredError | None) -> int:
    """The number of photos."""
    return error.pictures if error else 0


def mean_error(error: MeasuredError | None) -> Words:
    """The mean error in years, with its interval."""
    return years(error.mean_error_years, error.low, error.high) if error and error.enough else FEWER


def years(value: float, low: float, high: float) -> Words:
    """A number of years, with its interval."""
    return words("{years:.2f} ({low:.2f}-{high:.2f})", years=value, low=low, high=high)


def bias(error: MeasuredError | None) -> Words:
    """The bias in years, with its interval."""
    return signed(error.bias_years, error.bias_interval) if error and error.enough else FEWER


def within_5_years(error: MeasuredError | None) -> Words:
    """The share within five years, with its interval."""
    if error is None or not error.enough:
        return FEWER
    if error.within_5_interval is None:
        return figure(error.within_5_years, ".0%")
    low, high = error.within_5_interval
    return words("{share:.0%} ({low:.0%}-{high:.0%})", share=error.within_5_years, low=low, high=high)


def signed(value: float, interval: tuple[float, float] | None) -> Words:
    """A signed number of years, with its interval."""
    if interval is None:
        return figure(value, "+.2f")
    low, high = interval
    return words("{years:+.2f} ({low:+.2f} to {high:+.2f})", years=value, low=low, high=high)


def share(measured: MeasuredShare) -> Words:
    """A share with its interval and the number of photos."""
    if not measured.enough:
        return FEWER
    return words("{share} of {photos}", share=percent(measured), photos=count(measured.trials))


def percent(measured: MeasuredShare) -> Words:
    """A share with its interval."""
    if not measured.enough:
        return FEWER
    return words("{share:.1%} ({low:.1%}-{high:.1%})", share=measured.share, low=measured.low, high=measured.high)


def limit_cell(max_p_under_legal: float) -> Words:
    """A limit on the probability of being under the legal age."""
    return figure(max_p_under_legal, ".2%")
