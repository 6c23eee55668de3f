"""The restricted sales as a table and as CSV, one row for each sale."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING

from edge.reports.tables import NOTHING, Table, as_csv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edge.records.records import SaleRecord

_CSV_COLUMNS = (
    "opened_at", "lane", "till", "cashier_id", "decision", "reasons", "age_mean", "age_low", "age_high", "threshold",
    "check", "ended", "sale_id",
)  # fmt: skip


def sales_table(sales: Sequence[SaleRecord]) -> Table:
    """For people: times in local time."""
    columns = ("opened", "lane", "till", "cashier", "decision", "age", "asked below", "check", "ended", "reasons")
    return Table(columns, tuple(_row(sale) for sale in sales), frozenset({"asked below"}))


def sales_csv(sales: Sequence[SaleRecord]) -> str:
    """For programs: times in UTC, unrounded numbers, an empty cell for a missing value."""
    return as_csv(_CSV_COLUMNS, (_csv_row(sale) for sale in sales))


def _row(sale: SaleRecord) -> tuple[str, ...]:
    answer = sale.answer
    age = answer.age if answer else None
    return (
        f"{sale.opened_at.astimezone():%Y-%m-%d %H:%M:%S}",
        sale.lane,
        sale.till,
        sale.cashier_id or NOTHING,
        sale.decision.value,
        f"{age.completed_years} ({age.low:.0f} to {age.high:.0f})" if age else NOTHING,
        str(answer.threshold) if answer else NOTHING,
        sale.check or NOTHING,
        sale.ended or NOTHING,
        ", ".join(reason.value for reason in answer.reasons) if answer else "no answer reached the till",
    )


def _csv_row(sale: SaleRecord) -> tuple[object, ...]:
    answer = sale.answer
    age = answer.age if answer else None
    return (
        _utc(sale.opened_at),
        sale.lane,
        sale.till,
        sale.cashier_id,
        sale.decision.value,
        " ".join(reason.value for reason in answer.reasons) if answer else None,
        age.mean if age else None,
        age.low if age else None,
        age.high if age else None,
        answer.threshold if answer else None,
        sale.check,
        sale.ended,
        sale.sale_id,
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
