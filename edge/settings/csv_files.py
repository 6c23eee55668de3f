"""Reads CSV files as spreadsheets write them: separated by commas, semicolons or tabs, in any encoding of `text_files`.

A Russian Excel separates by semicolons, because its decimal numbers have commas. A text in a cell that we write must
not run as a formula.
"""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING, Any

from edge.language.formats import Shown, listed
from edge.language.words import counted, words
from edge.settings.text_files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MOST_CSV_BYTES = 256 * 1024 * 1024
"""Millions of rows. A larger file is a mistake, and would fill the memory."""

_SEPARATORS = ",;\t"
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
"""The first line of some files. It is meant for Excel."""
_FORMULA = re.compile("(^|[,;|])( *[=+@\uff1d\uff0b\uff0d\uff20-])")
"""What a spreadsheet may run as a formula: at the start of a cell, or after a character it may read as a separator."""
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+\s*")


def read_rows(file: Path, columns: Iterable[str], *, strict: bool = True) -> list[dict[str, str]]:
    """Every row of a CSV file, by column. The first line names the columns, in any order, and more than needed.

    columns: the names that must be there. strict: raise for quotation marks at wrong places, instead of taking them for
    text. Raises OSError, and ValueError, a few words with the fix, for any file that is not such a table.
    """
    text, wanted = read_text(file, MOST_CSV_BYTES), list(columns)
    separators = _SEPARATORS
    if named := _SEPARATOR_LINE.match(text):
        text, separators = text[named.end() :], named[1]
    for separator in separators:
        lines = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=strict)
        names = [name.strip() for name in next(_checked(lines), [])]
        if set(wanted) <= set(names):
            return [
                {name: value for name, value in zip(names, line, strict=False) if name}
                for line in _checked(lines)
                if line
            ]
    raise ValueError(
        counted(
            "it has no column {names}: name them in its first line",
            "it has no columns {names}: name them in its first line",
            len(wanted),
            names=Shown(listed, wanted),
        )
    )


def harmless(text: str) -> str:
    """A text for a cell of a CSV file: one that a spreadsheet would run as a formula gets a ' in front."""
    return _FORMULA.sub(r"\1'\2", text)


def number_of(text: str) -> float:
    """The number that a text means, which may have a decimal comma. Raises ValueError."""
    return float(text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text)


def _checked(lines: Any) -> Iterator[list[str]]:
    """The lines of a `csv.reader`. Raises ValueError in plain words instead of `csv.Error`."""
    try:
        yield from lines
    except csv.Error:
        raise ValueError(
            words(
                'line {number} cannot be read: write a " inside a text twice, and none that is not closed',
                number=lines.line_num,
            )
        ) from None
