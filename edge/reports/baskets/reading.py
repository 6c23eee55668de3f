"""Reads filed purchases into the sums of the basket report. Damaged files are set apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.reports.baskets.aggregation import aggregate
from edge.reports.baskets.sums import add, no_sums
from edge.reports.engine import EngineError, engine_errors, file_batches, read_parquet
from edge.reports.files import read_files
from edge.reports.nothing_yet import no_folder_yet

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

    backend: from `edge.reports.engine`. Raises RunError if a folder cannot be read.
    """
    hint = no_folder_yet(now, enabled=settings.enabled)
    return read_files(
        folders, period, lambda files: _sums(backend, files, period, now, settings), failure=EngineError, hint=hint
    )


def _sums(backend: Any, files: Files, period: Period, now: datetime, settings: InsightsSettings) -> Sums:
    sums = no_sums(len(settings.bands) + 1)
    for batch in file_batches(backend, files.good):
        with engine_errors(backend):
            purchases = read_parquet(backend, batch)
            sums = add(sums, aggregate(purchases, settings.bands, period, now, settings.max_price))
    return sums
