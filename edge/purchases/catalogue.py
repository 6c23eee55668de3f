"""The shop's catalogue: a CSV file with the category of each sku."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.csv_files import read_rows

if TYPE_CHECKING:
    from pathlib import Path

_SHORTENED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
"""What a spreadsheet makes of a long sku in digits: 4,60702E+12."""


def load_catalogue(file: Path | None) -> dict[str, str]:
    """Category by sku, from a CSV file with the columns sku and category; empty without a file. Raises UsageError."""
    if file is None:
        return {}
    rows = complete_rows(file, ("sku", "category"), "insights.catalogue")
    if shortened := next((row["sku"] for row in rows if _SHORTENED.fullmatch(row["sku"])), None):
        raise UsageError(
            words(
                "insights.catalogue {file}: a spreadsheet has shortened a sku to {shortened}: set the column "
                "sku to text, and fill it again",
                file=file,
                shortened=shortened,
            )
        )
    return {row["sku"]: row["category"] for row in rows}


def complete_rows(file: Path, columns: tuple[str, ...], name: str) -> list[dict[str, str]]:
    """The rows of a CSV file that have a value in each of these columns. name: of the file, in error texts. Raises
    UsageError."""
    try:
        return [row for row in read_rows(file, columns) if all(row.get(column) for column in columns)]
    except OSError as problem:
        raise UsageError(
            words("cannot read {name} {file}: {reason}", name=name, file=file, reason=system_words(problem))
        ) from None
    except ValueError as problem:
        raise UsageError(words("cannot read {name} {file}: {problem}", name=name, file=file, problem=problem)) from None
