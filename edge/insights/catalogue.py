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
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text, strict=True)
            if not {"sku", "category"} <= set(rows.fieldnames or ()):
                raise UsageError(f"{file} has no columns sku and category: name them in its first line")
            return {row["sku"]: row["category"] for row in rows if row["sku"] and row["category"]}
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise UsageError(f"cannot read insights.catalogue {file}: {reason}") from None
