"""A table of texts, as terminal text or CSV. Texts from tills are escaped for each format."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from edge.commands import visible
from edge.language.catalogue import ENGLISH
from edge.language.formats import Shown, number, unbroken
from edge.language.words import Words, in_language, joined
from edge.settings.csv_files import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTHING = "-"
"""The cell of a value that does not exist."""

_NO_BREAK = "\N{NO-BREAK SPACE}"
_HELD = "\ue000"
"""Stands for a no-break space while lines are broken: rich breaks lines there as well. No text has it, because
`visible` escapes characters of the private use area."""

_GAP = 2
"""Between two columns, in characters."""
_NARROWEST_TEXT, _LONGEST_KEY = 18, 28
"""In characters: texts are wrapped into no narrower columns, and shorter keys are not wrapped."""


@dataclass(frozen=True, slots=True)
class Table:
    """Texts may be `edge.language.words.Words`, which are shown in the reader's language.

    columns: titles. numbers: titles of the right-aligned columns. total: whether the last row is the total. keys:
    how many of the first columns say what a row is about. title: what the table shows, if the report has several.
    marked: numbers of the rows that stand out; they have another colour on a page."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    total: bool = False
    keys: int = 1
    title: str = ""
    marked: frozenset[int] = frozenset()


def as_text(table: Table, width: int | None = None, language: str = ENGLISH) -> str:
    """The title if there is one, and aligned columns.

    width: of the terminal, in characters. Texts are wrapped between words to fit, numbers are not. A table that is
    still too wide becomes a block for each row, with a line for each column. None: nothing is wrapped.
    """
    columns = [_column(table, number, language) for number in range(len(table.columns))]
    title = f"{_printable(_plain(table.title, language))}\n" if table.title else ""
    if width is None:
        return title + _drawn(columns, _total([column.widest for column in columns]))
    if _total([column.narrowest for column in columns]) <= width:
        return title + _drawn(columns, width)
    return (f"{title}\n" if title else "") + _blocks(columns, table.keys, width)


def in_groups(count: float) -> Words:
    """A count with its thousands in groups, as the reader's language writes them."""
    return joined("", [Shown(number, count)])


@dataclass(frozen=True, slots=True)
class _Column:
    """texts: the title and the cells. widest, narrowest: the widths, in characters, without wrapping, and with as much
    as can be read."""

    texts: tuple[str, ...]
    right: bool
    widest: int
    narrowest: int


def _column(table: Table, number: int, language: str) -> _Column:
    title = table.columns[number]
    texts = tuple(_plain(text, language) for text in (title, *(row[number] for row in table.rows)))
    right = title in table.numbers
    whole = [*texts[0].split(), *texts[1:]] if right else [word for text in texts for word in text.split()]
    widest = max(map(cell_len, texts))
    readable = min(widest, _LONGEST_KEY if number < table.keys else 0 if right else _NARROWEST_TEXT)
    return _Column(texts, right, widest, max(readable, *map(cell_len, whole), 0))


def _plain(text: str, language: str) -> str:
    """A text as a terminal shows it. Its no-break spaces are `_HELD` until it is printed."""
    return _HELD.join(map(visible, unbroken(in_language(text, language)).split(_NO_BREAK)))


def _printable(text: str) -> str:
    return text.replace(_HELD, " ")


def _blocks(columns: Sequence[_Column], keys: int, width: int) -> str:
    """A block for each row: the key cells in its first line, and a line for each other cell."""
    names = max((cell_len(column.texts[0]) for column in columns[keys:]), default=0)
    blocks = []
    for row in range(1, len(columns[0].texts)):
        block = RichTable.grid(padding=(0, _GAP, 0, 0))
        block.add_column(overflow="fold", width=min(names, width // 2 - _GAP))
        block.add_column(overflow="fold")
        for column in columns[keys:]:
            block.add_row(Text(column.texts[0]), Text(column.texts[row]))
        heading = Text(", ".join(column.texts[row] for column in columns[:keys] if column.texts[row]), overflow="fold")
        blocks.append(_printed(width, heading, Padding(block, (0, 0, 0, _GAP))))
    return "\n".join(blocks)


def _drawn(columns: Sequence[_Column], width: int) -> str:
    drawing = RichTable(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    for column, own in zip(columns, _widths(columns, width), strict=True):
        justify: Literal["right", "left"] = "right" if column.right else "left"
        drawing.add_column(Text(column.texts[0]), justify=justify, overflow="fold", width=own)
    for row in zip(*(column.texts[1:] for column in columns), strict=True):
        drawing.add_row(*map(Text, row))
    return _printed(width, drawing)


def _printed(width: int, *parts: RenderableType) -> str:
    """Lines without spaces at their ends."""
    console = Console(file=StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in _printable(captured.get()).splitlines())


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
        lines.writerow(harmless(visible(cell)) if isinstance(cell, str) else cell for cell in row)
    return text.getvalue()
