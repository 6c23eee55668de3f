"""The shop's own list of goods: which category each sku belongs to."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from edge.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def load_catalogue(file: Path | None) -> dict[str, str]:
    """Category by sku, from a CSV file with the columns sku and category; nothing without a file. Raises UsageError."""
    if file is None:
        return {}
    rows = full_rows(file, ("sku", "category"), "insights.catalogue")
    return {row["sku"]: row["category"] for row in rows}


def full_rows(file: Path, columns: tuple[str, ...], called: str) -> list[dict[str, str]]:
    """The rows of a CSV file that have something in each of these columns. called: what the file is, in the error.
    Raises UsageError."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text, strict=True)
            if not set(columns) <= set(rows.fieldnames or ()):
                named = f"{', '.join(columns[:-1])} and {columns[-1]}"
                raise UsageError(f"{file} has no columns {named}: name them in its first line")
            return [row for row in rows if all(row[column] for column in columns)]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise UsageError(f"cannot read {called} {file}: {reason}") from None
