"""Reads the filed results of offers and counts them. DuckDB reads the files."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import duckdb

from edge.offers.book import OfferOutcome
from edge.offers.results import RESULTS, RESULTS_FOLDER
from edge.reports.files import read_files
from edge.reports.offers.comparison import OfferReport, compare, tally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from edge.reports.files import Files
    from edge.reports.period import Period

_COUNTS = """
SELECT band, coalesce(sku, category), outcome, bought, count(*) FROM read_parquet(?)
WHERE time >= ? AND time < ? AND time <= ? AND bought IS NOT NULL GROUP BY ALL
"""


def read_report(
    folders: Sequence[Path], period: Period, now: datetime, min_customers: int, hint: str = ""
) -> tuple[OfferReport, Files]:
    """The report, and the files it comes from. folders: of filed purchases. hint: ends the message for a
    folder that cannot be read. Raises RunError if one cannot be read."""
    return read_files(
        [folder / RESULTS_FOLDER for folder in folders], period,
        lambda files: _report(files, period, now, min_customers), failure=duckdb.Error, layout=RESULTS,
        hint=hint or "give the folder with --folder",
    )  # fmt: skip


def _report(files: Files, period: Period, now: datetime, min_customers: int) -> OfferReport:
    if not files.good:
        return compare((), min_customers)
    with duckdb.connect() as connection:
        parameters = [[str(file) for file in files.good], period.since, period.until, now]
        rows = connection.execute(_COUNTS, parameters).fetchall()
    counts: dict[tuple[str, str], dict[tuple[str, bool], int]] = {}
    unknown = 0
    for band, offer, outcome, bought, count in rows:
        if outcome in get_args(OfferOutcome):
            counts.setdefault((band, offer), {})[outcome, bought] = count
        else:
            unknown += count
    return compare([tally(band, offer, found) for (band, offer), found in counts.items()], min_customers, unknown)
