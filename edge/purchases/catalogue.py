"""The shop's catalogue: a CSV file with the category of each sku."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from edge.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def load_catalogue(file: Path | None) -> dict[str, str]:
    """Category by sku, from a CSV file with the columns sku and category; empty without a file. Raises UsageError."""
    if file is None:
        return {}
    rows = complete_rows(file, ("sku", "category"), "insights.catalogue")
    return {row["sku"]: row["category"] for row in rows}


def complete_rows(file: Path, columns: tuple[str, ...], name: str) -> list[dict[str, str]]:
    """The rows of a CSV file that have a value in each of these columns. name: of the file, in error texts. Raises
    UsageError."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text, strict=True)
            if not set(columns) <= set(rows.fieldnames or ()):
                wanted = f"{', '.join(columns[:-1])} and {columns[-1]}"
                raise UsageError(f"{file} has no columns {wanted}: name them in its first line")
            return [row for row in rows if all(row[column] for column in columns)]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise UsageError(f"cannot read {name} {file}: {reason}") from None
