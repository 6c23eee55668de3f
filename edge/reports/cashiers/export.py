"""The audit log as Parquet, a file for each lane and day, for reports on many stores. Only what those read."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from edge.errors import RunError
from edge.purchases.parquet import SUFFIX, Layout, write_day
from edge.till.messages import Moment

if TYPE_CHECKING:
    from pathlib import Path

    from edge.records.audit import Head
    from edge.records.records import SaleRecord
    from edge.reports.cashiers.logs import Log
    from edge.reports.period import Period

CHECKS = Layout(
    "edge_agent_checks",
    1,
    {
        "time": "TIMESTAMP WITH TIME ZONE",
        "store": "VARCHAR",
        "lane": "VARCHAR",
        "cashier_id": "VARCHAR",
        "id_due": "BOOLEAN",
        "check": "VARCHAR",
        "ended": "VARCHAR",
        "chain_whole": "BOOLEAN",
    },
)


class ExportedSale(BaseModel):
    """A row. time: when the sale was opened. id_due: whether the till's last word was to ask for ID. check: what the
    cashier said that it gave; None when nothing was said. chain_whole: whether the log was, when it was exported."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: Moment
    store: str
    lane: str
    cashier_id: str | None
    id_due: bool
    check: str | None
    ended: str | None
    chain_whole: bool


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written. left_out: a day of which some records may have been removed because of their age."""

    sales: int
    files: int
    left_out: date | None


def export_log(log: Log, folder: Path, store: str, period: Period) -> Exported:
    """Write the days of a period, in UTC, each whole: the first and the last one, too. A day that was exported before
    is replaced, but for one that is not whole in the log any more. Raises RunError when a file cannot be written."""
    import duckdb

    first, last = _day(period.since), _day(period.until - timedelta(microseconds=1))
    cut = _day(log.records[0][1].opened_at) if log.pruned.number and log.records else None
    days: dict[tuple[date, str], list[tuple[Head, SaleRecord]]] = defaultdict(list)
    for head, sale in log.records:
        if first <= _day(sale.opened_at) <= last and _day(sale.opened_at) != cut:
            days[_day(sale.opened_at), sale.lane].append((head, sale))
    for (day, lane), records in days.items():
        # The hash of the day's first record stays the same, whatever is sold later that day.
        file = folder / day.isoformat() / f"{_as_name(lane)}-{records[0][0].hash[:16]}{SUFFIX}"
        try:
            write_day(file, [_row(sale, store, log.whole) for _, sale in records], CHECKS)
        except (OSError, duckdb.Error) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else str(problem).splitlines()[0]
            raise RunError(f"cannot write {file}: {reason}") from None
    return Exported(sum(map(len, days.values())), len(days), cut if cut and first <= cut <= last else None)


def _row(sale: SaleRecord, store: str, whole: bool) -> str:
    return ExportedSale(
        time=sale.opened_at,
        store=store,
        lane=sale.lane,
        cashier_id=sale.cashier_id or None,
        id_due=sale.should_have_asked,
        check=sale.check,
        ended=sale.ended,
        chain_whole=whole,
    ).model_dump_json()


def _as_name(lane: str) -> str:
    """Of a file: a record that somebody has meddled with may name any lane, `../..` too."""
    return re.sub("[^A-Za-z0-9_-]", "_", lane)[:40]


def _day(moment: datetime) -> date:
    return moment.astimezone(timezone.utc).date()
