"""A table of texts, as terminal text or CSV. Texts from tills are escaped for each format."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from edge.commands import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTHING = "-"
"""The cell of a value that does not exist."""

_FORMULA = re.compile("(^|[,;|])( *[=+@\uff1d\uff0b\uff0d\uff20-])")
"""What a spreadsheet may run as a formula: at the start of a cell, or after a character it may read as a separator."""

_GAP = 2
"""Between two columns, in characters."""
_LONGEST_WORD = 24
"""Longer words may be broken to make a column narrower, in characters."""


@dataclass(frozen=True, slots=True)
class Table:
    """columns: titles. numbers: titles of the right-aligned columns. total: whether the last row is the total. keys:
    how many of the first columns say what a row is about. title: what the table shows, if the report has several."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    total: bool = False
    keys: int = 1
    title: str = ""


def as_text(table: Table, width: int | None = None) -> str:
    """The title if there is one, and aligned columns.

    width: of the terminal, in characters. Texts are wrapped between words to fit, numbers are not. A table that is
    still too wide is written in several parts below each other, each with the key columns. None: nothing is wrapped.
    """
    columns = [_column(table, number) for number in range(len(table.columns))]
    parts = [columns] if width is None else _parts(columns, table.keys, width)
    drawn = [_drawn(part, width or _total([column.widest for column in part])) for part in parts]
    return (f"{visible(table.title)}\n" if table.title else "") + "\n".join(drawn)


@dataclass(frozen=True, slots=True)
class _Column:
    """texts: the title and the cells. widest, narrowest: the widths, in characters, without and with wrapping."""

    texts: tuple[str, ...]
    right: bool
    widest: int
    narrowest: int


def _column(table: Table, number: int) -> _Column:
    title = table.columns[number]
    texts = (title, *(visible(row[number]) for row in table.rows))
    right = title in table.numbers
    whole = [*title.split(), *texts[1:]] if right else [word for text in texts for word in text.split()]
    narrowest = min(_LONGEST_WORD, max(map(cell_len, whole), default=0))
    return _Column(texts, right, max(map(cell_len, texts)), narrowest)


def _parts(columns: Sequence[_Column], keys: int, width: int) -> list[list[_Column]]:
    """The columns of each part: the key columns, and as many others as fit."""
    parts: list[list[_Column]] = []
    for column in columns[keys:]:
        if parts and _total([own.narrowest for own in (*parts[-1], column)]) <= width:
            parts[-1].append(column)
        else:
            parts.append([*columns[:keys], column])
    return parts or [list(columns)]


def _drawn(columns: Sequence[_Column], width: int) -> str:
    drawing = RichTable(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    for column, own in zip(columns, _widths(columns, width), strict=True):
        justify: Literal["right", "left"] = "right" if column.right else "left"
        drawing.add_column(Text(column.texts[0]), justify=justify, overflow="fold", width=own)
    for row in zip(*(column.texts[1:] for column in columns), strict=True):
        drawing.add_row(*map(Text, row))
    console = Console(file=StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(drawing)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _widths(columns: Sequence[_Column], width: int) -> list[int | None]:
    """The width of each column: the widest are narrowed first. None for all if words must be broken to fit."""
    widths = [column.widest for column in columns]
    for _ in range(_total(widths) - width):
        spare = [own if own > column.narrowest else 0 for own, column in zip(widths, columns, strict=True)]
        if not any(spare):
            return [None] * len(columns)
        widths[spare.index(max(spare))] -= 1
    return list(widths)


def _total(widths: Sequence[int]) -> int:
    """The width of a table with columns of these widths."""
    return sum(widths) + _GAP * (len(widths) - 1)


def as_csv(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    r"""CSV as in RFC 4180, except that lines end in `\n`.

    None becomes an empty cell. A text that a spreadsheet may run as a formula gets a ' in front.
    """
    text = StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(columns)
    for row in rows:
        lines.writerow(_FORMULA.sub(r"\1'\2", visible(cell)) if isinstance(cell, str) else cell for cell in row)
    return text.getvalue()
