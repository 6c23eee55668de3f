"""Writes an audit log as Parquet, one file for each lane and day, with the columns that `report cashiers` reads."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import duckdb

from edge.errors import RunError
from edge.purchases.parquet import SUFFIX, write_day
from edge.reports.exported import CHECKS, ExportedSale

if TYPE_CHECKING:
    from pathlib import Path

    from edge.records.chain import Head
    from edge.records.records import SaleRecord
    from edge.reports.logs import Log
    from edge.reports.period import Period


@dataclass(frozen=True, slots=True)
class Exported:
    """sales, files: how many were written. skipped_day: a day that lacks records removed because of their age."""

    sales: int
    files: int
    skipped_day: date | None


def export_log(log: Log, folder: Path, store: str, period: Period) -> Exported:
    """Write the days (UTC) of a period, the first and the last one in full. A file of an earlier export is replaced.

    The oldest day of a pruned log is skipped, because an earlier export of it may hold more. Raises RunError if a file
    cannot be written.
    """
    first, last = _day(period.since), _day(period.until - timedelta(microseconds=1))
    cut = _day(log.records[0][1].opened_at) if log.pruned.number and log.records else None
    days: dict[tuple[date, str], list[tuple[Head, SaleRecord]]] = defaultdict(list)
    for head, sale in log.records:
        if first <= _day(sale.opened_at) <= last and _day(sale.opened_at) != cut:
            days[_day(sale.opened_at), sale.lane].append((head, sale))
    for (day, lane), records in days.items():
        # The hash of the day's first record is the same in every export of the day.
        file = folder / day.isoformat() / f"{_safe_name(lane)}-{records[0][0].hash[:16]}{SUFFIX}"
        try:
            write_day(file, [_row(sale, store, log.intact) for _, sale in records], CHECKS)
        except (OSError, duckdb.Error) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else str(problem).splitlines()[0]
            raise RunError(f"cannot write {file}: {reason}") from None
    return Exported(sum(map(len, days.values())), len(days), cut if cut and first <= cut <= last else None)


def _row(sale: SaleRecord, store: str, intact: bool) -> str:
    return ExportedSale(
        time=sale.opened_at,
        store=store,
        lane=sale.lane,
        cashier_id=sale.cashier_id or None,
        id_due=sale.should_have_asked,
        check=sale.check,
        ended=sale.ended,
        chain_whole=intact,
    ).model_dump_json()


def _safe_name(lane: str) -> str:
    """The lane's name for a file name: a record that was tampered with may name any lane, even `../..`."""
    return re.sub("[^A-Za-z0-9_-]", "_", lane)[:40]


def _day(moment: datetime) -> date:
    return moment.astimezone(timezone.utc).date()
