"""Where a report goes: a table for people, or one for programs, to the terminal or into files."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.reports.tables import as_text
from edge.settings.files import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.tables import Table


def show(csv: str | None, csv_text: str, about: str, tables: Sequence[Table], notes: Sequence[str]) -> None:
    """Print what the report is about, its tables and notes. csv: a file for `csv_text`; - for stdout, instead."""
    if csv == "-":
        print(csv_text, end="")
        return
    if csv:
        write(Path(csv), csv_text)
    print(about)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for table in tables:
        print("\n" + as_text(table, width), end="")
    if notes:
        print("\n" + "\n".join(f"- {note}" for note in notes))


def write(file: Path, text: str) -> None:
    """All of it or nothing. Raises UsageError."""
    try:
        with replacing(file) as draft:
            draft.write_text(text, encoding="utf-8", newline="")
    except OSError as problem:
        raise UsageError(f"cannot write {file}: {problem.strerror}") from None
