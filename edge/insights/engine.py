"""Reads files of purchases into the sums of a report: what is damaged is set apart, and never stops the rest."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb
import ibis

from edge.errors import RunError
from edge.insights.files import find_files, set_damaged_apart
from edge.insights.sums import nothing, sum_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from edge.config import InsightsSettings
    from edge.insights.files import Files
    from edge.insights.sums import Sums
    from edge.report.period import Period


def read_sums(folders: Sequence[Path], period: Period, now: datetime, settings: InsightsSettings) -> tuple[Sums, Files]:
    """The sums over all purchases of a period, and the files they come from.

    Raises RunError when a folder cannot be read.
    """
    try:
        files = find_files(folders, period)
    except OSError as problem:
        raise RunError(
            f"cannot read {problem.filename}: {problem.strerror}; a lane files its purchases there once "
            "insights.enabled is set, or give --folder"
        ) from None
    try:
        return _sums(files, period, now, settings), files
    except duckdb.Error:
        files = set_damaged_apart(files)
        return _sums(files, period, now, settings), files


@contextmanager
def engine(name: str) -> Iterator[Any]:
    """An Ibis backend."""
    assert name == "duckdb"
    backend = ibis.duckdb.connect(autoinstall_known_extensions=False, autoload_known_extensions=False)
    try:
        yield backend
    finally:
        backend.disconnect()


def _sums(files: Files, period: Period, now: datetime, settings: InsightsSettings) -> Sums:
    if not files.good:
        return nothing(len(settings.bands) + 1)
    engine = ibis.duckdb.connect(autoinstall_known_extensions=False, autoload_known_extensions=False)
    try:
        purchases = engine.read_parquet([str(file) for file in files.good])
        return sum_up(purchases, settings.bands, period.since, period.until, now, settings.max_price)
    finally:
        engine.disconnect()
