"""Writes an audit log as Parquet, one file for each lane and day, with the columns that `report cashiers` reads."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import duckdb

from edge.errors import RunError
from edge.language.system import system_words
from edge.language.words import words
from edge.purchases.parquet import SUFFIX, write_day
from edge.records.revisions import newest_revisions
from edge.reports.compliance import checks_made, is_checked_after_payment
from edge.reports.exported import CHECKS, ExportedCheck, ExportedSale
from edge.reports.places import with_place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge.records.chain import Head
    from edge.records.records import CheckRecord, SaleRecord
    from edge.reports.logs import Log
    from edge.reports.period import Period


@dataclass(frozen=True, slots=True)
class Exported:
    """sales, training, files: how many were written; sales without exercises. skipped_days: days that may lack records
    removed because of their age."""

    sales: int
    training: int
    files: int
    skipped_days: Sequence[date]


def export_log(log: Log, folder: Path, store: str, box: str, period: Period) -> Exported:
    """Write the days (UTC) of a period, the first and the last one in full. A file of an earlier export is replaced.

    store, box: for records of older versions, see `with_place`. A day that may lack removed records is skipped, because
    an earlier export of it may hold more. Raises RunError if a file cannot be written.
    """
    first, last = _day(period.since), _day(period.until - timedelta(microseconds=1))
    # Records are in the order in which the sales ended: one that was opened days ago may come after removed ones.
    cut = _day(log.records[0][1].opened_at) if log.pruned.number and log.records else None
    days: dict[tuple[date, str], list[tuple[Head, SaleRecord]]] = defaultdict(list)
    skipped = set()
    for head, sale in log.records:
        if not first <= (day := _day(sale.opened_at)) <= last:
            continue
        if cut and day <= cut:
            skipped.add(day)
        else:
            days[day, sale.lane].append((head, sale))
    training = written = 0
    for (day, lane), records in days.items():
        # The hash of the day's first record is the same in every export of the day, whatever replaces that record.
        file = folder / day.isoformat() / f"{_safe_name(lane)}-{records[0][0].hash[:16]}{SUFFIX}"
        sales = list(newest_revisions(sale for _, sale in records))
        try:
            write_day(file, [_row(sale, log.intact) for sale in with_place(sales, store, box)], CHECKS)
        except (OSError, duckdb.Error) as problem:
            reason = system_words(problem if isinstance(problem, OSError) else str(problem).splitlines()[0])
            raise RunError(words("cannot write {file}: {reason}", file=file, reason=reason)) from None
        written += len(sales)
        training += sum(sale.training for sale in sales)
    return Exported(written - training, training, len(days), sorted(skipped))


def _row(sale: SaleRecord, intact: bool) -> str:
    return ExportedSale(
        time=sale.opened_at,
        store=sale.store or "",
        box=sale.box or "",
        lane=sale.lane,
        cashier_id=sale.cashier_id or None,
        id_due=sale.should_have_asked,
        check=sale.check,
        after_payment=is_checked_after_payment(sale),
        ended=sale.ended,
        training=sale.training,
        checks=tuple(_check(check) for check in checks_made(sale)),
        chain_whole=intact,
    ).model_dump_json()


def _check(check: CheckRecord) -> ExportedCheck:
    return ExportedCheck(
        cashier_id=check.cashier_id or None,
        outcome=check.outcome,
        means=check.means,
        authorised_by=check.authorised_by,
    )


def _safe_name(lane: str) -> str:
    """The lane's name for a file name: a record that was tampered with may name any lane, even `../..`."""
    return re.sub("[^A-Za-z0-9_-]", "_", lane)[:40]


def _day(moment: datetime) -> date:
    return moment.astimezone(timezone.utc).date()
