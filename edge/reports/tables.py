"""A table of texts, as terminal text, HTML or CSV. Texts from tills are escaped for each format."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from edge.commands import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING = "-"
"""The cell of a value that does not exist."""

_FORMULA = re.compile("(^|[,;|])( *[=+@\uff1d\uff0b\uff0d\uff20-])")
"""What a spreadsheet may run as a formula: at the start of a cell, or after a character it may read as a separator."""

_UNWRAPPED_WIDTH = 1000


@dataclass(frozen=True, slots=True)
class Table:
    """columns: titles. numbers: titles of the right-aligned columns. total: whether the last row is the total."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    total: bool = False


def as_text(table: Table, width: int | None = None) -> str:
    """Aligned columns. width: of the terminal, in characters; cells are wrapped to fit. None: cells are not wrapped."""
    drawn = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in table.columns:
        drawn.add_column(Text(column), justify="right" if column in table.numbers else "left", overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(visible(cell)) for cell in row))
    console = Console(file=StringIO(), width=width or _UNWRAPPED_WIDTH, color_system=None)
    with console.capture() as drawing:
        console.print(drawn)
    return "".join(f"{line.rstrip()}\n" for line in drawing.get().splitlines())


def as_html(table: Table) -> str:
    """A table element inside a div that scrolls sideways."""
    kinds = [' class="number"' if column in table.numbers else "" for column in table.columns]

    def cells(tag: str, row: tuple[str, ...]) -> str:
        return "".join(f"<{tag}{kind}>{escape(visible(cell))}</{tag}>" for kind, cell in zip(kinds, row, strict=True))

    *rows, last = [f"<tr>{cells('td', row)}</tr>\n" for row in table.rows] or [""]
    body = "".join(rows) + (last.replace("<tr>", '<tr class="total">', 1) if table.total else last)
    head = cells("th", table.columns)
    return f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>'


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
