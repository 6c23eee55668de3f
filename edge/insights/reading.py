"""Reads files of purchases into the sums of a report: what is damaged is set apart, and never stops the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.errors import RunError
from edge.insights.engine import ReadingError, files_at_once, read_parquet, reading
from edge.insights.files import find_files, set_damaged_apart
from edge.insights.sums import joined, nothing, sum_up

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from edge.config import InsightsSettings
    from edge.insights.files import Files
    from edge.insights.sums import Sums
    from edge.report.period import Period


def read_sums(
    backend: Any, folders: Sequence[Path], period: Period, now: datetime, settings: InsightsSettings
) -> tuple[Sums, Files]:
    """The sums over all purchases of a period, and the files they come from.

    backend: of `edge.insights.engine`. Raises RunError when a folder cannot be read.
    """
    try:
        files = find_files(folders, period)
    except OSError as problem:
        raise RunError(
            f"cannot read {problem.filename}: {problem.strerror}; a lane files its purchases there once "
            "insights.enabled is set, or give --folder"
        ) from None
    try:
        return _sums(backend, files, period, now, settings), files
    except ReadingError:
        files = set_damaged_apart(files)
        return _sums(backend, files, period, now, settings), files


def _sums(backend: Any, files: Files, period: Period, now: datetime, settings: InsightsSettings) -> Sums:
    parts = [nothing(len(settings.bands) + 1)]
    step = files_at_once(backend) or max(len(files.good), 1)
    for first in range(0, len(files.good), step):
        with reading(backend):
            purchases = read_parquet(backend, files.good[first : first + step])
            parts.append(sum_up(purchases, settings.bands, period.since, period.until, now, settings.max_price))
    return joined(parts)
