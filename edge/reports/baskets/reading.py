"""Reads files of purchases into the sums of a report: what is damaged is set apart, and never stops the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.reports.baskets.sums import joined, nothing, sum_up
from edge.reports.engine import ReadingError, portions, read_parquet, reading
from edge.reports.files import read_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from edge.reports.baskets.sums import Sums
    from edge.reports.files import Files
    from edge.reports.period import Period
    from edge.settings.sections import InsightsSettings


def read_sums(
    backend: Any, folders: Sequence[Path], period: Period, now: datetime, settings: InsightsSettings
) -> tuple[Sums, Files]:
    """The sums over all purchases of a period, and the files they come from.

    backend: of `edge.reports.engine`. Raises RunError when a folder cannot be read.
    """
    mend = "a lane files its purchases there once insights.enabled is set, or give --folder"
    return read_files(
        folders, period, lambda files: _sums(backend, files, period, now, settings), failure=ReadingError, mend=mend
    )


def _sums(backend: Any, files: Files, period: Period, now: datetime, settings: InsightsSettings) -> Sums:
    parts = [nothing(len(settings.bands) + 1)]
    for some in portions(backend, files.good):
        with reading(backend):
            purchases = read_parquet(backend, some)
            parts.append(sum_up(purchases, settings.bands, period.since, period.until, now, settings.max_price))
    return joined(parts)
